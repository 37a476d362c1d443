using System.Globalization;

namespace Temper.Models;

/// <summary>A set of code points: Unicode categories, ranges and other sets, joined; then cut down to other sets; then perhaps negated.</summary>
internal sealed class CodePointSet
{
    private const int PageBits = 7;

    /// <summary>In the order of <see cref="UnicodeCategory"/>.</summary>
    private static readonly string[] Names =
    [
        "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So", "Cn",
    ];

    /// <summary>Unicode's White_Space (<c>\s</c>).</summary>
    public static readonly CodePointSet Space = Of(CodePoints.IsSpace);

    /// <summary>Word characters (<c>\w</c>).</summary>
    public static readonly CodePointSet Word = Of(CodePoints.IsWord);

    /// <summary>Decimal digits (<c>\d</c>).</summary>
    public static readonly CodePointSet Digit = Category("Nd")!;

    private readonly List<(int From, int To)> ranges = [];
    private readonly List<CodePointSet> joined = [], required = [];
    private bool[]?[]? pages;
    private Func<int, bool>? rule;
    private int categories;
    private bool negated;

    /// <summary>Adds the code points from..to, both included.</summary>
    public void AddRange(int from, int to) => ranges.Add((from, to));

    /// <summary>Adds another set's members.</summary>
    public void Add(CodePointSet other) => joined.Add(other);

    /// <summary>Keeps only what is in the other set as well.</summary>
    public void Require(CodePointSet other) => required.Add(other);

    /// <summary>The complement.</summary>
    public CodePointSet Negate() => new() { negated = true, joined = { this } };

    /// <summary>One code point, and those that differ from it in case alone when <paramref name="anyCase"/>.</summary>
    public static CodePointSet Single(int codePoint, bool anyCase)
    {
        var set = new CodePointSet();
        foreach (var variant in anyCase ? CaseVariants(codePoint) : [codePoint]) set.AddRange(variant, variant);
        return set;
    }

    /// <summary>All code points but the line feed (<c>.</c>).</summary>
    public static CodePointSet AnyButLineFeed() => Single('\n', anyCase: false).Negate();

    /// <summary>The set of a general category ("L", "Lu", …) or of the script Han; null for other names.</summary>
    public static CodePointSet? Category(string name)
    {
        if (name == "Han") return Of(IsHan);
        var wanted = 0;
        for (var i = 0; i < Names.Length; i++)
            if (name == Names[i] || (name.Length == 1 && Names[i][0] == name[0])) wanted |= 1 << i;
        return wanted == 0 ? null : new CodePointSet { categories = wanted };
    }

    /// <summary>Whether a code point is in the set, which changes no more from now on. Answers are kept for all but the rare code points.</summary>
    public bool Contains(int codePoint)
    {
        if (codePoint >= 0x10000) return IsMember(codePoint) != negated;
        var known = Volatile.Read(ref pages)?[codePoint >> PageBits];
        return (known ?? Page(codePoint >> PageBits))[codePoint & ((1 << PageBits) - 1)];
    }

    private bool[] Page(int number)
    {
        var page = new bool[1 << PageBits];
        for (var i = 0; i < page.Length; i++) page[i] = IsMember((number << PageBits) + i) != negated;
        Interlocked.CompareExchange(ref pages, new bool[]?[0x10000 >> PageBits], null);
        Volatile.Write(ref pages[number], page);
        return page;
    }

    private bool IsMember(int codePoint)
    {
        if (!IsJoined(codePoint)) return false;
        foreach (var set in required)
            if (!set.Contains(codePoint)) return false;
        return true;
    }

    private bool IsJoined(int codePoint)
    {
        foreach (var (from, to) in ranges)
            if (codePoint >= from && codePoint <= to) return true;
        if (rule is not null && rule(codePoint)) return true;
        if (categories != 0 && (categories >> (int)CharUnicodeInfo.GetUnicodeCategory(codePoint) & 1) != 0) return true;
        foreach (var set in joined)
            if (set.Contains(codePoint)) return true;
        return false;
    }

    private static CodePointSet Of(Func<int, bool> rule) => new() { rule = rule };

    private static int[] CaseVariants(int codePoint)
    {
        var rune = new System.Text.Rune(codePoint);
        var (lower, upper) = (System.Text.Rune.ToLowerInvariant(rune).Value, System.Text.Rune.ToUpperInvariant(rune).Value);
        // The three letters whose lower case is an ASCII or Latin-1 letter with another upper case.
        var third = lower switch { 's' => 0x17F, 'k' => 0x212A, 0xE5 => 0x212B, _ => codePoint };
        return [codePoint, lower, upper, third];
    }

    private static bool IsHan(int c) => c is (>= 0x2E80 and <= 0x2E99) or (>= 0x2E9B and <= 0x2EF3) or (>= 0x2F00 and <= 0x2FD5) or 0x3005 or 0x3007 or (>= 0x3021 and <= 0x3029)
        or (>= 0x3038 and <= 0x303B) or (>= 0x3400 and <= 0x4DBF) or (>= 0x4E00 and <= 0x9FFF) or (>= 0xF900 and <= 0xFA6D) or (>= 0xFA70 and <= 0xFAD9)
        or 0x16FE2 or 0x16FE3 or 0x16FF0 or 0x16FF1 or (>= 0x20000 and <= 0x2A6DF) or (>= 0x2A700 and <= 0x2EBE0) or (>= 0x2F800 and <= 0x2FA1D) or (>= 0x30000 and <= 0x323AF);
}
