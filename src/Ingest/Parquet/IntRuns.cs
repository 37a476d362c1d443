namespace Temper.Ingest;

/// <summary>Small numbers of a page one after another: levels, and indices into a dictionary.</summary>
internal abstract class IntRuns
{
    public abstract int Next();

    /// <summary>Bits that numbers up to <paramref name="highest"/> need.</summary>
    public static int Width(int highest) => 32 - System.Numerics.BitOperations.LeadingZeroCount((uint)highest);

    /// <summary>Levels as the page's header says they are stored.</summary>
    /// <param name="encoding">RLE, or BIT_PACKED of old files.</param>
    /// <param name="page">Levels only.</param>
    /// <param name="highest">Level.</param>
    public static IntRuns Levels(PageEncoding encoding, PageBytes page, int highest) =>
        encoding == PageEncoding.BitPacked ? new BitPackedLevels(page, Width(highest)) : new HybridRuns(page, Width(highest));
}

/// <summary>All are 0: levels of a column that is never null, or in no list.</summary>
internal sealed class ZeroRuns : IntRuns
{
    public static readonly ZeroRuns Instance = new();

    public override int Next() => 0;
}

/// <summary>The mix of repeated and bit-packed runs that the format calls RLE.</summary>
internal sealed class HybridRuns(PageBytes page, int width) : IntRuns
{
    private long _left, _bit;
    private int _repeated;
    private bool _packed;

    public override int Next()
    {
        if (width == 0)
            return 0;
        while (_left == 0)
            BeginRun();
        _left--;
        if (!_packed)
            return _repeated;
        var value = unchecked((int)page.Bits(_bit, width));
        _bit += width;
        return value;
    }

    private void BeginRun()
    {
        var head = page.Varint();
        if (head >> 1 > int.MaxValue)
            throw page.Damaged("a run has more values than a page can have");
        _packed = (head & 1) == 1;
        _left = (long)(head >> 1);
        if (_packed)
        {
            // The last run of a page may lack bytes that nobody needs.
            var bytes = Math.Min(_left * width, page.Left);
            _left = Math.Min(_left * 8, bytes * 8 / width);
            _bit = page.Take(bytes) * 8L;
            return;
        }
        var at = page.Take((width + 7) / 8);
        _repeated = unchecked((int)page.Bits(at * 8L, width));
    }
}

/// <summary>Numbers of a fixed width, high bits first: how files of long ago store levels.</summary>
internal sealed class BitPackedLevels(PageBytes page, int width) : IntRuns
{
    private int _current, _bits;

    public override int Next()
    {
        var value = 0;
        for (var i = 0; i < width; i++)
        {
            if (_bits == 0)
                (_current, _bits) = (page.Bytes[page.Take(1)], 8);
            value = (value << 1) | ((_current >> --_bits) & 1);
        }
        return value;
    }
}
