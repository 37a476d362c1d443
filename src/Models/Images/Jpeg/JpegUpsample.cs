namespace Temper.Models;

/// <summary>
/// Rows of a component as wide as the image. Halved chroma is widened by the triangle filter (3/4 of the near sample, 1/4 of the far one), as
/// libjpeg's "fancy upsampling" does, bit for bit; other ratios repeat samples.
/// </summary>
internal sealed class JpegUpsample
{
    private readonly JpegComponent _component;
    private readonly int _across, _down;
    private readonly bool _smoothAcross, _smoothDown;
    private readonly int[] _sums;

    public JpegUpsample(JpegComponent component, int maxH, int maxV)
    {
        (_component, _across, _down) = (component, maxH / component.H, maxV / component.V);
        // The filter needs a neighbour on either side; of both directions it smooths both or, where the plane is too narrow, none.
        _smoothAcross = _across == 2 && _down <= 2 && component.Width > 2;
        _smoothDown = _down == 2 && (_across == 1 || _smoothAcross);
        _sums = new int[component.Width];
    }

    /// <summary>Writes row <paramref name="y"/> of the image.</summary>
    public void Write(int y, Span<byte> row)
    {
        var near = Row(y / _down);
        if (_smoothDown)
        {
            var far = Row(y / 2 + (y % 2 == 0 ? -1 : 1));
            for (var x = 0; x < _sums.Length; x++) _sums[x] = 3 * near[x] + far[x];
            if (_smoothAcross) Widen16(row);
            else
                for (var (x, bias) = (0, y % 2 == 0 ? 1 : 2); x < row.Length; x++) row[x] = (byte)(_sums[x] + bias >> 2);
        }
        else if (_smoothAcross) Widen4(near, row);
        else if (_across == 1) near[..row.Length].CopyTo(row);
        else
            for (var x = 0; x < row.Length; x++) row[x] = near[x / _across];
    }

    /// <summary>A row of samples; outside the image the nearest one.</summary>
    private ReadOnlySpan<byte> Row(int y) => _component.Plane.AsSpan(Math.Clamp(y, 0, _component.Height - 1) * _component.Stride, _component.Width);

    private static void Widen4(ReadOnlySpan<byte> from, Span<byte> row)
    {
        for (var x = 0; x < row.Length; x++)
        {
            var (at, side) = (x >> 1, (x & 1) == 0 ? (x >> 1) - 1 : (x >> 1) + 1);
            row[x] = side < 0 || side == from.Length ? from[at] : (byte)(3 * from[at] + from[side] + 1 + (x & 1) >> 2);
        }
    }

    private void Widen16(Span<byte> row)
    {
        for (var x = 0; x < row.Length; x++)
        {
            var (at, side) = (x >> 1, (x & 1) == 0 ? (x >> 1) - 1 : (x >> 1) + 1);
            var other = side < 0 || side == _sums.Length ? _sums[at] : _sums[side];
            row[x] = (byte)(3 * _sums[at] + other + 8 - (x & 1) >> 4);
        }
    }
}
