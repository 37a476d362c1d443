using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Temper.Versioning.Chunks;

/// <summary>
/// Cuts where the content says so, so that bytes put in or taken out move only the cuts beside them: <c>h = 2h + T[byte]</c> modulo 2^64, a cut behind
/// the byte after which the upper 16 bits of h are zero; chunks of 8 to 128 KiB, 62 KiB on average. T[i] is the first 8 bytes, little endian, of the
/// SHA-256 of <c>temper gear 1 i</c>. Of the family of Xia et al. 2016 (FastCDC). Specification: docs/formats/objects.md.
/// </summary>
internal sealed class GearCutter : Cutter
{
    internal const int Smallest = 8 << 10, Largest = 128 << 10;
    private const int Window = 64, Shift = 48;

    private static readonly ulong[] Table = [.. Enumerable.Range(0, 256).Select(Entry)];

    /// <inheritdoc/>
    public override string Name => "gear-64k-1";

    /// <inheritdoc/>
    public override int Next(ReadOnlySpan<byte> window)
    {
        if (window.Length <= Smallest)
            return window.Length;
        var end = Math.Min(window.Length, Largest);
        ref var table = ref Table[0];
        ulong hash = 0;
        var i = Smallest - Window;
        for (; i < Smallest - 1; i++)
            hash = (hash << 1) + System.Runtime.CompilerServices.Unsafe.Add(ref table, window[i]);
        for (; i < end; i++)
        {
            hash = (hash << 1) + System.Runtime.CompilerServices.Unsafe.Add(ref table, window[i]);
            if (hash >> Shift == 0)
                return i + 1;
        }
        return end;
    }

    private static ulong Entry(int index) =>
        BinaryPrimitives.ReadUInt64LittleEndian(SHA256.HashData(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"temper gear 1 {index}"))));
}
