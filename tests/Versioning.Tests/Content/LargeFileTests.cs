using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Tests;

/// <summary>Files of many chunks: how they get into packs and out of them, past the system's cache and through it.</summary>
public sealed class LargeFileTests : IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private readonly TempFolder _folder = new();
    private readonly PackFolder _store;

    public LargeFileTests() => _store = new(_folder.Of("objects"), TimeProvider.System);

    public void Dispose()
    {
        _store.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData(4 << 20)]
    [InlineData((6 << 20) + 1)]
    [InlineData((13 << 20) - 4095)]
    public async Task A_large_file_comes_out_byte_for_byte_whatever_it_is_cut_along(int size)
    {
        var noise = Noise(size, 1);
        noise.AsSpan(size / 2, size / 8).Clear();
        var tensors = Samples.Safetensors(("a", "BF16", [size / 6 * 2 / 2], noise[..(size / 6 * 2)]), ("b", "U8", [size / 2], noise[^(size / 2)..]), ("c", "U8", [5], [1, 2, 3, 4, 5]));
        foreach (var content in (byte[][])[noise, tensors])
        {
            var file = await AddAsync(content);
            Assert.Equal(content, await WrittenAsync(file));
            // The second time the pack is another reader's, too, and may be in the system's cache.
            Assert.Equal(file.Id, await Digest.OfAsync(await _store.OpenFileAsync(file.Id, 0, null, Ct), Ct));
            Assert.Equal(content, await WrittenAsync(file));
        }
    }

    [Fact]
    public async Task An_altered_byte_of_a_large_file_is_told_and_not_written()
    {
        var file = await AddAsync(Noise(9 << 20, 2));
        var pack = Directory.GetFiles(_folder.Of("objects", "packs")).Single();
        var bytes = await File.ReadAllBytesAsync(pack);
        bytes[5 << 20] ^= 1;
        await File.WriteAllBytesAsync(pack, bytes);
        Assert.Equal("object_corrupt", (await Assert.ThrowsAsync<TemperException>(() => WrittenAsync(file))).Code);
    }

    [Fact]
    public async Task Large_and_small_files_share_a_pack()
    {
        var contents = new List<byte[]>();
        for (var round = 0; round < 3; round++)
        {
            contents.Add(Noise((7 << 20) + 11 * round, 10 + round));
            contents.AddRange(Enumerable.Range(0, 4000).Select(i => Noise(900, 1000 * (round + 1) + i)));
        }
        await using var batch = _store.BeginBatch();
        var files = new List<StoredFile>();
        foreach (var content in contents)
            files.Add(await batch.AddFileAsync(new MemoryStream(content), new(), Ct));
        await batch.StoreAsync(Ct);
        var pack = Directory.GetFiles(_folder.Of("objects", "packs")).Single();
        Assert.Empty(PackCheck.Run(_store, Digest.Parse(Path.GetFileName(pack)[2..^5]), Ct));
        foreach (var i in (int[])[0, 1, 4000, 4001, 4002, 8002, 8003, contents.Count - 1])
            Assert.Equal(contents[i], await WrittenAsync(files[i]));
    }

    [Fact]
    public async Task A_large_file_that_is_not_there_is_missing()
    {
        var error = await Assert.ThrowsAsync<TemperException>(() => WrittenAsync(new(Digest.OfText("nothing"), 1 << 30)));
        Assert.Equal("object_missing", error.Code);
    }

    private static byte[] Noise(int size, int seed)
    {
        var bytes = new byte[size];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    private async Task<StoredFile> AddAsync(byte[] content)
    {
        await using var batch = _store.BeginBatch();
        var file = await batch.AddFileAsync(new MemoryStream(content), new(), Ct);
        await batch.StoreAsync(Ct);
        return file;
    }

    private async Task<byte[]> WrittenAsync(StoredFile file)
    {
        var path = _folder.Of("out");
        using (var to = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.None))
            await _store.WriteFileAsync(file.Id, to, Ct);
        return await File.ReadAllBytesAsync(path);
    }
}
