using System.Text;
using static Temper.Ingest.Tests.ParquetReading;

namespace Temper.Ingest.Tests;

/// <summary>Files made by hand whose claims are wrong, one at a time.</summary>
[Collection("alone")]
public sealed class HostileParquetTests
{
    private static readonly string[] Three = ["""{"a":10}""", """{"a":20}""", """{"a":30}"""];

    [Fact]
    public async Task The_file_made_by_hand_is_sound_as_long_as_nothing_is_changed()
    {
        Assert.Equal(Three, await RowsAsync(new ParquetBytes().Build()));
        Assert.Equal(Three, await RowsAsync(new ParquetBytes { Crc = true }.Build()));
        Assert.Equal(Three, await RowsAsync(new ParquetBytes { Encoding = (int)PageEncoding.RleDictionary, Dictionary = ParquetBytes.Ints(30, 20, 10), DictionaryValues = 3, Page = [2, 3, 0b000110, 0] }.Build()));
    }

    [Fact]
    public async Task A_file_cut_anywhere_is_refused()
    {
        var whole = BytesOf("chat-duckdb-snappy.parquet");
        foreach (var kept in (int[])[0, 3, 4, 11, 12, 100, whole.Length / 2, whole.Length - 9, whole.Length - 8, whole.Length - 5, whole.Length - 1])
            Assert.Contains((await FaultAsync(whole[..kept])).Code, (string[])["FILE_TRUNCATED", "FILE_CORRUPT"]);
    }

    [Fact]
    public async Task A_footer_that_claims_more_than_the_file_is_refused()
    {
        var file = new ParquetBytes().Build();
        BitConverter.TryWriteBytes(file.AsSpan(file.Length - 8), file.Length);
        Assert.Contains("The footer", (await FaultAsync(file)).Message);
        BitConverter.TryWriteBytes(file.AsSpan(file.Length - 8), uint.MaxValue);
        Assert.Equal("FILE_CORRUPT", (await FaultAsync(file)).Code);
    }

    [Fact]
    public async Task An_encrypted_file_is_named_as_one()
    {
        var file = new ParquetBytes().Build();
        "PARE"u8.CopyTo(file.AsSpan(file.Length - 4));
        Assert.Contains("encrypted", (await FaultAsync(file)).Message);
    }

    [Fact]
    public async Task A_schema_or_list_without_end_is_refused_before_memory_is_taken()
    {
        var before = GC.GetTotalAllocatedBytes();
        byte[] lists = [.. new ThriftBytes().Int(1, 2).Raw(0x19, 0xFC).Raw(ThriftBytes.Varint(uint.MaxValue)).Struct];
        Assert.Equal("FILE_CORRUPT", (await FaultAsync(ParquetBytes.File([], lists))).Code);
        var many = new ThriftBytes().Structs(2, Enumerable.Range(0, 20_000).Select(_ => ParquetBytes.Leaf("a", PhysicalType.Int32)));
        Assert.Equal("FILE_TOO_LARGE", (await FaultAsync(ParquetBytes.File([], many.Struct))).Code);
        var deep = new ParquetBytes { Schema = [.. Enumerable.Range(0, 200).Select(i => ParquetBytes.Group($"g{i}", 1)), ParquetBytes.Leaf("a", PhysicalType.Int32)] };
        Assert.Equal("FILE_TOO_LARGE", (await FaultAsync(deep.Build())).Code);
        byte[] nested = [.. Enumerable.Repeat((byte)0x1C, 100_000)];
        Assert.Equal("FILE_CORRUPT", (await FaultAsync(ParquetBytes.File([], nested))).Code);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 64 << 20);
    }

    [Theory]
    [InlineData(long.MaxValue, 3)]
    [InlineData(-1, 3)]
    [InlineData(4, 3)]
    [InlineData(3, 4)]
    [InlineData(3, 2)]
    [InlineData(3, int.MaxValue)]
    public async Task A_row_group_whose_counts_disagree_is_refused(long rows, int values) =>
        Assert.Equal("FILE_CORRUPT", (await FaultAsync(new ParquetBytes { Rows = rows, Values = values, PageValues = 3 }.Build())).Code);

    [Theory]
    [InlineData(1 << 30, null, null, null)]
    [InlineData(null, 1 << 30, null, null)]
    [InlineData(-1, null, null, null)]
    [InlineData(null, -1, null, null)]
    [InlineData(4000, null, null, null)]
    [InlineData(null, 4000, null, null)]
    [InlineData(null, 8, null, null)]
    [InlineData(8, null, null, null)]
    [InlineData(null, null, long.MaxValue, null)]
    [InlineData(null, null, null, long.MaxValue)]
    [InlineData(null, null, 5L, null)]
    [InlineData(null, null, null, -7L)]
    public async Task Sizes_that_no_file_has_are_refused_before_memory_is_taken(int? packed, int? unpacked, long? chunk, long? start)
    {
        var file = new ParquetBytes { PackedSize = packed, UnpackedSize = unpacked, ChunkBytes = chunk, ChunkStart = start }.Build();
        var before = GC.GetTotalAllocatedBytes();
        Assert.Contains((await FaultAsync(file)).Code, (string[])["FILE_CORRUPT", "FILE_TOO_LARGE"]);
        Assert.InRange(GC.GetTotalAllocatedBytes() - before, 0, 8 << 20);
    }

    [Fact]
    public async Task A_page_over_the_limit_is_too_large_and_says_how_large_it_may_be()
    {
        var fault = await FaultAsync(new ParquetBytes().Build(), limits: ParquetLimits.Default with { PageBytes = 11 });
        Assert.Equal("FILE_TOO_LARGE", fault.Code);
        Assert.Contains("a page has 12 bytes; at most 11", fault.Message);
        Assert.Equal("FILE_TOO_LARGE", (await FaultAsync(new ParquetBytes().Build(), limits: ParquetLimits.Default with { HeldBytes = 11 })).Code);
    }

    [Fact]
    public async Task A_row_group_of_two_billion_rows_in_a_hundred_bytes_is_not_written_out()
    {
        // One run of the same index: what a column of one value looks like, too.
        var bomb = new ParquetBytes
        {
            Encoding = (int)PageEncoding.RleDictionary,
            Dictionary = ParquetBytes.Ints(7),
            DictionaryValues = 1,
            Rows = int.MaxValue,
            Values = int.MaxValue,
            Page = [1, .. ThriftBytes.Varint((ulong)int.MaxValue << 1), 0],
        };
        var fault = await FaultAsync(bomb.Build(), limits: ParquetLimits.Default with { RatioFrom = 8 << 20 });
        Assert.Equal("FILE_RATIO", fault.Code);
    }

    [Theory]
    [InlineData(null, "is Int32 in the schema", (int)PhysicalType.Int64)]
    [InlineData(0, "said to be string, which cannot be stored as Int32", null)]
    [InlineData(10, "cannot be stored as Int32", null)]
    public async Task A_column_of_another_type_than_it_says_is_refused(int? converted, string why, int? chunkType)
    {
        var fault = await FaultAsync(new ParquetBytes { Converted = converted, ChunkType = chunkType }.Build());
        Assert.Equal("FILE_CORRUPT", fault.Code);
        Assert.Contains(why, fault.Message);
    }

    [Theory]
    [InlineData((int)PageEncoding.DeltaByteArray)]
    [InlineData((int)PageEncoding.DeltaLengthByteArray)]
    [InlineData((int)PageEncoding.RleDictionary)]
    [InlineData((int)PageEncoding.Rle)]
    [InlineData((int)PageEncoding.BitPacked)]
    public async Task An_encoding_that_the_column_cannot_have_is_refused(int encoding) =>
        Assert.Equal("FILE_CORRUPT", (await FaultAsync(new ParquetBytes { Encoding = encoding }.Build())).Code);

    [Fact]
    public async Task An_encoding_of_the_future_is_not_supported() =>
        Assert.Equal("FILE_UNSUPPORTED", (await FaultAsync(new ParquetBytes { Encoding = 42 }.Build())).Code);

    [Fact]
    public async Task A_page_whose_check_sum_is_wrong_is_refused() =>
        Assert.Contains("CRC-32", (await FaultAsync(new ParquetBytes { Crc = true, CrcError = 1 }.Build())).Message);

    [Fact]
    public async Task A_page_with_fewer_values_than_it_says_is_refused() =>
        Assert.Equal("FILE_CORRUPT", (await FaultAsync(new ParquetBytes { Page = ParquetBytes.Ints(1, 2) }.Build())).Code);

    [Fact]
    public async Task An_index_beyond_the_dictionary_is_refused() =>
        Assert.Contains("of a dictionary of 1", (await FaultAsync(new ParquetBytes { Encoding = (int)PageEncoding.RleDictionary, Dictionary = ParquetBytes.Ints(7), DictionaryValues = 1, Page = [1, 6, 1] }.Build())).Message);

    [Fact]
    public async Task Levels_of_long_ago_and_timestamps_of_twelve_bytes_are_read()
    {
        var old = new ParquetBytes { Repetition = Repetition.Optional, LevelEncoding = (int)PageEncoding.BitPacked, Page = [0b10100000, .. ParquetBytes.Ints(10, 30)] };
        Assert.Equal(["""{"a":10}""", """{"a":null}""", """{"a":30}"""], await RowsAsync(old.Build()));
        byte[] noon = [.. BitConverter.GetBytes(43_200_000_000_001L), .. BitConverter.GetBytes(2_440_588 + 19_782)];
        var stamps = new ParquetBytes { Type = (int)PhysicalType.Int96, Page = noon, Rows = 1, Values = 1 };
        Assert.Equal(["""{"a":"2024-02-29T12:00:00.000000001Z"}"""], await RowsAsync(stamps.Build()));
    }

    [Fact]
    public async Task Lists_as_older_writers_stored_them_are_lists()
    {
        // Repetition and definition levels of [[1, 2], [3]] where the repeated node is the element itself: 2 levels each, then three values.
        byte[] page = [2, 0, 0, 0, 3, 0b010, 2, 0, 0, 0, 3, 0b111, .. ParquetBytes.Ints(1, 2, 3)];
        ThriftBytes[][] schemas =
        [
            [ParquetBytes.Group("root", 1), ParquetBytes.Leaf("a", PhysicalType.Int32, Repetition.Repeated)],
            [ParquetBytes.Group("root", 1), ParquetBytes.Group("a", 1, Repetition.Required, 3), ParquetBytes.Leaf("array", PhysicalType.Int32, Repetition.Repeated)],
            [ParquetBytes.Group("root", 1), ParquetBytes.Group("a", 1, Repetition.Required, 3), ParquetBytes.Group("list", 1, Repetition.Repeated), ParquetBytes.Leaf("element", PhysicalType.Int32)],
        ];
        foreach (var schema in schemas)
            Assert.Equal(["""{"a":[1,2]}""", """{"a":[3]}"""], await RowsAsync(new ParquetBytes { Schema = schema, Page = page, Rows = 2 }.Build()));
        ThriftBytes[] tuple = [ParquetBytes.Group("root", 1), ParquetBytes.Group("a", 1, Repetition.Required, 3), ParquetBytes.Group("a_tuple", 1, Repetition.Repeated), ParquetBytes.Leaf("x", PhysicalType.Int32)];
        Assert.Equal(["""{"a":[{"x":1},{"x":2}]}""", """{"a":[{"x":3}]}"""], await RowsAsync(new ParquetBytes { Schema = tuple, Page = page, Rows = 2 }.Build()));
    }

    [Fact]
    public async Task Two_columns_of_one_name_are_refused() =>
        Assert.Contains("two columns 'a'", (await FaultAsync(new ParquetBytes { Schema = [ParquetBytes.Group("root", 2), ParquetBytes.Leaf("a", PhysicalType.Int32), ParquetBytes.Leaf("a", PhysicalType.Int32)] }.Build())).Message);

    [Fact]
    public async Task Bytes_of_texts_stay_as_they_are_so_that_validation_finds_what_is_no_utf8()
    {
        var text = new ParquetBytes { Type = (int)PhysicalType.ByteArray, Converted = 0, Page = [2, 0, 0, 0, 0xC3, 0x28], Rows = 1, Values = 1 };
        var file = await ParquetFile.OpenAsync(RangeSource.OfBytes("a", text.Build()), default);
        var reader = file.Read(RowQuery.All);
        Assert.True(await reader.ReadAsync(default));
        Assert.Equal([.. """{"a":"""u8, (byte)'"', 0xC3, 0x28, (byte)'"', (byte)'}'], reader.Row.ToArray());
    }

    [Fact]
    public async Task A_json_column_cannot_reach_out_of_its_value()
    {
        var json = Encoding.UTF8.GetBytes("""1,"b":2""");
        var text = new ParquetBytes { Type = (int)PhysicalType.ByteArray, Converted = 19, Page = [(byte)json.Length, 0, 0, 0, .. json], Rows = 1, Values = 1 };
        Assert.Equal(["""{"a":"1,\"b\":2"}"""], await RowsAsync(text.Build()));
    }

    [Fact]
    public async Task A_source_that_ends_before_its_length_is_truncated()
    {
        var bytes = new ParquetBytes().Build();
        var source = new RangeSource("short", bytes.Length, (offset, length, _) => Task.FromResult<Stream>(new MemoryStream(bytes, (int)offset, (int)Math.Max(0, length - 1))));
        Assert.Equal("FILE_TRUNCATED", (await Assert.ThrowsAsync<Core.Errors.TemperException>(() => RowsAsync(source))).Code);
    }
}
