namespace Temper.Models;

/// <summary>Decodes one scan: its units in order, restarts between them, each block by the kind of the scan.</summary>
internal sealed class JpegScan(JpegFile jpeg, JpegComponent[] components, JpegBand band)
{
    private readonly int[] _block = new int[64];
    private JpegBits _bits;
    private JpegProgression _progression = null!;

    /// <summary>Reads the scan's data; the place behind it.</summary>
    public int Read(int at, CancellationToken ct)
    {
        _bits = new(jpeg.Bytes, at);
        _progression = new(band);
        foreach (var component in components) component.Predictor = 0;
        var done = 0L;
        var single = components.Length == 1 ? components[0] : null;
        var (wide, high) = single is null
            ? (single = components[0]).BlocksWide / single.H is var units ? (units, single.BlocksHigh / single.V) : default
            : ((single.Width + 7) / 8, (single.Height + 7) / 8);
        for (var y = 0; y < high; y++)
        {
            ct.ThrowIfCancellationRequested();
            for (var x = 0; x < wide; x++, done++)
            {
                if (jpeg.RestartInterval > 0 && done > 0 && done % jpeg.RestartInterval == 0) Restart((int)(done / jpeg.RestartInterval - 1) & 7);
                if (components.Length == 1) ReadBlock(single, x, y);
                else ReadUnit(x, y);
            }
        }
        return _bits.At;
    }

    private void ReadUnit(int x, int y)
    {
        foreach (var component in components)
            for (var row = 0; row < component.V; row++)
                for (var column = 0; column < component.H; column++)
                    ReadBlock(component, x * component.H + column, y * component.V + row);
    }

    private void ReadBlock(JpegComponent component, int x, int y)
    {
        if (jpeg.Progressive)
        {
            _progression.Read(ref _bits, component, component.Coefficients.AsSpan((y * component.BlocksWide + x) * 64, 64));
            return;
        }
        var block = _block.AsSpan();
        var natural = JpegTables.Natural;
        block.Clear();
        component.Predictor += _bits.TakeSigned(Size(_bits.Symbol(component.Dc!)));
        block[0] = (short)component.Predictor;
        for (var k = 1; k < 64; k++)
        {
            var symbol = _bits.Symbol(component.Ac!);
            if (symbol == 0) break;
            k += symbol >> 4;
            if ((symbol & 15) == 0 && symbol != 0xF0) throw ImageFault.Corrupt("A JPEG that is not progressive holds a progressive code.");
            if (symbol == 0xF0) continue;
            if (k > 63) throw ImageFault.Corrupt("A block of the JPEG has more than 64 coefficients.");
            block[natural[k]] = _bits.TakeSigned(symbol & 15);
        }
        JpegIdct.Write(block, component.Quantizers, component.Plane.AsSpan(y * 8 * component.Stride + x * 8), component.Stride);
    }

    /// <summary>Bits of a DC difference.</summary>
    internal static int Size(int symbol) => symbol <= 15 ? symbol : throw ImageFault.Corrupt("A DC value of the JPEG has more than 15 bits.");

    private void Restart(int number)
    {
        var (file, at) = (jpeg.Bytes, _bits.At);
        while (at < file.Length - 1 && (file[at] != 0xFF || file[at + 1] is 0 or 0xFF)) at++;
        if (at >= file.Length - 1 || file[at + 1] == 0xD9) throw ImageFault.Truncated("The JPEG ends before its last pixel.");
        if (file[at + 1] != 0xD0 + number) throw ImageFault.Corrupt(FormattableString.Invariant($"The JPEG should restart with FF{0xD0 + number:X2}, but FF{file[at + 1]:X2} stands there."));
        _bits.Restart(at + 2);
        _progression.Restart();
        foreach (var component in components) component.Predictor = 0;
    }
}

/// <summary>Which bits of which coefficients a scan carries.</summary>
/// <param name="First">First coefficient in zigzag order.</param>
/// <param name="Last">Last coefficient.</param>
/// <param name="High">Lowest bit that earlier scans sent; 0 in a first scan.</param>
/// <param name="Low">Lowest bit that this scan sends.</param>
internal readonly record struct JpegBand(int First, int Last, int High, int Low);
