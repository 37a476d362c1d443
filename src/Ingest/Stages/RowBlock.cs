using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// A stretch of rows of a file, copied so that another thread can judge them, and what became of them. The stretches of a slice, put together in order, are
/// what one thread would have made. Reused.
/// </summary>
internal sealed class RowBlock
{
    /// <summary>A block that grew beyond it, for a very long row, is not used again.</summary>
    private const int Largest = 8 << 20;

    private readonly ByteBuffer _bytes = new(1 << 16);
    private readonly List<Row> _rows = [];

    /// <summary>Rows.</summary>
    public int Count => _rows.Count;

    /// <summary>Bytes of the rows.</summary>
    public int Length => _bytes.Length;

    /// <summary>Whether rows of the slice stand before it that are not blank.</summary>
    public bool Follows { get; set; }

    /// <summary>Where the file's bytes before it end.</summary>
    public long Before { get; set; }

    /// <summary>Verdicts.</summary>
    public ByteBuffer Output { get; } = new(1 << 16);

    /// <summary>Quarantined rows as they came.</summary>
    public ByteBuffer Aside { get; } = new(1 << 10);

    /// <summary>Signs of sound records, their places counted from the begin of <see cref="Output"/>.</summary>
    public ByteBuffer Signs { get; } = new(1 << 16);

    /// <summary>How many signs.</summary>
    public int Signed { get; set; }

    /// <summary>What the sound records are like.</summary>
    public RecordShape Shape { get; set; } = new();

    /// <summary>The block's share of the slice's counts.</summary>
    public FileTally Tally { get; set; } = new();

    /// <summary>The row that shows that the file is not made of lines; nothing behind it was looked at. -1 for none.</summary>
    public int Broken { get; set; } = -1;

    /// <summary>Whether it may be used again.</summary>
    public bool Reusable => _bytes.Capacity <= Largest && Output.Capacity <= Largest;

    /// <summary>A row as it came.</summary>
    public Line this[int index]
    {
        get
        {
            var row = _rows[index];
            var bytes = _bytes.Written.Slice(row.Start, row.Length);
            return new(bytes, row.Number, row.Offset, row.RawLength, row.TooLong, row.Unfinished, row.Digest)
            {
                Original = row.OriginalStart < 0 ? bytes : _bytes.Written.Slice(row.OriginalStart, row.OriginalLength),
                Fault = row.Fault,
            };
        }
    }

    /// <summary>Where the file goes on behind a row.</summary>
    public Cursor Behind(int index) => new(_rows[index].NextOffset, _rows[index].NextRows);

    /// <summary>Begins anew.</summary>
    public void Clear()
    {
        _bytes.Clear();
        _rows.Clear();
        Output.Clear();
        Aside.Clear();
        Signs.Clear();
        (Signed, Shape, Tally, Broken, Follows, Before) = (0, new(), new(), -1, false, 0);
    }

    /// <summary>Copies a row.</summary>
    public void Add(in Line line, long nextOffset, long nextRows)
    {
        var start = _bytes.Length;
        _bytes.Add(line.Bytes);
        var (original, originalLength) = (-1, 0);
        if (line.Original != line.Bytes)
        {
            (original, originalLength) = (_bytes.Length, line.Original.Length);
            _bytes.Add(line.Original);
        }
        _rows.Add(new(start, line.Bytes.Length, original, originalLength, line.Number, line.Offset, line.Length, line.TooLong, line.Unfinished, line.Known, line.Fault, nextOffset, nextRows));
    }

    private readonly record struct Row(int Start, int Length, int OriginalStart, int OriginalLength, long Number, long Offset, long RawLength, bool TooLong, bool Unfinished, Digest? Digest,
        RecordFault? Fault, long NextOffset, long NextRows);
}
