namespace Temper.Ingest;

/// <summary>The <see cref="ShingleSketch"/> of record after record, in blocks that are made when they are needed.</summary>
internal sealed class SketchTable
{
    private const int PerBlock = 1 << 15;
    private readonly List<byte[]> _blocks = [];
    private int _count;

    /// <summary>Adds the next record's.</summary>
    public void Add(ReadOnlySpan<byte> sketch)
    {
        if (_count % PerBlock == 0)
            _blocks.Add(new byte[PerBlock * ShingleSketch.Width]);
        sketch[..ShingleSketch.Width].CopyTo(_blocks[^1].AsSpan(_count++ % PerBlock * ShingleSketch.Width));
    }

    /// <summary>A record's.</summary>
    public ReadOnlySpan<byte> this[int record] => _blocks[record / PerBlock].AsSpan(record % PerBlock * ShingleSketch.Width, ShingleSketch.Width);
}
