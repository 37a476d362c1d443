using System.Buffers.Binary;
using Temper.Core.Ids;
using Temper.Versioning.Chunks;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tests;

/// <summary>How much of a second version is new, by what was edited: shares of the whole file.</summary>
public sealed class ChunkingTests
{
    private static readonly Lazy<(byte[] File, HashSet<Digest> Chunks)> First = new(() =>
    {
        var file = SampleModel.Llama().Bytes();
        return (file, [.. CutAsync(file).GetAwaiter().GetResult().Chunks.Select(c => c.Id)]);
    });

    [Fact]
    public async Task Whole_tensors_that_change_cost_their_bytes() => await CostsAsync(model =>
    {
        Change(model.Tensors[4].Data, 0, 1 << 30);
        Change(model.Tensors[21].Data, 0, 1 << 30);
        Change(model.Tensors[50].Data, 0, 1 << 30);
        return model.Tensors[4].Data.Length + model.Tensors[21].Data.Length + model.Tensors[50].Data.Length;
    }, slack: 0.0001);

    [Fact]
    public async Task A_header_that_grows_costs_the_header() => await CostsAsync(model =>
    {
        model.Metadata = new('m', 123);
        return 0;
    }, slack: 0.001);

    [Fact]
    public async Task Tensors_in_another_order_cost_next_to_nothing() => await CostsAsync(model =>
    {
        model.Tensors.Sort((a, b) => string.CompareOrdinal(a.Name, b.Name));
        return 0;
    }, slack: 0.001);

    [Fact]
    public async Task Changed_tensors_under_a_longer_header_cost_their_bytes() => await CostsAsync(model =>
    {
        model.Metadata = new('m', 123);
        Change(model.Tensors[4].Data, 0, 1 << 30);
        Change(model.Tensors[30].Data, 0, 1 << 30);
        return model.Tensors[4].Data.Length + model.Tensors[30].Data.Length;
    }, slack: 0.001);

    [Fact]
    public async Task A_row_in_a_tensor_costs_the_half_mebibyte_around_it() => await CostsAsync(model =>
    {
        Change(model.Tensors[0].Data, 1_500_000, 1024);
        return 512 << 10;
    }, slack: 0);

    [Fact]
    public async Task A_new_tensor_in_the_middle_costs_itself() => await CostsAsync(model =>
    {
        var data = new byte[64 << 10];
        Change(data, 0, data.Length);
        model.Tensors.Insert(20, ("model.extra", "BF16", [32, 1024], data));
        return data.Length;
    }, slack: 0.001);

    [Fact]
    public async Task More_rows_at_the_end_of_a_tensor_cost_the_chunk_that_they_fill() => await CostsAsync(model =>
    {
        var (name, type, shape, data) = model.Tensors[0];
        var longer = new byte[data.Length + (64 << 10)];
        Change(longer, data.Length, 64 << 10);
        data.CopyTo(longer, 0);
        model.Tensors[0] = (name, type, [shape[0] + 64, shape[1]], longer);
        return 64 << 10;
    }, slack: 0.001);

    [Fact]
    public async Task Every_weight_that_changes_costs_everything() => await CostsAsync(model =>
    {
        model.Tensors.ForEach(t => Change(t.Data, 0, t.Data.Length));
        return First.Value.File.Length;
    }, slack: 0);

    [Fact]
    public async Task The_chunks_of_a_model_are_its_tensors()
    {
        var model = SampleModel.Llama(2);
        var file = model.Bytes();
        var recipe = await CutAsync(file);
        Assert.Equal("tensors-512k-1", recipe.Chunker);
        Assert.Equal(8 + BinaryPrimitives.ReadInt64LittleEndian(file), recipe.Chunks[0].Length);
        // The embedding, then two norms of one layer in one chunk, then a matrix.
        Assert.Equal([.. Enumerable.Repeat(512 << 10, 8), 1024, 256 << 10], recipe.Chunks.Skip(1).Take(10).Select(c => c.Length));
        Assert.All(recipe.Chunks, c => Assert.InRange(c.Length, 1, 512 << 10));
    }

    [Theory]
    [InlineData("a tensor reaches past the end")]
    [InlineData("bytes follow the last tensor")]
    [InlineData("the header is cut off")]
    [InlineData("the header is not JSON")]
    [InlineData("the header says that it is huge")]
    public async Task What_is_not_quite_a_model_is_cut_by_its_content(string fault)
    {
        var file = SampleModel.Llama(1).Bytes();
        file = fault switch
        {
            "a tensor reaches past the end" => file[..^1],
            "bytes follow the last tensor" => [.. file, 0],
            "the header is cut off" => file[..2000],
            "the header is not JSON" => Altered(file, 9, (byte)'}'),
            _ => Altered(file, 5, 1),
        };
        var recipe = await CutAsync(file);
        Assert.Equal(file.Length <= 512 << 10 ? "whole-1" : "gear-64k-1", recipe.Chunker);
        Assert.Equal(file.Length, recipe.Size);
        Assert.Equal(Digest.Of(file), recipe.File);
    }

    [Fact]
    public async Task Bytes_put_into_other_files_move_only_the_cuts_beside_them()
    {
        var file = new byte[8 << 20];
        new Random(1).NextBytes(file);
        var before = (await CutAsync(file)).Chunks;
        byte[] edited = [.. file[..3_000_000], .. "some bytes more"u8, .. file[3_000_000..]];
        var recipe = await CutAsync(edited);
        Assert.Equal("gear-64k-1", recipe.Chunker);
        Assert.All(recipe.Chunks.SkipLast(1), c => Assert.InRange(c.Length, 8 << 10, 128 << 10));
        Assert.InRange(recipe.Chunks.Average(c => c.Length), 48 << 10, 80 << 10);
        Assert.InRange(recipe.Chunks.ExceptBy(before.Select(c => c.Id), c => c.Id).Sum(c => c.Length), 1, 400 << 10);
    }

    [Fact]
    public void The_cuts_of_version_1_stay_where_they_are()
    {
        var file = new byte[300_000];
        for (var (i, x) = (0, 1u); i < file.Length; i++, x = x * 1_664_525 + 1_013_904_223)
            file[i] = (byte)(x >> 24);
        var lengths = new List<int>();
        for (var at = 0; at < file.Length; at += lengths[^1])
            lengths.Add(new GearCutter().Next(file.AsSpan(at)));
        Assert.Equal("40161 13049 44930 36328 38337 51033 10605 65557", string.Join(' ', lengths));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(700_001)]
    public async Task A_stream_that_hands_out_little_at_a_time_is_cut_the_same(int seed)
    {
        var file = SampleModel.Llama(1).Bytes();
        using var trickle = new TrickleStream(file, seed);
        var recipe = await FileCutting.CutAsync(trickle, new(Size: file.Length), _ => ValueTask.CompletedTask, default);
        Assert.Equal((await CutAsync(file)).Chunks, recipe.Chunks);
        // Without its size nobody knows whether the header covers it.
        using var again = new TrickleStream(file, seed);
        Assert.Equal("gear-64k-1", (await FileCutting.CutAsync(again, new(), _ => ValueTask.CompletedTask, default)).Chunker);
    }

    [Fact]
    public async Task A_file_that_shrinks_while_it_is_read_is_what_was_read()
    {
        var file = SampleModel.Llama(1).Bytes();
        foreach (var length in (int[])[file.Length - 5, 700_000])
        {
            var recipe = await FileCutting.CutAsync(new MemoryStream(file, 0, length), new(Size: file.Length), _ => ValueTask.CompletedTask, default);
            Assert.Equal((Digest.Of(file.AsSpan(0, length)), length), (recipe.File, recipe.Size));
        }
        byte[] longer = [.. file, .. new byte[1_000_000]];
        Assert.Equal(Digest.Of(longer), (await FileCutting.CutAsync(new MemoryStream(longer), new(Size: file.Length), _ => ValueTask.CompletedTask, default)).File);
    }

    private static async Task CostsAsync(Func<SampleModel, long> edit, double slack)
    {
        var model = SampleModel.Llama();
        var changed = edit(model);
        var file = model.Bytes();
        var recipe = await CutAsync(file);
        var added = recipe.Chunks.DistinctBy(c => c.Id).Where(c => !First.Value.Chunks.Contains(c.Id)).Sum(c => (long)c.Length);
        Assert.InRange(added, changed - (changed > 0 ? 1 << 20 : 0), changed + (long)(slack * file.Length) + 16);
    }

    private static async Task<Recipe> CutAsync(byte[] file) => await FileCutting.CutAsync(new MemoryStream(file), new(), _ => ValueTask.CompletedTask, default);

    private static void Change(byte[] data, int offset, int count)
    {
        for (var i = offset; i < Math.Min(data.Length, offset + (long)count); i++)
            data[i] += (byte)(1 + i * 31 % 251);
    }

    private static byte[] Altered(byte[] file, int at, byte value)
    {
        file[at] = value;
        return file;
    }
}
