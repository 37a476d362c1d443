using System.Buffers.Binary;
using System.Text;

namespace Temper.Versioning.Safety;

/// <summary>What reading a file as a pickle would do.</summary>
/// <param name="Calls">It would import something and call it, set its state or put something into it.</param>
/// <param name="IsWhole">All streams end with STOP, and nothing is behind the last.</param>
/// <param name="IsTooLong">It was not looked at to its end.</param>
/// <param name="Globals">What it would import, <c>module.name</c>; <c>?</c> where that is worked out only when it runs.</param>
/// <param name="Fault">Why reading ended; null when it is whole.</param>
internal sealed record PickleReport(bool Calls, bool IsWhole, bool IsTooLong, IReadOnlyList<string> Globals, string? Fault);

/// <summary>
/// Reads the operations of pickles of all protocols without doing any, one stream after another. Follows the stack as far as it must to tell
/// what is called. What Python would stop at, stops it; what it would have done before that counts. Where the two could differ, it goes on.
/// </summary>
internal sealed class PickleReader
{
    private const int MostOperations = 4_000_000;
    private const int LongestText = 1 << 10;

    private readonly Stream _content;
    private readonly PickleStack _stack;
    private byte[] _buffer;
    private long _bufferStart;
    private int _bufferCount;
    private long _at;
    private int _operations;

    private PickleReader(Stream content, byte[] head)
    {
        (_content, _buffer, _bufferCount) = (content, head, head.Length);
        _stack = new(isDeclared: head.Length > 1 && head[0] == 0x80 && head[1] <= 5);
    }

    /// <summary>Reads as far as it goes.</summary>
    /// <param name="content">Its position is set forwards only.</param>
    /// <param name="head">The first bytes of the content.</param>
    /// <param name="ct">Ends the work.</param>
    public static PickleReport Read(Stream content, byte[] head, CancellationToken ct)
    {
        var reader = new PickleReader(content, head);
        string? fault = null;
        var tooLong = false;
        try
        {
            while (!reader.IsAtEnd())
            {
                reader._stack.Clear();
                while (reader.Step(ct))
                {
                }
            }
        }
        catch (PickleFaultException stop)
        {
            (fault, tooLong) = (stop.Message, stop.IsLimit);
        }
        // A list of words can look as if something were put into what it imports (cat, dog, Nail), but does not end as a pickle does.
        return new(reader._stack.Calls || (reader._stack.Puts && fault is null), fault is null, tooLong, [.. reader._stack.Globals], fault);
    }

    /// <summary>One operation; false at STOP.</summary>
    private bool Step(CancellationToken ct)
    {
        if (++_operations > MostOperations)
            throw new PickleFaultException("it has more than four million operations", isLimit: true);
        if ((_operations & 0xFFFF) == 0)
            ct.ThrowIfCancellationRequested();
        var code = Byte();
        if (code == '.')
        {
            _stack.Pop();
            return false;
        }
        if (!Constant(code) && !Text(code) && !Memo(code) && !_stack.Apply(code))
            Import(code);
        return true;
    }

    private bool Constant(byte code)
    {
        var skip = code switch
        {
            (byte)'J' => 4,
            (byte)'K' => 1,
            (byte)'M' => 2,
            (byte)'G' => 8,
            (byte)'N' or 0x88 or 0x89 or 0x97 => 0,
            0x8A => Byte(),
            0x8B => Count(4),
            (byte)'B' => Count(4),
            (byte)'C' => Byte(),
            0x8E or 0x96 => Count(8),
            _ => -1,
        };
        if (skip >= 0)
        {
            Skip(skip);
            _stack.Push(PickleValue.Plain);
            return true;
        }
        if (code is (byte)'F' or (byte)'I' or (byte)'L')
        {
            Line();
            _stack.Push(PickleValue.Plain);
            return true;
        }
        if (code is not (0x80 or 0x95))
            return false;
        Skip(code == 0x80 ? 1 : 8);
        return true;
    }

    private bool Text(byte code)
    {
        string? text = null;
        switch (code)
        {
            case (byte)'S':
                var quoted = Line().TrimEnd();
                if (quoted.Length < 2 || quoted[0] != quoted[^1] || quoted[0] is not ('\'' or '"'))
                    throw new PickleFaultException("a string is not quoted");
                text = quoted.Contains('\\', StringComparison.Ordinal) ? null : quoted[1..^1];
                break;
            case (byte)'V':
                var line = Line();
                text = line.Contains('\\', StringComparison.Ordinal) ? null : line;
                break;
            case (byte)'T' or (byte)'X':
                text = Short(Count(4));
                break;
            case (byte)'U' or 0x8C:
                text = Short(Byte());
                break;
            case 0x8D:
                text = Short(Count(8));
                break;
            default:
                return false;
        }
        _stack.Push(text is null ? PickleValue.UnknownText : new(PickleValueKind.Text, text));
        return true;
    }

    private bool Memo(byte code)
    {
        switch (code)
        {
            case (byte)'g':
                _stack.Get(Line());
                return true;
            case (byte)'h':
                _stack.Get(Number(Byte()));
                return true;
            case (byte)'j':
                _stack.Get(Number(Count(4)));
                return true;
            case (byte)'p':
                _stack.Put(Line());
                return true;
            case (byte)'q':
                _stack.Put(Number(Byte()));
                return true;
            case (byte)'r':
                _stack.Put(Number(Count(4)));
                return true;
            case 0x94:
                _stack.Memoize();
                return true;
            default:
                return false;
        }
    }

    private void Import(byte code)
    {
        switch (code)
        {
            case (byte)'c':
                _stack.Push(_stack.Global(Line(), Line()));
                break;
            case (byte)'i':
                _stack.Instantiate(Line(), Line());
                break;
            case 0x82:
                _stack.Extension(Byte());
                break;
            case 0x83:
                _stack.Extension(Count(2));
                break;
            case 0x84:
                _stack.Extension(Count(4));
                break;
            case (byte)'P':
                // What a number or name stands for is up to who loads it; without one, Python stops here.
                Line();
                _stack.Push(PickleValue.Plain);
                break;
            default:
                throw new PickleFaultException($"0x{code:x2} at byte {_at - 1} is no operation");
        }
    }

    private string? Short(long count)
    {
        if (count > LongestText)
        {
            Skip(count);
            return null;
        }
        var bytes = new byte[count];
        for (var i = 0; i < bytes.Length; i++)
            bytes[i] = Byte();
        return Encoding.UTF8.GetString(bytes);
    }

    // As Python reads lines: the end of the file ends one, too.
    private string Line()
    {
        var line = new List<byte>();
        for (byte next; !IsAtEnd() && (next = Byte()) != '\n';)
            if (line.Count <= LongestText)
                line.Add(next);
        return Encoding.UTF8.GetString(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(line));
    }

    private long Count(int bytes)
    {
        Span<byte> number = stackalloc byte[8];
        number.Clear();
        for (var i = 0; i < bytes; i++)
            number[i] = Byte();
        var count = BinaryPrimitives.ReadUInt64LittleEndian(number);
        return count > long.MaxValue ? throw new PickleFaultException("a length is negative") : (long)count;
    }

    private static string Number(long n) => n.ToString(System.Globalization.CultureInfo.InvariantCulture);

    private void Skip(long count) => _at = count > long.MaxValue - _at ? throw new PickleFaultException($"it ends inside of a value of {count} bytes") : _at + count;

    private byte Byte() => IsAtEnd() ? throw new PickleFaultException("it ends before STOP") : _buffer[_at++ - _bufferStart];

    private bool IsAtEnd()
    {
        if (_at < _bufferStart + _bufferCount)
            return false;
        if (_content.CanSeek && _at >= _content.Length)
        {
            (_bufferStart, _bufferCount) = (_at, 0);
            return true;
        }
        if (_bufferStart == 0)
            _buffer = new byte[4096];
        try
        {
            _content.Position = _bufferStart = _at;
            _bufferCount = _content.ReadAtLeast(_buffer, 1, throwOnEndOfStream: false);
        }
        catch (EndOfStreamException)
        {
            // A forward-only stream ended on the way.
            _bufferCount = 0;
        }
        return _bufferCount == 0;
    }
}

/// <summary>Reading a pickle comes to an end that is not STOP.</summary>
internal sealed class PickleFaultException(string message, bool isLimit = false) : Exception(message)
{
    /// <summary>It was too much to look at.</summary>
    public bool IsLimit => isLimit;
}
