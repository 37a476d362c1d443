namespace Temper.Ingest;

/// <summary>DELTA_BINARY_PACKED: a first value, then differences in blocks of bit-packed miniblocks.</summary>
internal sealed class DeltaRuns
{
    private const int LargestBlock = 1 << 20;
    private readonly PageBytes _page;
    private readonly int _miniblocks, _perMiniblock;
    private readonly byte[] _widths;
    private long _left, _value, _lowest, _bit;
    private int _miniblock, _inMiniblock;
    private bool _first = true;

    public DeltaRuns(PageBytes page)
    {
        _page = page;
        var (block, miniblocks, count) = (page.Varint(), page.Varint(), page.Varint());
        if (block is 0 or > LargestBlock || miniblocks == 0 || miniblocks > block || block % miniblocks != 0 || block / miniblocks % 8 != 0 || count > int.MaxValue)
            throw page.Damaged($"{count} differences in blocks of {block} with {miniblocks} miniblocks cannot be");
        (_miniblocks, _perMiniblock, _left) = ((int)miniblocks, (int)(block / miniblocks), (long)count);
        _widths = new byte[_miniblocks];
        (_value, _miniblock) = (Zigzag(page.Varint()), _miniblocks);
    }

    public long Next()
    {
        if (_left == 0)
            throw _page.Damaged("it has fewer values than its rows need");
        _left--;
        if (_first)
        {
            _first = false;
            return _value;
        }
        if (_inMiniblock == 0)
            BeginMiniblock();
        var width = _widths[_miniblock];
        var delta = width == 0 ? 0 : unchecked((long)_page.Bits(_bit, width));
        _bit += width;
        _inMiniblock--;
        return unchecked(_value += _lowest + delta);
    }

    /// <summary>Passes over all values, in time that the page's bytes bound, not their count; the page then stands behind them.</summary>
    public void SkipAll()
    {
        for (_left--; _left > 0; _left -= Math.Min(_left, _perMiniblock))
            BeginMiniblock();
    }

    private void BeginMiniblock()
    {
        if (++_miniblock >= _miniblocks)
        {
            _miniblock = 0;
            _lowest = Zigzag(_page.Varint());
            Array.Copy(_page.Bytes, _page.Take(_miniblocks), _widths, 0, _miniblocks);
        }
        var width = _widths[_miniblock];
        if (width > 64)
            throw _page.Damaged($"differences would have {width} bits");
        _inMiniblock = _perMiniblock;
        _bit = _page.Take((long)_perMiniblock * width / 8) * 8L;
    }

    private static long Zigzag(ulong value) => unchecked((long)(value >> 1) ^ -(long)(value & 1));
}

internal sealed class DeltaNumbers(PageBytes page, bool narrow) : PageValues
{
    private readonly DeltaRuns _runs = new(page);

    public override void Next(ref ParquetValue value)
    {
        var number = _runs.Next();
        // Sums of 32-bit columns wrap at 32 bits.
        value.Number = narrow ? unchecked((int)number) : number;
    }
}

/// <summary>DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes. The lengths are read twice rather than kept.</summary>
internal sealed class DeltaLengthBytes : PageValues
{
    private readonly PageBytes _page;
    private readonly DeltaRuns _lengths;

    public DeltaLengthBytes(PageBytes page)
    {
        _lengths = new(page.Rest());
        new DeltaRuns(page).SkipAll();
        _page = page;
    }

    public override void Next(ref ParquetValue value)
    {
        var length = _lengths.Next();
        value.Bytes = _page.Bytes.AsMemory(_page.Take(length), (int)length);
    }
}

/// <summary>DELTA_BYTE_ARRAY: of each value how much of the one before it begins with, and the rest.</summary>
internal sealed class DeltaBytes : PageValues
{
    private readonly PageBytes _page;
    private readonly int _fixed;
    private readonly DeltaRuns _prefixes;
    private readonly DeltaLengthBytes _suffixes;
    private byte[] _value = new byte[64];
    private int _length;

    /// <param name="page">Values.</param>
    /// <param name="fixedLength">Bytes of each; 0 when they differ.</param>
    public DeltaBytes(PageBytes page, int fixedLength)
    {
        _prefixes = new(page.Rest());
        new DeltaRuns(page).SkipAll();
        (_page, _fixed, _suffixes) = (page, fixedLength, new(page));
    }

    public override void Next(ref ParquetValue value)
    {
        var prefix = _prefixes.Next();
        if (prefix < 0 || prefix > _length)
            throw _page.Damaged($"a value would begin with {prefix} bytes of one that has {_length}");
        _suffixes.Next(ref value);
        var suffix = value.Bytes.Span;
        _length = (int)prefix + suffix.Length;
        if (_fixed > 0 && _length != _fixed)
            throw _page.Damaged($"a value has {_length} bytes, not {_fixed}");
        if (_length > _value.Length)
            Array.Resize(ref _value, Math.Max(_length, _value.Length * 2));
        suffix.CopyTo(_value.AsSpan((int)prefix));
        value.Bytes = _value.AsMemory(0, _length);
    }
}
