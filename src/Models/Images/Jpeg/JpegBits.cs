using System.Runtime.CompilerServices;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Bits of entropy-coded data, most significant first; FF 00 is a byte FF, any other FF begins a marker, where the data ends.</summary>
internal struct JpegBits(byte[] file, int at)
{
    private ulong _bits;
    private int _count;

    /// <summary>The next byte that was not taken into the buffer; at the data's end, the marker.</summary>
    public int At { get; private set; } = at;

    /// <summary>The next bits, zeros behind the data's end.</summary>
    /// <param name="count">1 to 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Peek(int count)
    {
        if (_count < count) Fill();
        return (int)(_bits >> (64 - count));
    }

    /// <summary>Takes bits that were looked at.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Skip(int count)
    {
        if (count > _count) throw Ended();
        _bits <<= count;
        _count -= count;
    }

    /// <summary>Takes bits as a number; 0 for none.</summary>
    /// <param name="count">0 to 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Take(int count)
    {
        if (count == 0) return 0;
        var value = Peek(count);
        Skip(count);
        return value;
    }

    /// <summary>Takes bits as JPEG writes signed numbers: the upper half of the range is positive, the lower negative.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int TakeSigned(int count)
    {
        if (count == 0) return 0;
        var value = Take(count);
        return value < 1 << (count - 1) ? value - (1 << count) + 1 : value;
    }

    /// <summary>Takes one symbol.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int Symbol(JpegHuffman table)
    {
        var look = Peek(16);
        var found = table.Find(look);
        if (found < 0) throw _count < 16 ? Ended() : ImageFault.Corrupt("The JPEG's data holds a code that none of its tables has.");
        Skip(found >> 8);
        return found & 255;
    }

    /// <summary>Begins behind a marker.</summary>
    public void Restart(int at) => (At, _bits, _count) = (at, 0, 0);

    private void Fill()
    {
        while (_count <= 56 && At < file.Length)
        {
            var next = file[At];
            if (next == 0xFF && (At + 1 == file.Length || file[At + 1] != 0)) return;
            At += next == 0xFF ? 2 : 1;
            _bits |= (ulong)next << (56 - _count);
            _count += 8;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly TemperException Ended() => At >= file.Length - 1 || file[At + 1] == 0xD9
        ? ImageFault.Truncated("The JPEG ends before its last pixel.")
        : ImageFault.Corrupt(FormattableString.Invariant($"A marker FF{file[At + 1]:X2} stands inside the JPEG's pixels."));
}
