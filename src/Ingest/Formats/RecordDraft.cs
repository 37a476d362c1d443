using System.Text.Json;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>
/// The content of one record while it is read: its texts, unescaped, in one reused buffer. A format fills it, <see cref="RecordWriter"/> writes it.
/// </summary>
internal sealed class RecordDraft
{
    private byte[] _text = new byte[4096];
    private DraftTurn[] _turns = new DraftTurn[16];
    private int _length;

    /// <summary>Shape of the record.</summary>
    public RecordKind Kind { get; private set; }

    /// <summary>Number of turns. A text has one, a prompt and completion two.</summary>
    public int Count { get; private set; }

    /// <summary>The turns so far.</summary>
    public ReadOnlySpan<DraftTurn> Turns => _turns.AsSpan(0, Count);

    /// <summary>Bits of <see cref="Warning"/>.</summary>
    public Warning Warnings { get; private set; }

    /// <summary>Begins a new record.</summary>
    public void Begin(RecordKind kind) => (Kind, Count, _length, Warnings) = (kind, 0, 0, Warning.None);

    /// <summary>Notes what is worth knowing.</summary>
    public void Warn(Warning warning) => Warnings |= warning;

    /// <summary>UTF-8 of a turn.</summary>
    public ReadOnlySpan<byte> TextOf(in DraftTurn turn) => _text.AsSpan(turn.Start, turn.Length);

    /// <summary>Opens a turn; texts added from now on are its content.</summary>
    /// <param name="role">Who speaks.</param>
    /// <param name="token">Token to point at when something is wrong with it.</param>
    public void Open(Role role, int token)
    {
        if (Count == _turns.Length)
            Array.Resize(ref _turns, Count * 2);
        _turns[Count++] = new() { Role = role, Start = _length, Weight = 1, Token = token };
    }

    /// <summary>Sets who speaks in the open turn, and whether it counts.</summary>
    public void Amend(Role role, int weight, int token) => (_turns[Count - 1].Role, _turns[Count - 1].Weight, _turns[Count - 1].Token) = (role, weight, token);

    /// <summary>Adds a string of the line to the open turn.</summary>
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

    /// <summary>Adds text of ours to the open turn.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        text.CopyTo(Room(text.Length));
        Grow(text.Length);
    }

    private Span<byte> Room(int bytes)
    {
        if (_text.Length - _length < bytes)
            Array.Resize(ref _text, Math.Max(_text.Length * 2, _length + bytes));
        return _text.AsSpan(_length);
    }

    private void Grow(int bytes)
    {
        _length += bytes;
        _turns[Count - 1].Length += bytes;
    }
}

/// <summary>One turn of a draft.</summary>
internal struct DraftTurn
{
    public Role Role;
    public int Weight;
    public int Start;
    public int Length;
    public int Token;
}

/// <summary>What is worth knowing of an accepted record.</summary>
[Flags]
internal enum Warning
{
    None = 0,
    LastNotAssistant = 1,
    SystemNotFirst = 2,
    UnknownKey = 4,
    NulCharacter = 8,
}
