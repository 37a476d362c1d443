namespace Temper.Models;

/// <summary>Makes RGB of a PNG's rows: unpacks, undoes the filters, places interlaced passes.</summary>
internal static class PngPixels
{
    /// <summary>Adam7: first column and row of each pass, and the steps between its pixels.</summary>
    private static readonly (int X, int Y, int StepX, int StepY)[] Adam7 =
        [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];

    /// <summary>Every pixel.</summary>
    public static RgbImage Decode(PngFile png, CancellationToken ct)
    {
        var pixels = new byte[3L * png.Width * png.Height];
        using var data = new PngInflate(png);
        foreach (var (x, y, stepX, stepY) in png.Interlaced ? Adam7 : [(0, 0, 1, 1)])
        {
            var wide = (png.Width - x + stepX - 1) / stepX;
            if (wide <= 0 || y >= png.Height) continue;
            ReadPass(png, data, pixels, wide, (x, y, stepX, stepY), ct);
        }
        data.End();
        return new(png.Width, png.Height, pixels);
    }

    private static void ReadPass(PngFile png, PngInflate data, byte[] pixels, int wide, (int X, int Y, int StepX, int StepY) pass, CancellationToken ct)
    {
        var (bytes, distance) = (png.RowBytes(wide), Math.Max(1, png.Channels * png.Bits / 8));
        var rows = new PngRows(png, wide);
        // The row and the one above, each behind its filter byte.
        byte[] row = new byte[bytes + 1], above = new byte[bytes + 1];
        for (var y = pass.Y; y < png.Height; y += pass.StepY)
        {
            ct.ThrowIfCancellationRequested();
            data.Read(row);
            Undo(row[0], row.AsSpan(1), above.AsSpan(1), distance);
            rows.Write(row.AsSpan(1), pixels, (y * png.Width + pass.X) * 3, pass.StepX * 3);
            (row, above) = (above, row);
        }
    }

    private static void Undo(byte filter, Span<byte> row, ReadOnlySpan<byte> above, int distance)
    {
        switch (filter)
        {
            case 0:
                break;
            case 1:
                for (var i = distance; i < row.Length; i++) row[i] += row[i - distance];
                break;
            case 2:
                for (var i = 0; i < row.Length; i++) row[i] += above[i];
                break;
            case 3:
                for (var i = 0; i < row.Length; i++) row[i] += (byte)(((i < distance ? 0 : row[i - distance]) + above[i]) >> 1);
                break;
            case 4:
                for (var i = 0; i < Math.Min(distance, row.Length); i++) row[i] += above[i];
                for (var i = distance; i < row.Length; i++) row[i] += Paeth(row[i - distance], above[i], above[i - distance]);
                break;
            default:
                throw ImageFault.Corrupt(FormattableString.Invariant($"PNG has no filter {filter}."));
        }
    }

    /// <summary>Whichever of left, above and the corner is nearest to left + above − corner; ties in that order.</summary>
    private static byte Paeth(int left, int above, int corner)
    {
        var (toLeft, toAbove, toCorner) = (Math.Abs(above - corner), Math.Abs(left - corner), Math.Abs(left + above - 2 * corner));
        return (byte)(toLeft <= toAbove && toLeft <= toCorner ? left : toAbove <= toCorner ? above : corner);
    }
}
