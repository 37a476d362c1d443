using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Temper.Versioning.Packs;

/// <summary>
/// Numbers taken apart: all their first bytes, all their second ones, and so on; what is left at the end, as it is. Each plane is coded by itself:
/// coding u8 (0 as it is, 1 deflate, 2 nothing but zeros), bytes u32, the bytes. Signs and exponents of weights repeat, their mantissas do not.
/// </summary>
internal static class BytePlanes
{
    private const byte AsItIs = 0, Deflated = 1, Zeros = 2;
    private const int PlaneHeader = 5;

    // What no code makes smaller: beyond it a plane is kept as it is.
    private const double Noise = 7.3;

    /// <summary>Bits per byte of <paramref name="body"/> after taking it apart, 0 to 8, by a sample.</summary>
    public static double Estimate(ReadOnlySpan<byte> body, int width)
    {
        var planes = Split(body, width);
        var count = body.Length / width;
        var bits = 0.0;
        for (var plane = 0; plane < width; plane++)
            bits += SampledEntropy.Of(planes.AsSpan(plane * count, count));
        return bits / width;
    }

    /// <summary>Coded planes, behind <paramref name="reserved"/> bytes left to the caller.</summary>
    public static ReadOnlyMemory<byte> Encode(ReadOnlySpan<byte> body, int width, int reserved = 0)
    {
        var planes = Split(body, width);
        var count = body.Length / width;
        using var coded = new MemoryStream(body.Length / 4);
        coded.SetLength(reserved);
        coded.Position = reserved;
        Span<byte> header = stackalloc byte[PlaneHeader];
        for (var at = 0; at < planes.Length;)
        {
            var length = at < count * width ? count : planes.Length - at;
            var (coding, bytes) = Code(planes.AsMemory(at, length));
            header[0] = coding;
            BinaryPrimitives.WriteInt32LittleEndian(header[1..], bytes.Length);
            coded.Write(header);
            coded.Write(bytes.Span);
            at += length;
        }
        return coded.GetBuffer().AsMemory(0, (int)coded.Length);
    }

    /// <summary>The body of <paramref name="size"/> bytes; null when the coded bytes are not exactly that.</summary>
    public static byte[]? Decode(ReadOnlyMemory<byte> coded, int width, int size)
    {
        var planes = new byte[size];
        var count = size / width;
        for (var at = 0; at < size;)
        {
            var length = at < count * width ? count : size - at;
            if (coded.Length < PlaneHeader)
                return null;
            var bytes = BinaryPrimitives.ReadInt32LittleEndian(coded.Span[1..]);
            if (bytes < 0 || bytes > coded.Length - PlaneHeader || !Decode(coded.Span[0], coded.Slice(PlaneHeader, bytes), planes.AsSpan(at, length)))
                return null;
            coded = coded[(PlaneHeader + bytes)..];
            at += length;
        }
        return coded.IsEmpty ? Join(planes, width) : null;
    }

    private static (byte Coding, ReadOnlyMemory<byte> Bytes) Code(ReadOnlyMemory<byte> plane)
    {
        if (plane.Span.IndexOfAnyExcept((byte)0) < 0)
            return (Zeros, default);
        if (SampledEntropy.Of(plane.Span) > Noise)
            return (AsItIs, plane);
        var packed = Deflating.Pack(plane.Span, Deflating.Numbers);
        return packed.Length < plane.Length ? (Deflated, packed) : (AsItIs, plane);
    }

    private static bool Decode(byte coding, ReadOnlyMemory<byte> bytes, Span<byte> plane)
    {
        switch (coding)
        {
            case Zeros when bytes.IsEmpty:
                plane.Clear();
                return true;
            case AsItIs when bytes.Length == plane.Length:
                bytes.Span.CopyTo(plane);
                return true;
            default:
                return coding == Deflated && Deflating.Unpack(bytes, plane);
        }
    }

    private static byte[] Split(ReadOnlySpan<byte> body, int width)
    {
        var planes = new byte[body.Length];
        var count = body.Length / width;
        if (width == 2)
            SplitPairs(MemoryMarshal.Cast<byte, ushort>(body[..(2 * count)]), planes.AsSpan(0, count), planes.AsSpan(count, count));
        else
            for (var plane = 0; plane < width; plane++)
                for (var (i, from) = (0, plane); i < count; i++, from += width)
                    planes[plane * count + i] = body[from];
        body[(count * width)..].CopyTo(planes.AsSpan(count * width));
        return planes;
    }

    private static byte[] Join(byte[] planes, int width)
    {
        var body = new byte[planes.Length];
        var count = planes.Length / width;
        if (width == 2)
            JoinPairs(planes.AsSpan(0, count), planes.AsSpan(count, count), MemoryMarshal.Cast<byte, ushort>(body.AsSpan(0, 2 * count)));
        else
            for (var plane = 0; plane < width; plane++)
                for (var (i, to) = (0, plane); i < count; i++, to += width)
                    body[to] = planes[plane * count + i];
        planes.AsSpan(count * width).CopyTo(body.AsSpan(count * width));
        return body;
    }

    private static void SplitPairs(ReadOnlySpan<ushort> pairs, Span<byte> low, Span<byte> high)
    {
        var step = Vector128<byte>.Count;
        var i = 0;
        for (; i + step <= pairs.Length; i += step)
        {
            var (a, b) = (Vector128.Create(pairs[i..]), Vector128.Create(pairs[(i + step / 2)..]));
            Vector128.Narrow(a & Vector128.Create((ushort)0xFF), b & Vector128.Create((ushort)0xFF)).CopyTo(low[i..]);
            Vector128.Narrow(a >>> 8, b >>> 8).CopyTo(high[i..]);
        }
        for (; i < pairs.Length; i++)
            (low[i], high[i]) = ((byte)pairs[i], (byte)(pairs[i] >> 8));
    }

    private static void JoinPairs(ReadOnlySpan<byte> low, ReadOnlySpan<byte> high, Span<ushort> pairs)
    {
        var step = Vector128<byte>.Count;
        var i = 0;
        for (; i + step <= pairs.Length; i += step)
        {
            var (lowA, lowB) = Vector128.Widen(Vector128.Create(low[i..]));
            var (highA, highB) = Vector128.Widen(Vector128.Create(high[i..]));
            (lowA | highA << 8).CopyTo(pairs[i..]);
            (lowB | highB << 8).CopyTo(pairs[(i + step / 2)..]);
        }
        for (; i < pairs.Length; i++)
            pairs[i] = (ushort)(low[i] | high[i] << 8);
    }

    /// <summary><paramref name="target"/> with the bits in which <paramref name="other"/> differs from it; both have one length.</summary>
    public static void Xor(Span<byte> target, ReadOnlySpan<byte> other)
    {
        var i = 0;
        for (; i + Vector<byte>.Count <= target.Length; i += Vector<byte>.Count)
            (new Vector<byte>(target[i..]) ^ new Vector<byte>(other[i..])).CopyTo(target[i..]);
        for (; i < target.Length; i++)
            target[i] ^= other[i];
    }
}
