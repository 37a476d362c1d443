using System.Globalization;

namespace Temper.Versioning.Safety;

/// <summary>What is known of a value on a pickle's stack.</summary>
internal enum PickleValueKind
{
    /// <summary>A number, a container: nothing that can be called.</summary>
    Plain,

    /// <summary>A text, which may name what is imported.</summary>
    Text,

    /// <summary>Something imported.</summary>
    Global,

    /// <summary>Something imported under a name that no module is likely to have: what a text looks like that begins with 'c'.</summary>
    Doubtful,

    /// <summary>What a call gave, or a value that is not known.</summary>
    Object,
}

/// <summary>A value on a pickle's stack.</summary>
/// <param name="Kind">What is known of it.</param>
/// <param name="Text">A text's value where it is known; the name of what is doubtful.</param>
internal readonly record struct PickleValue(PickleValueKind Kind, string? Text = null)
{
    public static readonly PickleValue Plain = new(PickleValueKind.Plain);
    public static readonly PickleValue Object = new(PickleValueKind.Object);
    public static readonly PickleValue UnknownText = new(PickleValueKind.Text);

    /// <summary>Whether using it runs code that is not Python's own for plain values.</summary>
    public bool IsActive => Kind is PickleValueKind.Global or PickleValueKind.Object;
}

/// <summary>The stack and memo of a pickle, with marks; notes what is imported and whether anything is called.</summary>
internal sealed class PickleStack(bool isDeclared)
{
    private const int Most = 1_000_000;

    private readonly List<PickleValue> _values = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<string, PickleValue> _memo = new(StringComparer.Ordinal);
    private readonly HashSet<string> _seen = new(StringComparer.Ordinal);

    public List<string> Globals { get; } = [];

    public bool Calls { get; private set; }

    /// <summary>Whether something was put into what was imported.</summary>
    public bool Puts { get; private set; }

    private int Floor => _marks.Count > 0 ? _marks[^1] : 0;

    public void Clear()
    {
        _values.Clear();
        _marks.Clear();
    }

    public void Push(PickleValue value)
    {
        _values.Add(value);
        if (_values.Count > Most)
            throw new PickleFaultException("its stack has more than a million values", isLimit: true);
    }

    public PickleValue Pop()
    {
        if (_values.Count <= Floor)
            throw new PickleFaultException("it takes from an empty stack");
        var top = _values[^1];
        _values.RemoveAt(_values.Count - 1);
        return top;
    }

    public PickleValue Global(string module, string name)
    {
        // Of a file that does not say that it is a pickle: else every list of words that begins with 'c' would be one. It still counts when it is called.
        if (!isDeclared && !(IsDotted(module) && IsDotted(name)))
            return new(PickleValueKind.Doubtful, $"{module}.{name}");
        Note($"{module}.{name}");
        return new(PickleValueKind.Global);
    }

    /// <summary>INST: imports and calls.</summary>
    public void Instantiate(string module, string name)
    {
        PopMark();
        if (Global(module, name).Kind == PickleValueKind.Doubtful)
            throw new PickleFaultException("it imports what cannot be the name of a module");
        Calls = true;
        Push(PickleValue.Object);
    }

    /// <summary>EXT: something that was registered under a number.</summary>
    public void Extension(long code)
    {
        Note(string.Create(CultureInfo.InvariantCulture, $"copyreg.extension {code}"));
        Push(new(PickleValueKind.Global));
    }

    public void Put(string key)
    {
        _memo[Key(key)] = Top(0);
        if (_memo.Count > Most)
            throw new PickleFaultException("it remembers more than a million values", isLimit: true);
    }

    public void Memoize() => Put(_memo.Count.ToString(CultureInfo.InvariantCulture));

    // What is not remembered ends Python's reading, unless its keys and ours differ: then it may be anything.
    public void Get(string key) => Push(_memo.GetValueOrDefault(Key(key), PickleValue.Object));

    /// <summary>Applies an operation that only moves values; false when it is none of them.</summary>
    public bool Apply(byte code)
    {
        switch (code)
        {
            case (byte)'(':
                _marks.Add(_values.Count);
                return _marks.Count <= Most ? true : throw new PickleFaultException("it has more than a million marks", isLimit: true);
            case (byte)'0' when _values.Count > Floor:
                Pop();
                return true;
            case (byte)'0' or (byte)'1':
                PopMark();
                return true;
            case (byte)'2':
                Push(Top(0));
                return true;
            case (byte)')' or (byte)']' or (byte)'}' or 0x8F:
                Push(PickleValue.Plain);
                return true;
            case (byte)'t' or (byte)'l' or (byte)'d' or 0x91:
                PopMark();
                Push(PickleValue.Plain);
                return true;
            case 0x85 or 0x86 or 0x87:
                Replace(code - 0x84, PickleValue.Plain);
                return true;
            case (byte)'Q':
                Replace(1, PickleValue.Plain);
                return true;
            case 0x98:
                Top(0);
                return true;
            default:
                return Use(code);
        }
    }

    private bool Use(byte code)
    {
        switch (code)
        {
            case (byte)'R' or 0x81 or 0x92:
                Call(Top(code == 0x92 ? 2 : 1));
                Replace(code == 0x92 ? 3 : 2, PickleValue.Object);
                return true;
            case (byte)'o':
                var arguments = PopMark();
                Call(arguments.Count > 0 ? arguments[0] : throw new PickleFaultException("it makes an object of nothing"));
                Push(PickleValue.Object);
                return true;
            case (byte)'b':
                Pop();
                Calls |= Top(0).IsActive;
                return true;
            case (byte)'a':
                Pop();
                Puts |= Top(0).IsActive;
                return true;
            case (byte)'s':
                Pop();
                Pop();
                Puts |= Top(0).IsActive;
                return true;
            case (byte)'e' or (byte)'u' or 0x90:
                PopMark();
                Puts |= Top(0).IsActive;
                return true;
            case 0x93:
                var (name, module) = (Pop(), Pop());
                if (name.Kind is not (PickleValueKind.Text or PickleValueKind.Object) || module.Kind is not (PickleValueKind.Text or PickleValueKind.Object))
                    throw new PickleFaultException("it imports what has no text for a name");
                Note(name is not { Kind: PickleValueKind.Text, Text: not null } || module is not { Kind: PickleValueKind.Text, Text: not null } ? "?" : $"{module.Text}.{name.Text}");
                Push(new(PickleValueKind.Global));
                return true;
            default:
                return false;
        }
    }

    private void Call(PickleValue function)
    {
        if (!function.IsActive && function.Kind != PickleValueKind.Doubtful)
            throw new PickleFaultException("it calls what cannot be called");
        if (function.Kind == PickleValueKind.Doubtful)
            Note(function.Text!);
        Calls = true;
    }

    private void Replace(int count, PickleValue value)
    {
        for (var i = 0; i < count; i++)
            Pop();
        Push(value);
    }

    private PickleValue Top(int below) => _values.Count - below > Floor ? _values[^(below + 1)] : throw new PickleFaultException("it looks below its stack");

    private List<PickleValue> PopMark()
    {
        if (_marks.Count == 0)
            throw new PickleFaultException("it looks for a mark that is not there");
        var values = _values[Floor..];
        _values.RemoveRange(Floor, values.Count);
        _marks.RemoveAt(_marks.Count - 1);
        return values;
    }

    private void Note(string global)
    {
        if (!_seen.Add(global))
            return;
        Globals.Add(global);
        if (Globals.Count > 10_000)
            throw new PickleFaultException("it imports more than ten thousand things", isLimit: true);
    }

    private static string Key(string text)
    {
        var digits = text.Trim().TrimStart('+').Replace("_", "", StringComparison.Ordinal);
        if (digits.Length == 0 || !digits.All(char.IsAsciiDigit))
            throw new PickleFaultException("it remembers under what is no number");
        return digits.TrimStart('0');
    }

    private static bool IsDotted(string text) => text.Length > 0 && text.Split('.').All(part => part.Length > 0 && part.All(c => char.IsLetterOrDigit(c) || c is '_' or '-'));
}
