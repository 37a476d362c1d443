namespace Temper.Models;

/// <summary>Reads a scan's header, and makes samples of what the scans of a progressive image left.</summary>
internal static class JpegScanHeader
{
    private const int MostBlocks = 10;

    /// <summary>The scan's components, with their tables set, and what it carries.</summary>
    public static (JpegComponent[] Components, JpegBand Band) Read(JpegFile jpeg, JpegTables tables, ReadOnlySpan<byte> body)
    {
        if (body.Length < 1 || body[0] is 0 or > 4 || body.Length != 4 + 2 * body[0]) throw ImageFault.Corrupt("A scan of the JPEG has a header of a wrong size.");
        var components = new JpegComponent[body[0]];
        var tail = body[^3..];
        var band = jpeg.Progressive ? new JpegBand(tail[0], tail[1], tail[2] >> 4, tail[2] & 15) : new JpegBand(0, 63, 0, 0);
        if (jpeg.Progressive) Check(band, components.Length);
        for (var i = 0; i < components.Length; i++)
        {
            var (id, table) = (body[1 + 2 * i], body[2 + 2 * i]);
            var component = Array.Find(jpeg.Components, c => c.Id == id) ?? throw ImageFault.Corrupt("A scan of the JPEG names a component that does not exist.");
            if (Array.IndexOf(components, component) >= 0) throw ImageFault.Corrupt("A scan of the JPEG names a component twice.");
            component.Quantizers ??= tables.Quantizers(component.Table);
            component.Dc = band is { First: 0, High: 0 } ? tables.Dc(table >> 4) : null;
            component.Ac = band.Last > 0 ? tables.Ac(table & 15) : null;
            component.Sent.AsSpan(band.First, band.Last - band.First + 1).Fill(band.Low);
            components[i] = component;
        }
        if (components.Length > 1 && components.Sum(c => c.H * c.V) > MostBlocks) throw ImageFault.Corrupt("A scan of the JPEG has more than 10 blocks a unit.");
        return (components, band);
    }

    /// <summary>Samples of coefficients; the coefficients' memory is given back.</summary>
    public static void Transform(JpegComponent component)
    {
        var block = new int[64];
        for (var y = 0; y < component.BlocksHigh; y++)
            for (var x = 0; x < component.BlocksWide; x++)
            {
                var from = component.Coefficients.AsSpan((y * component.BlocksWide + x) * 64, 64);
                for (var i = 0; i < 64; i++) block[i] = from[i];
                JpegIdct.Write(block, component.Quantizers, component.Plane.AsSpan(y * 8 * component.Stride + x * 8), component.Stride);
            }
    }

    private static void Check(JpegBand band, int components)
    {
        var spectral = band.First == 0 ? band.Last == 0 : band.Last >= band.First && band.Last <= 63 && components == 1;
        if (!spectral || band.Low > 13 || (band.High != 0 && band.High != band.Low + 1))
            throw ImageFault.Corrupt("A scan of the JPEG carries coefficients that cannot be.");
    }
}
