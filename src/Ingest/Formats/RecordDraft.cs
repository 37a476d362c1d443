using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// The content of one record while it is read: its texts, unescaped, in one reused buffer. A format fills it, scanning may change its texts,
/// <see cref="RecordWriter"/> writes it.
/// </summary>
internal sealed class RecordDraft
{
    private byte[] _bytes = new byte[4096];
    private DraftText[] _texts = new DraftText[32];
    private DraftTurn[] _turns = new DraftTurn[16];
    private DraftCall[] _calls = new DraftCall[4];
    private int[] _tools = new int[4];
    private int[] _unknown = new int[8];
    private int _length, _unknownCount;

    /// <summary>Shape of the record.</summary>
    public RecordKind Kind { get; set; }

    /// <summary>Whether turns are messages; otherwise they are bare texts: one of a text, prompt and completion, prompt and two answers, segments.</summary>
    public bool AsMessages { get; set; }

    /// <summary>The verdict of an unpaired record.</summary>
    public bool Label { get; set; }

    /// <summary>Number of turns.</summary>
    public int Count { get; private set; }

    /// <summary>Number of texts of all sorts.</summary>
    public int TextCount { get; private set; }

    /// <summary>Number of calls of all turns.</summary>
    public int CallCount { get; private set; }

    /// <summary>Number of tools.</summary>
    public int ToolCount { get; private set; }

    /// <summary>The turns so far.</summary>
    public Span<DraftTurn> Turns => _turns.AsSpan(0, Count);

    /// <summary>The last turn.</summary>
    public ref DraftTurn Last => ref _turns[Count - 1];

    /// <summary>Texts of the tools.</summary>
    public ReadOnlySpan<int> Tools => _tools.AsSpan(0, ToolCount);

    /// <summary>Bits of <see cref="Warning"/>.</summary>
    public Warning Warnings { get; private set; }

    /// <summary>Tokens of the names of members that the format does not know.</summary>
    public ReadOnlySpan<int> UnknownKeys => _unknown.AsSpan(0, _unknownCount);

    /// <summary>Begins a new record.</summary>
    public void Begin(RecordKind kind, bool asMessages = false)
    {
        (Kind, AsMessages, Label, Warnings) = (kind, asMessages, false, Warning.None);
        (Count, TextCount, CallCount, ToolCount, _length) = (0, 0, 0, 0, 0);
        _unknownCount = 0;
    }

    /// <summary>Notes what is worth knowing.</summary>
    public void Warn(Warning warning) => Warnings |= warning;

    /// <summary>Notes a member that the format does not know, by its name's token.</summary>
    public void WarnOfKey(int token)
    {
        Warn(Warning.UnknownKey);
        if (_unknownCount == _unknown.Length)
            Array.Resize(ref _unknown, _unknownCount * 2);
        _unknown[_unknownCount++] = token;
    }

    /// <summary>A text's place; -1 stands for an absent one and has none.</summary>
    public ref readonly DraftText Text(int text) => ref _texts[text];

    /// <summary>UTF-8 of a text; of an absent one (-1), nothing.</summary>
    public ReadOnlySpan<byte> TextOf(int text) => text < 0 ? default : _bytes.AsSpan(_texts[text].Start, _texts[text].Length);

    /// <summary>UTF-8 of a turn's content.</summary>
    public ReadOnlySpan<byte> TextOf(in DraftTurn turn) => TextOf(turn.Content);

    /// <summary>Calls of a turn.</summary>
    public Span<DraftCall> CallsOf(in DraftTurn turn) => _calls.AsSpan(turn.FirstCall, turn.Calls);

    /// <summary>Opens a turn with an empty content; texts added before the next new text are its content.</summary>
    /// <param name="role">Who speaks.</param>
    /// <param name="token">Token to point at when something is wrong with it.</param>
    /// <param name="section">List that it belongs to.</param>
    public void Open(Role role, int token, TurnList section = TurnList.Main)
    {
        if (Count == _turns.Length)
            Array.Resize(ref _turns, Count * 2);
        _turns[Count++] = new() { Role = role, Weight = 1, Token = token, TurnList = section, Name = -1, CallId = -1, FirstCall = CallCount, Content = NewText(token) };
    }

    /// <summary>Takes turns out; their texts stay unused.</summary>
    public void Remove(int at, int count)
    {
        for (var i = at; i < at + count; i++)
            Forget(_turns[i]);
        _turns.AsSpan(at + count, Count - at - count).CopyTo(_turns.AsSpan(at));
        Count -= count;
    }

    /// <summary>Adds a call to the last turn.</summary>
    public void AddCall(DraftCall call)
    {
        if (CallCount == _calls.Length)
            Array.Resize(ref _calls, CallCount * 2);
        _calls[CallCount++] = call;
        Last.Calls++;
    }

    /// <summary>Adds a tool.</summary>
    public void AddTool(int text)
    {
        if (ToolCount == _tools.Length)
            Array.Resize(ref _tools, ToolCount * 2);
        _tools[ToolCount++] = text;
    }

    /// <summary>Begins a text; what is added from now on is its content.</summary>
    /// <param name="token">Token that it is read from.</param>
    /// <param name="isJson">Whether it is the text of a JSON value.</param>
    public int NewText(int token, bool isJson = false)
    {
        if (TextCount == _texts.Length)
            Array.Resize(ref _texts, TextCount * 2);
        _texts[TextCount] = new() { Start = _length, Token = token, IsJson = isJson };
        return TextCount++;
    }

    /// <summary>A text of its own from a string of the line.</summary>
    public int NewText(ReadOnlySpan<byte> line, in JsonToken token, int index)
    {
        var text = NewText(index);
        Add(line, token);
        return text;
    }

    /// <summary>Adds a string of the line to the last text.</summary>
    public void Add(ReadOnlySpan<byte> line, in JsonToken token)
    {
        var target = Room(token.Length);
        var raw = line.Slice(token.Start, token.Length);
        var written = raw.Length;
        if (token.Escaped)
            written = JsonText.Unescape(raw, target);
        else
            raw.CopyTo(target);
        if (token.Escaped && target[..written].Contains((byte)0))
            Warn(Warning.NulCharacter);
        Grow(written);
    }

    /// <summary>Adds text of ours to the last text.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        Grow(text.Length);
    }

    /// <summary>Gives a text another content.</summary>
    public void Replace(int text, ReadOnlySpan<byte> content)
    {
        content.CopyTo(Room(content.Length));
        (_texts[text].Start, _texts[text].Length) = (_length, content.Length);
        _length += content.Length;
    }

    /// <summary>Empties the texts of a turn that is not part of the record any more, so that nothing is found in them.</summary>
    private void Forget(in DraftTurn turn)
    {
        foreach (var text in (ReadOnlySpan<int>)[turn.Content, turn.Name, turn.CallId])
        {
            if (text >= 0)
                _texts[text].Length = 0;
        }
        foreach (ref readonly var call in CallsOf(turn))
            (_texts[call.Name].Length, _texts[call.Arguments].Length) = (0, 0);
    }

    private Span<byte> Room(int bytes)
    {
        if (_bytes.Length - _length < bytes)
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + bytes));
        return _bytes.AsSpan(_length);
    }

    private void Grow(int bytes)
    {
        _length += bytes;
        _texts[TextCount - 1].Length += bytes;
    }
}
