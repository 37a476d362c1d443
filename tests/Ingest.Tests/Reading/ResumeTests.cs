using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Temper.Core.Files;

namespace Temper.Ingest.Tests;

/// <summary>A feed that is opened again behind any of its rows goes on as if it had never stopped.</summary>
public sealed class ResumeTests
{
    [Theory]
    [InlineData("a.jsonl", "\uFEFF{\"text\": \"a\"}\r\n\n \nbroken\n{\"text\":\"bé\"}\n{\"text\":\"cc")]
    [InlineData("a.jsonl.gz", "{\"text\": \"a\"}\r\n\n \nbroken\n{\"text\":\"bé\"}\n{\"text\":\"cc")]
    [InlineData("a.jsonl.zst", "{\"text\": \"a\"}\r\n\n \nbroken\n{\"text\":\"bé\"}\n{\"text\":\"cc")]
    [InlineData("a.json", " [\n{\"text\": \"a, ]\\\"\"} ,\n7,[[1],{\"a\":\"}\"}] , \"x\\\\\",{\n}\n]\n ")]
    [InlineData("a.json", "[{\"text\": \"a\"},{\"text\":\"b\"},]")]
    [InlineData("a.csv", "\uFEFFa,\"b\n\"\r\n1,2\r\n\r\n\"x\n\n\"\"y\",z\nragged\n\"bad\"x,3\n4,\"open\n5,6\n")]
    [InlineData("a.csv.gz", "a,b\r\n1,2\r\n\"x\n\n\"\"y\",z\n4,5")]
    [InlineData("a.tsv", "a\tb\n1\t2\n\n3\t4\n")]
    [InlineData("a.txt", "\uFEFF\n \none\r\ntwo\n  \n\nthree\n\t\nfour\nfive")]
    public async Task Cut_behind_any_row_the_rest_is_the_same(string path, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        await HoldsAsync(path, path.EndsWith(".gz", StringComparison.Ordinal) ? Uploads.Gzip(bytes) : path.EndsWith(".zst", StringComparison.Ordinal) ? Zstd.Store(bytes) : bytes);
    }

    [Fact]
    public void Whatever_bytes_a_file_has_cutting_it_anywhere_changes_nothing() => Prop.ForAll(
        Gen.Choose(0, 5).SelectMany(kind => Gen.ArrayOf(Gen.Elements("{\"text\":\"a\"}", "\n", "\r\n", ",", "\"", "\"\"", "[", "]", "{", "}", " ", "x", "é", "\\", "\t", "\n\n", "\0", "a,b\n")).Select(parts => (kind, parts))).ToArbitrary(),
        sample => HoldsAsync(Names[sample.kind], Encoding.UTF8.GetBytes((sample.kind == 1 ? "[" : sample.kind == 2 ? "a,b\n" : "") + string.Concat(sample.parts))).GetAwaiter().GetResult())
        .Check(Config.QuickThrowOnFailure.WithMaxTest(150));

    [Fact]
    public async Task Rows_are_the_same_however_small_the_pieces_in_which_the_bytes_arrive()
    {
        foreach (var (path, text) in Samples)
        {
            var whole = await PiecesAsync(path, text, int.MaxValue);
            Assert.NotEmpty(whole);
            foreach (var piece in (int[])[1, 2, 3, 7])
                Assert.Equal(whole, await PiecesAsync(path, text, piece));
        }
    }

    private static readonly string[] Names = ["a.jsonl", "a.json", "a.csv", "a.tsv", "a.txt", "a.md"];

    private static readonly (string Path, string Text)[] Samples =
    [
        ("a.json", $"[{{\"text\": \"é, ]\\\"\"}} ,\n7,{{\"long\":\"{new string('é', 100)}\"}},\"x\\\\\"]"),
        ("a.csv", $"a,\"b\"\r\n1,\"2\r\n\"\"\"\r\n\r\n\"{new string('x', 90)}\n\",z\r\nlast,\""),
        ("a.txt", $"\r\n \r\none\r\ntwo\r\n \t\r\n{new string('é', 90)}\r\n\r\nlast"),
    ];

    private static async Task<List<FeedRow>> PiecesAsync(string path, string text, int piece)
    {
        var data = new PieceFile(Encoding.UTF8.GetBytes(text), piece);
        var config = new DatasetConfig { MaxLineBytes = 64 };
        await using RowFeed feed = path switch
        {
            "a.csv" => await CsvFeed.OpenAsync(data, (byte)',', config, 0, 0, default),
            "a.txt" => TextFeed.Open(data, await data.OpenAsync(0, default), config, 0, 0),
            _ => new JsonArrayFeed(data, await data.OpenAsync(0, default), 64, 0, 0),
        };
        var rows = new List<FeedRow>();
        do
        {
            while (feed.TryRead(out var row))
                rows.Add(FeedRow.Of(row, feed));
        } while (await feed.FillAsync(default));
        return rows;
    }

    private static async Task HoldsAsync(string path, byte[] bytes)
    {
        using var feeds = new Feeds();
        var file = await feeds.PutAsync(path, bytes);
        var config = new DatasetConfig { MaxLineBytes = 64 };
        var whole = await feeds.ReadAsync(file, config);
        for (var cut = 0; cut < whole.Rows.Count; cut++)
        {
            var rest = await feeds.ReadAsync(file, config, whole.Rows[cut].Next.Offset, whole.Rows[cut].Next.Rows);
            Assert.Equal(whole.Rows.Skip(cut + 1), rest.Rows);
            Assert.Equal(whole.Fault, rest.Fault);
        }
    }

    /// <summary>A file whose stream gives a few bytes at a time.</summary>
    private sealed class PieceFile(byte[] bytes, int piece) : DataFile
    {
        public override Task<Stream> OpenAsync(long offset, CancellationToken ct) => Task.FromResult<Stream>(new Pieces(bytes, (int)offset, piece));

        public override ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }

    private sealed class Pieces(byte[] bytes, int at, int piece) : ForwardStream
    {
        private int _at = at;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var count = Math.Min(Math.Min(buffer.Length, piece), bytes.Length - _at);
            bytes.AsMemory(_at, count).CopyTo(buffer);
            _at += count;
            return new(count);
        }
    }
}
