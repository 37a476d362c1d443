namespace Temper.Models;

/// <summary>One component of a JPEG: luma, chroma or ink. Its samples are decoded into a plane of whole blocks.</summary>
internal sealed class JpegComponent
{
    /// <param name="id">As scans name it.</param>
    /// <param name="h">Horizontal sampling factor, 1 to 4.</param>
    /// <param name="v">Vertical sampling factor, 1 to 4.</param>
    /// <param name="table">Quantisation table, 0 to 3.</param>
    public JpegComponent(int id, int h, int v, int table) => (Id, H, V, Table) = (id, h, v, table);

    public int Id { get; }

    public int H { get; }

    public int V { get; }

    public int Table { get; }

    /// <summary>Samples in a row that belong to the image.</summary>
    public int Width { get; private set; }

    /// <summary>Rows that belong to the image.</summary>
    public int Height { get; private set; }

    /// <summary>Blocks in a row of the plane: whole units of an interleaved scan.</summary>
    public int BlocksWide { get; private set; }

    /// <summary>Rows of blocks of the plane.</summary>
    public int BlocksHigh { get; private set; }

    /// <summary>Bytes in a row of the plane.</summary>
    public int Stride => BlocksWide * 8;

    /// <summary>Samples, [BlocksHigh · 8, Stride].</summary>
    public byte[] Plane { get; private set; } = [];

    /// <summary>Of a progressive image: 64 coefficients a block in natural order.</summary>
    public short[] Coefficients { get; private set; } = [];

    /// <summary>Of each coefficient in zigzag order: lowest bit that was sent so far; −1 for none.</summary>
    public int[] Sent { get; } = [.. Enumerable.Repeat(-1, 64)];

    /// <summary>The quantisation table as it was when the first scan of the component began, in natural order.</summary>
    public ushort[]? Quantizers { get; set; }

    /// <summary>The last DC value.</summary>
    public int Predictor { get; set; }

    /// <summary>Table of DC codes in the scan that is read.</summary>
    public JpegHuffman? Dc { get; set; }

    /// <summary>Table of AC codes in the scan that is read.</summary>
    public JpegHuffman? Ac { get; set; }

    /// <summary>Bytes that it will take.</summary>
    public long Memory(bool progressive) => 64L * BlocksWide * BlocksHigh * (progressive ? 3 : 1);

    /// <summary>Fixes the sizes.</summary>
    public void Measure(int width, int height, int maxH, int maxV)
    {
        (Width, Height) = (Ceiling(width * H, maxH), Ceiling(height * V, maxV));
        (BlocksWide, BlocksHigh) = (Ceiling(width, 8 * maxH) * H, Ceiling(height, 8 * maxV) * V);
    }

    /// <summary>Takes the memory.</summary>
    public void Allocate(bool progressive)
    {
        Plane = new byte[64L * BlocksWide * BlocksHigh];
        if (progressive) Coefficients = new short[64L * BlocksWide * BlocksHigh];
    }

    private static int Ceiling(int value, int by) => (value + by - 1) / by;
}
