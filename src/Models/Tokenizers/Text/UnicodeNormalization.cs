using System.IO.Compression;

namespace Temper.Models;

/// <summary>Decompositions, compositions and combining classes (Unicode 14, from normalization.bin, which tests/reference/unicode_tables.py
/// writes). .NET's own Normalize does nothing under invariant globalization, and does not tell which character became which.</summary>
internal sealed class UnicodeNormalization
{
    private const int HangulBase = 0xAC00, LeadBase = 0x1100, VowelBase = 0x1161, TailBase = 0x11A7, Leads = 19, Vowels = 21, Tails = 28;
    private static readonly Lazy<UnicodeNormalization> Tables = new(() => new UnicodeNormalization());
    private readonly Dictionary<int, byte> classes = [];
    private readonly Dictionary<int, int[]> canonical = [], compatible = [];
    private readonly Dictionary<(int First, int Second), int> compositions = [];
    private readonly HashSet<int> seconds = [];

    private UnicodeNormalization()
    {
        using var resource = typeof(UnicodeNormalization).Assembly.GetManifestResourceStream("normalization.bin")!;
        using var data = new BinaryReader(new DeflateStream(resource, CompressionMode.Decompress));
        var at = 0;
        for (var runs = data.Read7BitEncodedInt(); runs > 0; runs--)
        {
            at += data.Read7BitEncodedInt();
            var (length, value) = (data.Read7BitEncodedInt(), (byte)data.Read7BitEncodedInt());
            for (; length > 0; length--) classes[at++] = value;
        }

        at = 0;
        for (var entries = data.Read7BitEncodedInt(); entries > 0; entries--)
        {
            at += data.Read7BitEncodedInt();
            var (exact, loose) = (Sequence(data), Sequence(data));
            if (exact.Length > 0) canonical[at] = exact;
            if (loose.Length > 0 || exact.Length > 0) compatible[at] = loose.Length > 0 ? loose : exact;
        }

        for (var pairs = data.Read7BitEncodedInt(); pairs > 0; pairs--)
            compositions[(data.Read7BitEncodedInt(), data.Read7BitEncodedInt())] = data.Read7BitEncodedInt();
        foreach (var (_, second) in compositions.Keys) seconds.Add(second);
        for (var i = 0; i < Vowels; i++) seconds.Add(VowelBase + i);
        for (var i = 1; i < Tails; i++) seconds.Add(TailBase + i);
    }

    /// <summary>The tables, read at their first use.</summary>
    public static UnicodeNormalization Instance => Tables.Value;

    /// <summary>Canonical combining class; 0 for starters.</summary>
    public int ClassOf(int codePoint) => codePoint < 0x300 ? 0 : classes.GetValueOrDefault(codePoint);

    /// <summary>Whether a code point may become part of the one before it, or change places with it.</summary>
    public bool ReachesBack(int codePoint) => ClassOf(codePoint) != 0 || seconds.Contains(codePoint);

    /// <summary>Appends the full decomposition of a code point, which may be itself.</summary>
    public void Decompose(int codePoint, bool compatibility, List<int> output)
    {
        var syllable = codePoint - HangulBase;
        if (syllable is >= 0 and < Leads * Vowels * Tails)
        {
            output.Add(LeadBase + syllable / (Vowels * Tails));
            output.Add(VowelBase + syllable % (Vowels * Tails) / Tails);
            if (syllable % Tails != 0) output.Add(TailBase + syllable % Tails);
        }
        else if ((compatibility ? compatible : canonical).TryGetValue(codePoint, out var parts)) output.AddRange(parts);
        else output.Add(codePoint);
    }

    /// <summary>The code point that two compose to, or -1.</summary>
    public int Compose(int first, int second)
    {
        var (lead, vowel) = (first - LeadBase, second - VowelBase);
        if (lead is >= 0 and < Leads && vowel is >= 0 and < Vowels) return HangulBase + (lead * Vowels + vowel) * Tails;
        var (syllable, tail) = (first - HangulBase, second - TailBase);
        if (syllable is >= 0 and < Leads * Vowels * Tails && syllable % Tails == 0 && tail is > 0 and < Tails) return first + tail;
        return compositions.TryGetValue((first, second), out var composed) ? composed : -1;
    }

    private static int[] Sequence(BinaryReader data)
    {
        var parts = new int[data.Read7BitEncodedInt()];
        for (var i = 0; i < parts.Length; i++) parts[i] = data.Read7BitEncodedInt();
        return parts;
    }
}
