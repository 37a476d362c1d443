using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using Temper.Core.Errors;
using static Temper.Ingest.Tests.Backends.BackendContract;

namespace Temper.Ingest.Tests.Backends;

public sealed class CsvBackendContractTests : BackendContract
{
    protected override async Task<SourceUnderTest> NewAsync() => await Sheet.NewAsync();

    /// <summary>Files of a web server, each with a row. Changing one means that the server gives something else and the cache has let go.</summary>
    private sealed class Sheet : SourceUnderTest
    {
        private readonly BackendHost _host = new();
        private readonly PictureServer _server;
        private readonly ConcurrentDictionary<string, string> _rows = new();

        private Sheet(PictureServer server) => (_server, _host.Policy) = (server, _host.Policy with { Ports = [server.Port], PerHost = 16 });

        public static async Task<Sheet> NewAsync() => new(await PictureServer.StartAsync());

        public override string ItemOf(string path, byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content)) + ".png";

        public override Task WriteAsync(string path, byte[] content)
        {
            var url = _server.Url("/" + string.Join('/', path.Split('/').Select(Uri.EscapeDataString)));
            _server.Files[new Uri(url).PathAndQuery] = content;
            if (!_rows.TryAdd(path, url))
                Directory.Delete(Path.Combine(_host.CacheFolder, "blobs"), recursive: true);
            return Task.CompletedTask;
        }

        /// <summary>Most rows give one of few pictures: ten thousand downloads are no news after the first hundred.</summary>
        public override async Task WriteManyAsync(IEnumerable<(string Path, byte[] Content)> files)
        {
            var known = new Dictionary<string, string>();
            foreach (var (path, content) in files)
            {
                if (known.TryGetValue(ItemOf(path, content), out var url))
                {
                    _rows[path] = url;
                    continue;
                }
                await WriteAsync(path, content);
                known[ItemOf(path, content)] = _rows[path];
            }
        }

        public override Task RemoveAsync(string path)
        {
            _server.Files.TryRemove(new Uri(_rows[path]).PathAndQuery, out _);
            Directory.Delete(Path.Combine(_host.CacheFolder, "blobs"), recursive: true);
            return Task.CompletedTask;
        }

        public override async Task<IDataBackend> OpenAsync()
        {
            var text = string.Join("\r\n", _rows.OrderBy(r => r.Key, StringComparer.Ordinal).Select(r => r.Value).Prepend("url"));
            var file = Path.Combine(_host.Root, "rows.csv");
            if (!File.Exists(file) || await File.ReadAllTextAsync(file) != text)
                await File.WriteAllTextAsync(file, text);
            return await _host.OpenAsync("csv", new { csv_file = "rows.csv" });
        }

        public override async ValueTask DisposeAsync()
        {
            await _server.DisposeAsync();
            _host.Dispose();
        }
    }
}

/// <summary>F8: what stands in a CSV file, right or wrong, becomes a picture or a problem with its line.</summary>
public sealed class CsvBackendTests : IAsyncLifetime, IDisposable
{
    private readonly BackendHost _host = new();
    private PictureServer _server = null!;

    public async Task InitializeAsync()
    {
        _server = await PictureServer.StartAsync();
        _host.Policy = _host.Policy with { Ports = [_server.Port] };
    }

    public async Task DisposeAsync() => await _server.DisposeAsync();

    public void Dispose() => _host.Dispose();

    [Fact]
    public async Task Two_addresses_with_the_same_last_part_keep_two_pictures_and_their_captions()
    {
        var (one, two) = (Picture(50, 1), Picture(50, 2));
        (_server.Files["/a/1/photo.png"], _server.Files["/b/2/photo.png"]) = (one, two);
        await using var backend = await OpenAsync($"url,caption\n{_server.Url("/a/1/photo.png")},first\n{_server.Url("/b/2/photo.png")},second\n");
        var read = new Dictionary<string, byte[]>();
        foreach (var item in await ListAsync(backend))
            read[item.Path] = await ReadAsync(backend, item);
        Assert.Equal(4, read.Count);
        foreach (var (picture, caption) in (IEnumerable<(byte[], string)>)[(one, "first"), (two, "second")])
        {
            var stem = Convert.ToHexStringLower(SHA256.HashData(picture));
            Assert.Equal(picture, read[stem + ".png"]);
            Assert.Equal(caption, Encoding.UTF8.GetString(read[stem + ".txt"]));
        }
    }

    [Fact]
    public async Task Quoted_line_breaks_commas_quotes_and_a_byte_order_mark_are_read_as_the_standard_says()
    {
        _server.Files["/x.png"] = Picture(50, 1);
        await using var backend = await OpenAsync($"\uFEFFid,caption,url\r\n\r\n1,\"two\r\nlines, \"\"quoted\"\" and ü 😀\",{_server.Url("/x.png")}");
        var items = await ListAsync(backend);
        Assert.Equal("two\r\nlines, \"quoted\" and ü 😀", Encoding.UTF8.GetString(await ReadAsync(backend, Assert.Single(items, i => i.Path.EndsWith(".txt")))));
    }

    [Fact]
    public async Task Rows_that_give_the_same_picture_are_an_item_each()
    {
        _server.Files["/x.png"] = _server.Files["/y.png"] = Picture(50, 1);
        await using var backend = await OpenAsync($"url,caption\n{_server.Url("/x.png")},one\n{_server.Url("/y.png")},two\n{_server.Url("/x.png")},one\n");
        var items = await ListAsync(backend);
        Assert.Equal(3, items.Count(i => i.Path.EndsWith(".png")));
        Assert.Equal(["one", "two", "one"], await Task.WhenAll(items.Where(i => i.Path.EndsWith(".txt")).OrderBy(i => i.Path.Length).ThenBy(i => i.Path).Select(async i => Encoding.UTF8.GetString(await ReadAsync(backend, i)))));
        Assert.Equal(2, _server.Requests.Count);
    }

    [Fact]
    public async Task A_row_that_cannot_be_had_is_listed_with_its_line_and_reason()
    {
        _server.Files["/good.png"] = Picture(50, 1);
        await using var backend = await OpenAsync($"url,caption\n{_server.Url("/good.png")},a\n{_server.Url("/gone.png")},b\nfile:///etc/passwd,c\n,d\n{_server.Url("/good.png")},too,many\n{_server.Url("/good.png")},\"x\" y\nhttps://10.0.0.1/x.png,e\n\"never closed");
        var items = await ListAsync(backend);
        Assert.Equal(2, items.Count(i => i.Problem is null));
        var problems = items.Where(i => i.Problem is not null).OrderBy(i => i.Problem!.Line).Select(i => (i.Problem!.Line, i.Problem.Code, i.Problem.File)).ToList();
        Assert.Equal([(3L, "FETCH_STATUS", "rows.csv"), (4, "FETCH_URL", "rows.csv"), (5, "FETCH_URL", "rows.csv"), (6, "CSV_INVALID", "rows.csv"), (7, "CSV_INVALID", "rows.csv"), (8, "FETCH_URL", "rows.csv"), (9, "CSV_INVALID", "rows.csv")], problems);
        Assert.Contains("404", items.Single(i => i.Problem?.Line == 3).Problem!.Message);
        Assert.Equal("FETCH_STATUS", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, items.Single(i => i.Problem?.Line == 3)))).Code);
    }

    [Fact]
    public async Task A_field_of_ten_megabytes_is_one_bad_row_and_the_next_is_read()
    {
        _server.Files["/x.png"] = Picture(50, 1);
        await using var backend = await OpenAsync($"url,caption\nhttps://example.com/,\"{new string('x', 10_000_000)}\"\n{_server.Url("/x.png")},fine\n");
        var items = await ListAsync(backend);
        Assert.Equal("CSV_INVALID", Assert.Single(items, i => i.Problem is not null).Problem!.Code);
        Assert.Equal(2, items.Count(i => i.Problem is null));
    }

    [Theory]
    [InlineData("link,caption\nx,y\n", "CSV_COLUMN", "'link', 'caption'")]
    [InlineData("url,url,caption\nx,y,z\n", "CSV_COLUMN", "2 columns 'url'")]
    [InlineData("url\nx\n", "CSV_COLUMN", "no column 'caption'")]
    [InlineData("", "CSV_INVALID", "empty")]
    [InlineData("\"url,caption\nx,y\n", "CSV_INVALID", "quote")]
    public async Task A_file_without_the_columns_is_refused_and_says_which_it_has(string text, string code, string words)
    {
        await using var backend = await OpenAsync(text);
        var error = await Assert.ThrowsAsync<TemperException>(() => ListAsync(backend));
        Assert.Equal(code, error.Code);
        Assert.Contains(words, error.Message);
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_told()
    {
        await File.WriteAllBytesAsync(Path.Combine(_host.Root, "rows.csv"), Encoding.Latin1.GetBytes("url,caption\nhttps://example.com/,Zürich\n"));
        await using (var latin = await _host.OpenAsync("csv", Settings))
            Assert.Contains("UTF-8", Assert.Single(await ListAsync(latin)).Problem!.Message);
        await File.WriteAllTextAsync(Path.Combine(_host.Root, "rows.csv"), "url,caption\nx,y\n", Encoding.Unicode);
        await using var wide = await _host.OpenAsync("csv", Settings);
        Assert.Equal("FILE_ENCODING", (await Assert.ThrowsAsync<TemperException>(() => ListAsync(wide))).Code);
    }

    [Fact]
    public async Task A_caption_whose_file_changed_after_the_listing_is_not_read()
    {
        _server.Files["/x.png"] = Picture(50, 1);
        await using var backend = await OpenAsync($"url,caption\n{_server.Url("/x.png")},one\n");
        var caption = (await ListAsync(backend)).Single(i => i.Path.EndsWith(".txt"));
        await Task.Delay(25);
        await File.WriteAllTextAsync(Path.Combine(_host.Root, "rows.csv"), $"url,caption\n{_server.Url("/x.png")},two\n");
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(backend, caption))).Code);
        await using var later = await _host.OpenAsync("csv", Settings);
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => ReadAsync(later, caption))).Code);
    }

    [Fact]
    public async Task The_file_and_the_cache_lie_below_the_root()
    {
        File.WriteAllText(Path.Combine(_host.Root, "rows.csv"), "url,caption\n");
        Directory.CreateDirectory(_host.Outside);
        File.WriteAllText(Path.Combine(_host.Outside, "rows.csv"), "url,caption\n");
        Assert.Equal("SRC_OUTSIDE_ROOT", (await Assert.ThrowsAsync<TemperException>(() => _host.OpenAsync("csv", new { csv_file = "../outside/rows.csv" }))).Code);
        Assert.Equal("SRC_OUTSIDE_ROOT", (await Assert.ThrowsAsync<TemperException>(() => _host.OpenAsync("csv", new { csv_file = "rows.csv", csv_cache_dir = "../outside/cache" }))).Code);
        Assert.Equal("SRC_MISSING", (await Assert.ThrowsAsync<TemperException>(() => _host.OpenAsync("csv", new { csv_file = "none.csv" }))).Code);
        await using (await _host.OpenAsync("csv", new { csv_file = "rows.csv", csv_cache_dir = "cache" }))
            Assert.True(Directory.Exists(Path.Combine(_host.Root, "cache")));
    }

    private static object Settings => new { csv_file = "rows.csv", csv_caption_column = "caption" };

    private async Task<IDataBackend> OpenAsync(string text)
    {
        await File.WriteAllTextAsync(Path.Combine(_host.Root, "rows.csv"), text);
        return await _host.OpenAsync("csv", Settings);
    }
}

/// <summary>F8: what is exported opens in a spreadsheet as text.</summary>
public sealed class CsvExportTests
{
    [Theory]
    [InlineData("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0")]
    [InlineData("=HYPERLINK(\"https://evil.example\",\"x\")", "\"'=HYPERLINK(\"\"https://evil.example\"\",\"\"x\"\")\"")]
    [InlineData("+1+1", "'+1+1")]
    [InlineData("-1+cmd", "'-1+cmd")]
    [InlineData("@SUM(A1)", "'@SUM(A1)")]
    [InlineData("\t=1", "'\t=1")]
    [InlineData("\r=1", "\"'\r=1\"")]
    [InlineData("-12.5", "-12.5")]
    [InlineData("+49", "+49")]
    [InlineData("plain", "plain")]
    [InlineData("two\nlines, \"quoted\"", "\"two\nlines, \"\"quoted\"\"\"")]
    [InlineData("", "")]
    public void A_formula_cell_is_text(string value, string cell) => Assert.Equal(cell, CsvExport.Cell(value));
}
