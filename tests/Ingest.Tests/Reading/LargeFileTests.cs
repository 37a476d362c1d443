using System.Globalization;
using System.Text;
using Temper.Core.Files;

namespace Temper.Ingest.Tests;

/// <summary>Memory stays flat whatever a file holds. TEMPER_LARGE_MB says how large the files are; they are never written anywhere.</summary>
[Collection("alone")]
public sealed class LargeFileTests
{
    private static readonly long Bytes = (long.TryParse(Environment.GetEnvironmentVariable("TEMPER_LARGE_MB"), CultureInfo.InvariantCulture, out var megabytes) ? megabytes : 64) << 20;

    [Theory]
    [InlineData("a line", "a.jsonl", "", "x")]
    [InlineData("a line of brackets", "a.jsonl", "", "[")]
    [InlineData("a field", "a.csv", "a,b\n1,", "x")]
    [InlineData("a quoted field", "a.csv", "a,b\n1,\"", "\"\"\n")]
    [InlineData("an element", "a.json", "[{\"a\":\"", "x\\\"")]
    [InlineData("a scalar", "a.json", "[", "1")]
    [InlineData("a depth", "a.json", "[", "[")]
    [InlineData("a paragraph", "a.txt", "", "word\n")]
    [InlineData("white space", "a.txt", "", " ")]
    public async Task One_row_without_an_end_is_passed_over_in_flat_memory(string what, string path, string begin, string unit)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var rows = await CountAsync(path, Encoding.UTF8.GetBytes(begin), Encoding.UTF8.GetBytes(unit));
        // The limit's worth of buffer, doubled on its way up; nothing that grows with the file.
        Assert.True(GC.GetTotalAllocatedBytes(precise: true) - before < 80 << 20, what);
        Assert.InRange(rows, 0, 1);
    }

    [Theory]
    [InlineData("a.jsonl", "", "{\"text\":\"some words\"}\n")]
    [InlineData("a.json", "[{\"text\":\"first\"}", ",\n {\"text\":\"some words\"}")]
    [InlineData("a.csv", "text,b\n", "some words,\"and, more\"\r\n")]
    [InlineData("a.txt", "", "some\nwords\n\n")]
    public async Task Many_rows_need_no_more_memory_than_few(string path, string begin, string unit)
    {
        var before = GC.GetTotalAllocatedBytes(precise: true);
        var rows = await CountAsync(path, Encoding.UTF8.GetBytes(begin), Encoding.UTF8.GetBytes(unit));
        Assert.True(GC.GetTotalAllocatedBytes(precise: true) - before < 8 << 20);
        Assert.InRange(rows, (Bytes / unit.Length) - 2, (Bytes / unit.Length) + 2);
    }

    private static async Task<long> CountAsync(string path, byte[] begin, byte[] unit)
    {
        await using var data = new EndlessFile(begin, unit, Bytes);
        var config = new DatasetConfig();
        await using RowFeed feed = path switch
        {
            "a.csv" => await CsvFeed.OpenAsync(data, (byte)',', config, 0, 0, default),
            "a.txt" => TextFeed.Open(data, await data.OpenAsync(0, default), config, 0, 0),
            "a.json" => new JsonArrayFeed(data, await data.OpenAsync(0, default), config.MaxLineBytes, 0, 0),
            _ => new LineFeed(data, new LineReader(await data.OpenAsync(0, default), config.MaxLineBytes, 0, 0)),
        };
        var rows = 0L;
        do
        {
            while (feed.TryRead(out _))
                rows++;
        } while (await feed.FillAsync(default));
        return rows;
    }

    private sealed class EndlessFile(byte[] begin, byte[] unit, long length) : DataFile
    {
        public override Task<Stream> OpenAsync(long offset, CancellationToken ct) => Task.FromResult<Stream>(new EndlessStream(begin, unit, length));

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class EndlessStream(byte[] begin, byte[] unit, long length) : ForwardStream
    {
        private readonly byte[] _block = [.. Enumerable.Repeat(unit, Math.Max(1, 4096 / unit.Length)).SelectMany(u => u)];
        private long _at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var source = _at < begin.Length ? begin.AsMemory((int)_at) : _block.AsMemory((int)((_at - begin.Length) % _block.Length));
            var count = (int)Math.Min(Math.Min(buffer.Length, source.Length), length - _at);
            source[..count].CopyTo(buffer);
            _at += count;
            return new(count);
        }
    }
}
