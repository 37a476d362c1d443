using System.Text;

namespace Temper.Ingest;

/// <summary>Types of the compact protocol, as they stand in field headers and lists.</summary>
internal enum ThriftType : byte
{
    Stop = 0,
    True = 1,
    False = 2,
    Byte = 3,
    Int16 = 4,
    Int32 = 5,
    Int64 = 6,
    Double = 7,
    Binary = 8,
    List = 9,
    Set = 10,
    Map = 11,
    Struct = 12,
}

/// <summary>
/// Reads Apache Thrift's compact protocol from bytes that nobody vouches for. It never throws: after the first fault every read gives nothing,
/// and <see cref="Short"/> or <see cref="Invalid"/> says why. Lists are as long as the bytes that are left allow, nesting is bounded.
/// </summary>
internal ref struct ThriftReader(ReadOnlySpan<byte> bytes)
{
    private const int DeepestSkip = 32;
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>Bytes read.</summary>
    public int Position { get; private set; }

    /// <summary>Whether the bytes ended inside a value.</summary>
    public bool Short { get; private set; }

    /// <summary>Whether the bytes are no compact Thrift.</summary>
    public bool Invalid { get; private set; }

    /// <summary>Whether nothing read since can be trusted.</summary>
    public readonly bool Failed => Short || Invalid;

    /// <summary>The next field of a struct; false at its end.</summary>
    /// <param name="id">The last field's id, 0 at first; then this one's.</param>
    /// <param name="type">Of its value.</param>
    public bool NextField(ref short id, out ThriftType type)
    {
        var head = NextByte();
        type = (ThriftType)(head & 15);
        if (Failed || type == ThriftType.Stop)
            return false;
        if (type > ThriftType.Struct)
            return !(Invalid = true);
        id = unchecked((short)(head >> 4 == 0 ? Zigzag(Varint()) : id + (head >> 4)));
        return !Failed;
    }

    /// <summary>An integer of any width.</summary>
    public long Integer() => Zigzag(Varint());

    /// <summary>An integer that must fit 32 bits.</summary>
    public int Int32()
    {
        var value = Integer();
        if (value is >= int.MinValue and <= int.MaxValue)
            return (int)value;
        Invalid = true;
        return 0;
    }

    /// <summary>A signed byte.</summary>
    public int Byte() => unchecked((sbyte)NextByte());

    /// <summary>Bytes, not copied.</summary>
    public ReadOnlySpan<byte> Binary()
    {
        var length = Varint();
        if (!Failed && length > (ulong)(_bytes.Length - Position))
            Short = true;
        if (Failed)
            return default;
        Position += (int)length;
        return _bytes.Slice(Position - (int)length, (int)length);
    }

    /// <summary>A text that must be UTF-8.</summary>
    public string Text()
    {
        var bytes = Binary();
        if (System.Text.Unicode.Utf8.IsValid(bytes))
            return Encoding.UTF8.GetString(bytes);
        Invalid = true;
        return "";
    }

    /// <summary>The head of a list; its elements follow.</summary>
    public int List(out ThriftType element)
    {
        var head = NextByte();
        element = (ThriftType)(head & 15);
        var count = head >> 4 == 15 ? Varint() : (ulong)(head >> 4);
        // Every element has a byte at least.
        if (!Failed && count > (ulong)(_bytes.Length - Position))
            Short = true;
        return Failed ? 0 : (int)count;
    }

    /// <summary>Notes that the bytes are not what they must be, unless they are.</summary>
    public bool Require(bool holds)
    {
        Invalid |= !holds;
        return !Failed;
    }

    /// <summary>Passes over a value.</summary>
    public void Skip(ThriftType type) => Skip(type, 0, inList: false);

    private void Skip(ThriftType type, int depth, bool inList)
    {
        if (depth > DeepestSkip)
            Invalid = true;
        if (Failed)
            return;
        switch (type)
        {
            case ThriftType.True or ThriftType.False:
                if (inList)
                    NextByte();
                break;
            case ThriftType.Byte:
                NextByte();
                break;
            case ThriftType.Int16 or ThriftType.Int32 or ThriftType.Int64:
                Varint();
                break;
            case ThriftType.Double:
                Short |= _bytes.Length - Position < 8;
                Position = Math.Min(Position + 8, _bytes.Length);
                break;
            case ThriftType.Binary:
                Binary();
                break;
            case ThriftType.List or ThriftType.Set:
                for (var left = List(out var element); left > 0 && !Failed; left--)
                    Skip(element, depth + 1, inList: true);
                break;
            case ThriftType.Map:
                SkipMap(depth);
                break;
            case ThriftType.Struct:
                short id = 0;
                while (NextField(ref id, out var field))
                    Skip(field, depth + 1, inList: false);
                break;
            default:
                Invalid = true;
                break;
        }
    }

    private void SkipMap(int depth)
    {
        var count = Varint();
        if (count == 0)
            return;
        var types = NextByte();
        Short |= count > (ulong)(_bytes.Length - Position);
        for (; count > 0 && !Failed; count--)
        {
            Skip((ThriftType)(types >> 4), depth + 1, inList: true);
            Skip((ThriftType)(types & 15), depth + 1, inList: true);
        }
    }

    private static long Zigzag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));

    private ulong Varint()
    {
        ulong value = 0;
        for (var shift = 0; shift < 70; shift += 7)
        {
            var next = NextByte();
            if (shift < 64)
                value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
                return value;
        }
        Invalid = true;
        return 0;
    }

    private byte NextByte()
    {
        if (!Failed && Position < _bytes.Length)
            return _bytes[Position++];
        Short |= !Invalid;
        return 0;
    }
}
