using System.IO.Hashing;

namespace Temper.Ingest;

/// <summary>Values of a column that came in one page.</summary>
/// <param name="Repetitions">Levels.</param>
/// <param name="Definitions">Levels.</param>
/// <param name="Values">Those that are not null.</param>
/// <param name="Count">Values, nulls included.</param>
/// <param name="RowStarts">Values that begin a row.</param>
/// <param name="Buffer">What holds the page; used again when the page was read.</param>
internal sealed record DataPage(IntRuns Repetitions, IntRuns Definitions, PageValues Values, int Count, int RowStarts, byte[] Buffer);

/// <summary>The pages of one column chunk, one after another: bounded, verified by CRC where there is one, unpacked.</summary>
internal sealed class ChunkPages
{
    private readonly LeafType _leaf;
    private readonly ColumnChunk _chunk;
    private readonly ParquetLimits _limits;
    private readonly ChunkBytes _bytes;
    private readonly HeldBytes _held;
    private readonly string _where;
    private ParquetValue[]? _dictionary;
    private byte[] _packed = [];
    private byte[]? _spare;
    private long _values;
    private int _dictionaryBytes;

    public ChunkPages(RangeSource source, LeafType leaf, ColumnChunk chunk, HeldBytes held, ParquetLimits limits)
    {
        PageCodecs.Check(chunk.Codec, leaf.Path);
        (_leaf, _chunk, _limits, _held) = (leaf, chunk, limits, held);
        (_where, _bytes) = ($"Column '{leaf.Path}' of '{source.Name}'", new(source, chunk, leaf.Path, limits));
    }

    /// <summary>The next page that has values; null when the chunk has ended.</summary>
    public async ValueTask<DataPage?> NextAsync(CancellationToken ct)
    {
        while (_values < _chunk.Values)
        {
            if (_bytes.AtEnd)
                throw ParquetFault.Corrupt($"{_where}: its pages have {_values} values; the footer says {_chunk.Values}.");
            var header = await _bytes.HeaderAsync(ct).ConfigureAwait(false);
            Check(header);
            if (header.Kind is not ((int)PageKind.Data or (int)PageKind.DataV2 or (int)PageKind.Dictionary))
            {
                await BodyAsync(header, ct).ConfigureAwait(false);
                continue;
            }
            var buffer = await UnpackAsync(header, ct).ConfigureAwait(false);
            if (header.Kind == (int)PageKind.Dictionary)
            {
                KeepDictionary(header, buffer);
                continue;
            }
            if (header.Values > _chunk.Values - _values)
                throw ParquetFault.Corrupt($"{_where}: its pages have more than the {_chunk.Values} values that the footer says.");
            _values += header.Values;
            if (header.Values > 0)
                return Split(header, buffer);
            GiveBack(buffer);
        }
        return null;
    }

    /// <summary>Takes back the buffer of a page that was read.</summary>
    public void GiveBack(byte[] buffer)
    {
        _held.Give(buffer.Length);
        _spare = buffer;
    }

    /// <summary>Lets go of everything.</summary>
    public void Close()
    {
        _held.Give(_dictionaryBytes);
        (_dictionary, _dictionaryBytes, _spare, _packed) = (null, 0, null, []);
    }

    private void Check(in PageHeader header)
    {
        if (header.Packed < 0 || header.Unpacked < 0 || header.Kind < 0)
            throw ParquetFault.Corrupt($"{_where}: a page's header lacks its sizes.");
        if (header.Packed > _limits.PageBytes || header.Unpacked > _limits.PageBytes)
            throw ParquetFault.TooLarge($"{_where}: a page has {Math.Max(header.Packed, header.Unpacked)} bytes; at most {_limits.PageBytes} are read.");
        if (header.Packed > _bytes.Left)
            throw ParquetFault.Corrupt($"{_where}: a page of {header.Packed} bytes goes beyond its column's end.");
        if (header.Kind is (int)PageKind.Data or (int)PageKind.DataV2 or (int)PageKind.Dictionary && header.Values < 0)
            throw ParquetFault.Corrupt($"{_where}: a page does not say how many values it has.");
        var levels = header.Kind == (int)PageKind.DataV2 ? header.DefinitionBytes + (long)header.RepetitionBytes : 0;
        if (header.DefinitionBytes < 0 || header.RepetitionBytes < 0 || levels > Math.Min(header.Packed, header.Unpacked)
            || !PageCodecs.CanBe(header.Compressed ? _chunk.Codec : (int)PageCodec.Uncompressed, header.Packed, header.Unpacked))
            throw ParquetFault.Corrupt($"{_where}: {header.Packed} bytes of a page cannot unpack to {header.Unpacked}.");
    }

    /// <summary>A page's bytes as the file has them.</summary>
    private async ValueTask<Memory<byte>> BodyAsync(PageHeader header, CancellationToken ct)
    {
        if (_packed.Length < header.Packed)
            _packed = new byte[header.Packed];
        var packed = _packed.AsMemory(0, header.Packed);
        await _bytes.TakeAsync(packed, ct).ConfigureAwait(false);
        if (header.Crc is { } crc && Crc32.HashToUInt32(packed.Span) != crc)
            throw ParquetFault.Corrupt($"{_where}: a page does not have the CRC-32 that its header states.");
        return packed;
    }

    private async ValueTask<byte[]> UnpackAsync(PageHeader header, CancellationToken ct)
    {
        var packed = await BodyAsync(header, ct).ConfigureAwait(false);
        // Spare buffers are used again only where they fit well, so that what is held is what is counted.
        var buffer = _spare is { } spare && spare.Length >= header.Unpacked && spare.Length / 2 <= header.Unpacked ? spare : null;
        _spare = null;
        _held.Take(buffer?.Length ?? header.Unpacked);
        buffer ??= new byte[header.Unpacked];
        var target = buffer.AsMemory(0, header.Unpacked);
        if (header.Kind == (int)PageKind.DataV2)
        {
            var levels = header.DefinitionBytes + header.RepetitionBytes;
            packed[..levels].CopyTo(target);
            (packed, target) = (packed[levels..], target[levels..]);
        }
        if ((target.Length > 0 || packed.Length > 0) && !PageCodecs.TryUnpack(header.Compressed ? _chunk.Codec : (int)PageCodec.Uncompressed, packed, target.Span))
            throw ParquetFault.Corrupt($"{_where}: a page does not unpack ({PageCodecs.Name(_chunk.Codec)}) to the {header.Unpacked} bytes that its header states.");
        return buffer;
    }

    private void KeepDictionary(in PageHeader header, byte[] buffer)
    {
        if (_dictionary is not null || _values > 0)
            throw ParquetFault.Corrupt($"{_where}: it has a second dictionary.");
        if (header.Values > _limits.DictionaryValues)
            throw ParquetFault.TooLarge($"{_where}: its dictionary has {header.Values} values; at most {_limits.DictionaryValues} are read.");
        if (header.Encoding is not (PageEncoding.Plain or PageEncoding.PlainDictionary))
            throw ParquetFault.Corrupt($"{_where}: its dictionary is stored in encoding {(int)header.Encoding}.");
        var page = new PageBytes(buffer, 0, header.Unpacked, _leaf.Path);
        if (header.Values > header.Unpacked * (_leaf.Type == PhysicalType.Boolean ? 8L : 1))
            throw page.Damaged($"{header.Values} values of a dictionary do not fit {header.Unpacked} bytes");
        _dictionaryBytes = buffer.Length;
        _dictionary = new ParquetValue[header.Values];
        var values = PageValues.Of(PageEncoding.Plain, _leaf, page, null);
        for (var i = 0; i < _dictionary.Length; i++)
            values.Next(ref _dictionary[i]);
    }

    private DataPage Split(in PageHeader header, byte[] buffer)
    {
        var page = new PageBytes(buffer, 0, header.Unpacked, _leaf.Path);
        var isV2 = header.Kind == (int)PageKind.DataV2;
        var repetitions = Levels(header.Repetitions, _leaf.MaxRepetition, isV2 ? header.RepetitionBytes : -1, page, header.Values);
        var definitions = Levels(header.Definitions, _leaf.MaxDefinition, isV2 ? header.DefinitionBytes : -1, page, header.Values);
        var rowStarts = header.Values;
        if (repetitions is not null)
        {
            var counted = IntRuns.Levels(isV2 ? PageEncoding.Rle : header.Repetitions, repetitions.Rest(), _leaf.MaxRepetition);
            for (var i = 0; i < header.Values; i++)
                rowStarts -= counted.Next() == 0 ? 0 : 1;
        }
        return new(
            repetitions is null ? ZeroRuns.Instance : IntRuns.Levels(isV2 ? PageEncoding.Rle : header.Repetitions, repetitions, _leaf.MaxRepetition),
            definitions is null ? ZeroRuns.Instance : IntRuns.Levels(isV2 ? PageEncoding.Rle : header.Definitions, definitions, _leaf.MaxDefinition),
            PageValues.Of(header.Encoding, _leaf, page.Rest(), _dictionary), header.Values, rowStarts, buffer);
    }

    /// <summary>Where levels stand; null when there can be only one.</summary>
    private static PageBytes? Levels(PageEncoding encoding, int highest, int bytes, PageBytes page, int values)
    {
        // Version 2 states their size, whether they are needed or not.
        var stated = bytes >= 0 ? page.Part(bytes) : null;
        if (highest == 0 || stated is not null)
            return highest == 0 ? null : stated;
        return encoding switch
        {
            PageEncoding.Rle => page.Part(page.Int32()),
            PageEncoding.BitPacked => page.Part(((long)values * IntRuns.Width(highest) + 7) / 8),
            _ => throw page.Damaged($"levels cannot be stored in encoding {(int)encoding}"),
        };
    }
}
