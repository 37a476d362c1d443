namespace Temper.Models;

/// <summary>Blocks of progressive scans (ITU T.81, annex G): coefficients come band by band and bit by bit.</summary>
internal sealed class JpegProgression(JpegBand band)
{
    private readonly int _one = 1 << band.Low;

    // Blocks whose band is over, this one included.
    private int _ended;

    /// <summary>Forgets the run of ended blocks.</summary>
    public void Restart() => _ended = 0;

    /// <summary>Reads the scan's share of a block.</summary>
    public void Read(ref JpegBits bits, JpegComponent component, Span<short> block)
    {
        switch (band)
        {
            case { First: 0, High: 0 }:
                component.Predictor += bits.TakeSigned(JpegScan.Size(bits.Symbol(component.Dc!)));
                block[0] = (short)(component.Predictor << band.Low);
                break;
            case { First: 0 }:
                if (bits.Take(1) != 0) block[0] |= (short)_one;
                break;
            case { High: 0 }:
                ReadFirst(ref bits, component.Ac!, block);
                break;
            default:
                Refine(ref bits, component.Ac!, block);
                break;
        }
    }

    private void ReadFirst(ref JpegBits bits, JpegHuffman table, Span<short> block)
    {
        if (_ended > 0)
        {
            _ended--;
            return;
        }
        for (var k = band.First; k <= band.Last; k++)
        {
            var symbol = bits.Symbol(table);
            var (zeros, size) = (symbol >> 4, symbol & 15);
            if (size == 0 && zeros < 15)
            {
                _ended = (1 << zeros) + bits.Take(zeros) - 1;
                return;
            }
            k += zeros;
            if (size == 0) continue;
            if (k > band.Last) throw ImageFault.Corrupt("A block of the JPEG has more coefficients than its scan.");
            block[JpegTables.Natural[k]] = (short)(bits.TakeSigned(size) << band.Low);
        }
    }

    private void Refine(ref JpegBits bits, JpegHuffman table, Span<short> block)
    {
        var k = band.First;
        for (; _ended == 0 && k <= band.Last; k++)
        {
            var symbol = bits.Symbol(table);
            var (zeros, size) = (symbol >> 4, symbol & 15);
            if (size == 0 && zeros < 15)
            {
                _ended = (1 << zeros) + bits.Take(zeros);
                break;
            }
            if (size > 1) throw ImageFault.Corrupt("A refining scan of the JPEG brings more than one bit.");
            var value = size == 0 ? 0 : bits.Take(1) != 0 ? _one : -_one;
            k = Pass(ref bits, block, k, zeros);
            if (value == 0) continue;
            if (k > band.Last) throw ImageFault.Corrupt("A block of the JPEG has more coefficients than its scan.");
            block[JpegTables.Natural[k]] = (short)value;
        }
        if (_ended == 0) return;
        Pass(ref bits, block, k, int.MaxValue);
        _ended--;
    }

    /// <summary>Refines what is known and passes so many zeros; the place of the next zero, or behind the band.</summary>
    private int Pass(ref JpegBits bits, Span<short> block, int k, int zeros)
    {
        for (; k <= band.Last; k++)
        {
            ref var known = ref block[JpegTables.Natural[k]];
            if (known == 0 && zeros-- == 0) return k;
            if (known != 0 && bits.Take(1) != 0 && (known & _one) == 0) known += (short)(known > 0 ? _one : -_one);
        }
        return k;
    }
}
