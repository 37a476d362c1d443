using System.Buffers.Binary;

namespace Temper.Ingest;

/// <summary>How a page stores values or levels; numbers of the format's enum.</summary>
internal enum PageEncoding
{
    Plain = 0,
    PlainDictionary = 2,
    Rle = 3,
    BitPacked = 4,
    DeltaBinaryPacked = 5,
    DeltaLengthByteArray = 6,
    DeltaByteArray = 7,
    RleDictionary = 8,
    ByteStreamSplit = 9,
}

/// <summary>One value of a column.</summary>
internal struct ParquetValue
{
    /// <summary>Of booleans (0, 1) and integers the number, of floats their bits.</summary>
    public long Number;

    /// <summary>Of everything else its bytes, valid until the column goes on.</summary>
    public ReadOnlyMemory<byte> Bytes;
}

/// <summary>The values of a page, nulls left out, one after another.</summary>
internal abstract class PageValues
{
    /// <summary>The next one.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>FILE_CORRUPT</c> when the page has no more.</exception>
    public abstract void Next(ref ParquetValue value);

    /// <summary>The reader of an encoding.</summary>
    /// <param name="encoding">As the page says.</param>
    /// <param name="leaf">The column.</param>
    /// <param name="page">Its values.</param>
    /// <param name="dictionary">Of the chunk; null without one.</param>
    public static PageValues Of(PageEncoding encoding, LeafType leaf, PageBytes page, ParquetValue[]? dictionary)
    {
        var isBytes = leaf.Type is PhysicalType.ByteArray or PhysicalType.FixedLenByteArray;
        return encoding switch
        {
            PageEncoding.Plain => Plain(leaf, page),
            PageEncoding.PlainDictionary or PageEncoding.RleDictionary => new DictionaryValues(page, dictionary ?? throw page.Damaged("its values stand in a dictionary, and there is none")),
            PageEncoding.Rle when leaf.Type == PhysicalType.Boolean => new RunBooleans(page),
            PageEncoding.DeltaBinaryPacked when leaf.Type is PhysicalType.Int32 or PhysicalType.Int64 => new DeltaNumbers(page, leaf.Type == PhysicalType.Int32),
            PageEncoding.DeltaLengthByteArray when leaf.Type == PhysicalType.ByteArray => new DeltaLengthBytes(page),
            PageEncoding.DeltaByteArray when isBytes => new DeltaBytes(page, leaf.Length),
            PageEncoding.ByteStreamSplit when leaf.Type is not (PhysicalType.Boolean or PhysicalType.ByteArray or PhysicalType.Int96) => new SplitStreams(page, leaf),
            _ when Enum.IsDefined(encoding) => throw page.Damaged($"{leaf.Type} cannot be stored as {encoding}"),
            _ => throw ParquetFault.Unsupported($"Column '{leaf.Path}' is stored in encoding {(int)encoding}, which is not read.", "Write the file again with plain, dictionary or delta encodings."),
        };
    }

    private static PageValues Plain(LeafType leaf, PageBytes page) => leaf.Type switch
    {
        PhysicalType.Boolean => new PlainBooleans(page),
        PhysicalType.Int32 or PhysicalType.Float => new PlainWords(page),
        PhysicalType.Int64 or PhysicalType.Double => new PlainLongs(page),
        PhysicalType.ByteArray => new PlainBytes(page),
        _ => new PlainFixed(page, leaf.Length),
    };
}

internal sealed class PlainBooleans(PageBytes page) : PageValues
{
    private int _current, _bits;

    public override void Next(ref ParquetValue value)
    {
        if (_bits == 0)
            (_current, _bits) = (page.Bytes[page.Take(1)], 8);
        value.Number = _current & 1;
        _current >>= 1;
        _bits--;
    }
}

internal sealed class PlainWords(PageBytes page) : PageValues
{
    public override void Next(ref ParquetValue value) => value.Number = page.Int32();
}

internal sealed class PlainLongs(PageBytes page) : PageValues
{
    public override void Next(ref ParquetValue value) => value.Number = BinaryPrimitives.ReadInt64LittleEndian(page.Bytes.AsSpan(page.Take(8)));
}

internal sealed class PlainBytes(PageBytes page) : PageValues
{
    public override void Next(ref ParquetValue value)
    {
        var length = page.Int32();
        value.Bytes = page.Bytes.AsMemory(page.Take(length), length);
    }
}

internal sealed class PlainFixed(PageBytes page, int length) : PageValues
{
    public override void Next(ref ParquetValue value) => value.Bytes = page.Bytes.AsMemory(page.Take(length), length);
}

/// <summary>Booleans as runs, four bytes of length in front.</summary>
internal sealed class RunBooleans(PageBytes page) : PageValues
{
    private readonly HybridRuns _runs = new(page.Part(page.Int32()), 1);

    public override void Next(ref ParquetValue value) => value.Number = _runs.Next();
}

/// <summary>Indices into the chunk's dictionary, their width in front.</summary>
internal sealed class DictionaryValues : PageValues
{
    private readonly PageBytes _page;
    private readonly ParquetValue[] _dictionary;
    private readonly HybridRuns _indices;

    public DictionaryValues(PageBytes page, ParquetValue[] dictionary)
    {
        // A page of nulls alone may have no bytes at all.
        var width = page.Left == 0 ? 0 : page.Bytes[page.Take(1)];
        if (width > 32)
            throw page.Damaged($"indices would have {width} bits");
        (_page, _dictionary, _indices) = (page, dictionary, new(page, width));
    }

    public override void Next(ref ParquetValue value)
    {
        var index = _indices.Next();
        if ((uint)index >= (uint)_dictionary.Length)
            throw _page.Damaged($"it names value {(uint)index} of a dictionary of {_dictionary.Length}");
        value = _dictionary[index];
    }
}

/// <summary>Values cut into their bytes: all first bytes, then all second ones.</summary>
internal sealed class SplitStreams : PageValues
{
    private readonly PageBytes _page;
    private readonly byte[] _value;
    private readonly bool _fixed;
    private readonly int _start, _count;
    private int _next;

    public SplitStreams(PageBytes page, LeafType leaf)
    {
        _value = new byte[leaf.Type switch { PhysicalType.Int32 or PhysicalType.Float => 4, PhysicalType.Int64 or PhysicalType.Double => 8, _ => leaf.Length }];
        if (page.Left % _value.Length != 0)
            throw page.Damaged($"{page.Left} bytes are no whole values of {_value.Length}");
        (_page, _fixed, _start, _count) = (page, leaf.Type == PhysicalType.FixedLenByteArray, page.Position, page.Left / _value.Length);
    }

    public override void Next(ref ParquetValue value)
    {
        if (_next == _count)
            throw _page.Damaged($"it has {_count} values, and more are asked for");
        for (var i = 0; i < _value.Length; i++)
            _value[i] = _page.Bytes[_start + i * _count + _next];
        _next++;
        if (_fixed)
            value.Bytes = _value;
        else
            value.Number = _value.Length == 4 ? BinaryPrimitives.ReadInt32LittleEndian(_value) : BinaryPrimitives.ReadInt64LittleEndian(_value);
    }
}
