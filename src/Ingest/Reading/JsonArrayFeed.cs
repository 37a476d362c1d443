using System.Buffers;

namespace Temper.Ingest;

/// <summary>
/// The elements of one JSON array, however large it is. Elements are cut by their brackets and strings alone; whether each is JSON is judged like a
/// line's. Between elements exactly one comma must stand: what does not hold together there spoils the file. An element's number is its place in the array.
/// </summary>
internal sealed class JsonArrayFeed(DataFile data, Stream source, int maxRowBytes, long offset, long before) : ScannedFeed(data, source, maxRowBytes, offset, before)
{
    private static readonly SearchValues<byte> Structure = SearchValues.Create("\"{}[]"u8);
    private static readonly SearchValues<byte> StringEnd = SearchValues.Create("\"\\"u8);
    private static readonly SearchValues<byte> ScalarEnd = SearchValues.Create(" \t\r\n,:\"[]{}"u8);

    private State _state = offset == 0 ? State.BeforeArray : State.AfterValue;
    private bool _inString, _escaped;
    private long _depth;

    private enum State
    {
        BeforeArray,
        AfterBracket,
        AfterComma,
        AfterValue,
        Ended,
        InContainer,
        InScalar,
    }

    protected override Scan Find(ReadOnlySpan<byte> unseen, bool last, out int used) => _state switch
    {
        State.InContainer => InContainer(unseen, last, out used),
        State.InScalar => InScalar(unseen, last, out used),
        _ => Between(unseen, last, out used),
    };

    protected override Line Make(ReadOnlySpan<byte> raw, long number, long offset, bool cut) => new(raw, number, offset, raw.Length, false, false, null);

    private Scan Between(ReadOnlySpan<byte> unseen, bool last, out int used)
    {
        for (used = 0; used < unseen.Length; used++)
        {
            var next = unseen[used];
            if (next is (byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n')
                continue;
            if (_state is State.AfterBracket or State.AfterComma && next is not ((byte)',' or (byte)':' or (byte)'}' or (byte)']' or (byte)'/'))
                return Begin(next);
            State? then = (_state, next) switch
            {
                (State.BeforeArray, (byte)'[') => State.AfterBracket,
                (State.AfterBracket or State.AfterValue, (byte)']') => State.Ended,
                (State.AfterValue, (byte)',') => State.AfterComma,
                _ => null,
            };
            if (then is null)
                return Break(new("FILE_BAD_ARRAY", $"{Expected()} is expected at byte {Position + used}, behind {Counted} elements; found {Shown(next)}."));
            _state = then.Value;
        }
        if (!last || _state == State.Ended)
            return last ? Scan.Stop : Scan.More;
        return Break(Cut());
    }

    private Scan Begin(byte first)
    {
        _state = first is (byte)'{' or (byte)'[' or (byte)'"' ? State.InContainer : State.InScalar;
        (_depth, _inString, _escaped) = (0, false, false);
        return Scan.Begin;
    }

    private Scan InContainer(ReadOnlySpan<byte> unseen, bool last, out int used)
    {
        for (used = 0; used < unseen.Length;)
        {
            if (_escaped)
            {
                (_escaped, used) = (false, used + 1);
                continue;
            }
            var step = unseen[used..].IndexOfAny(_inString ? StringEnd : Structure);
            if (step < 0)
                break;
            used += step + 1;
            switch (unseen[used - 1])
            {
                case (byte)'"':
                    _inString = !_inString;
                    break;
                case (byte)'\\':
                    _escaped = true;
                    continue;
                case (byte)'{' or (byte)'[':
                    _depth++;
                    continue;
                default:
                    _depth--;
                    break;
            }
            if (_depth <= 0 && !_inString)
                return EndOfElement();
        }
        used = unseen.Length;
        return last ? Break(Cut()) : Scan.More;
    }

    private Scan InScalar(ReadOnlySpan<byte> unseen, bool last, out int used)
    {
        used = unseen.IndexOfAny(ScalarEnd);
        if (used >= 0)
            return EndOfElement();
        used = unseen.Length;
        return last ? Break(Cut()) : Scan.More;
    }

    private Scan EndOfElement()
    {
        _state = State.AfterValue;
        Counted++;
        return Scan.End;
    }

    private Scan Break(FileFault fault)
    {
        Broken = fault;
        return Scan.Stop;
    }

    private FileFault Cut() => new("FILE_TRUNCATED", $"The file ends inside its JSON array, behind {Counted} elements.", Partial: true);

    private string Expected() => _state switch
    {
        State.BeforeArray => "'['",
        State.AfterBracket => "an element or ']'",
        State.AfterComma => "an element",
        State.AfterValue => "',' or ']'",
        _ => "the file's end",
    };

    private static string Shown(byte found) => found is > 0x20 and < 0x7F ? $"'{(char)found}'" : $"0x{found:X2}";
}
