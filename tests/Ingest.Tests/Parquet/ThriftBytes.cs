using System.Text;

namespace Temper.Ingest.Tests;

/// <summary>Writes Thrift's compact protocol, whatever is asked for: right or wrong.</summary>
internal sealed class ThriftBytes
{
    private readonly List<byte> _bytes = [];
    private int _last;

    public byte[] Struct => [.. _bytes, 0];

    public ThriftBytes Int(int id, long value, ThriftType type = ThriftType.Int32) => Head(id, type).Raw(Varint((ulong)((value << 1) ^ (value >> 63))));

    public ThriftBytes Long(int id, long value) => Int(id, value, ThriftType.Int64);

    public ThriftBytes Text(int id, string text) => Binary(id, Encoding.UTF8.GetBytes(text));

    public ThriftBytes Binary(int id, byte[] bytes) => Head(id, ThriftType.Binary).Raw(Varint((ulong)bytes.Length)).Raw(bytes);

    public ThriftBytes Struct_(int id, ThriftBytes inner) => Head(id, ThriftType.Struct).Raw(inner.Struct);

    public ThriftBytes Flag(int id, bool value) => Head(id, value ? ThriftType.True : ThriftType.False);

    public ThriftBytes Structs(int id, params IEnumerable<ThriftBytes> items)
    {
        var all = items.ToList();
        Head(id, ThriftType.List).Raw([0xF0 | (byte)ThriftType.Struct]).Raw(Varint((ulong)all.Count));
        foreach (var item in all)
            Raw(item.Struct);
        return this;
    }

    public ThriftBytes Raw(params byte[] bytes)
    {
        _bytes.AddRange(bytes);
        return this;
    }

    public static byte[] Varint(ulong value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        bytes.Add((byte)value);
        return [.. bytes];
    }

    private ThriftBytes Head(int id, ThriftType type)
    {
        var step = id - _last;
        _last = id;
        return step is > 0 and < 16 ? Raw((byte)(step << 4 | (byte)type)) : Raw((byte)type).Raw(Varint((ulong)((id << 1) ^ (id >> 31))));
    }
}
