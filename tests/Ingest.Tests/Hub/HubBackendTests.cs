using System.Text;
using Temper.Core.Errors;
using Temper.Testing.Servers;

namespace Temper.Ingest.Tests;

/// <summary>Datasets of a hub, read from a real server of ours with each of its failures.</summary>
public sealed class HubBackendTests
{
    private static readonly byte[] Old = Uploads.Lines([.. Enumerable.Range(0, 200).Select(i => $$"""{"text":"old {{i}}","n":{{i}}}""")]);
    private static readonly byte[] New = Uploads.Lines("""{"text":"new"}""");

    [Fact]
    public async Task A_backend_stays_at_its_commit_when_the_branch_moves()
    {
        await using var place = await HubPlace.StartAsync(("train.jsonl", Old));
        await using var backend = await place.OpenAsync();
        place.Commit(HubPlace.Second, ("train.jsonl", New), ("more-train.jsonl", New));
        Assert.Equal($"hf:our-org/Tiny-Data@{HubPlace.First}", backend.Address);
        var item = Assert.Single(await HubPlace.ListAsync(backend));
        Assert.Equal(Old, await HubPlace.BytesAsync(backend, item));
        Assert.All(place.Server.Requests.Where(r => r.Host == "hub").Skip(1), r => Assert.Contains(HubPlace.First, r.Path));
        await using var later = await place.OpenAsync();
        Assert.Equal(HubPlace.Second, later.Commit);
        Assert.Equal(["more-train.jsonl", "train.jsonl"], (await HubPlace.ListAsync(later)).Select(i => i.Path));
        await using var pinned = await place.OpenAsync($$"""{"revision": "{{HubPlace.First}}"}""");
        Assert.Equal(item, Assert.Single(await HubPlace.ListAsync(pinned)));
    }

    [Fact]
    public async Task A_file_that_is_the_same_in_another_commit_has_the_same_version()
    {
        await using var place = await HubPlace.StartAsync(("train-a.jsonl", Old), ("train-b.jsonl", New));
        await using var first = await place.OpenAsync();
        place.Commit(HubPlace.Second, ("train-a.jsonl", Old), ("train-b.jsonl", Old));
        await using var second = await place.OpenAsync();
        var (before, after) = (await HubPlace.ListAsync(first), await HubPlace.ListAsync(second));
        Assert.Equal(before[0], after[0]);
        Assert.NotEqual(before[1].Version, after[1].Version);
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => second.OpenAsync(before[1], 0, null, default))).Code);
    }

    [Fact]
    public async Task A_connection_that_breaks_is_continued_where_it_broke()
    {
        await using var place = await HubPlace.StartAsync(("train.jsonl", Old));
        var broken = 0;
        place.Server.Fault = (host, context) => host == "store" && broken++ == 0 ? HubServer.BreakAsync(context, Old, 1000, HubServer.EtagOf(Old)) : Task.FromResult(false);
        await using var backend = await place.OpenAsync();
        Assert.Equal(Old, await HubPlace.BytesAsync(backend, (await HubPlace.ListAsync(backend))[0]));
        var ranges = place.Server.Requests.Where(r => r.Host == "store").Select(r => r.Range).ToArray();
        Assert.Equal(["", $"bytes=1000-{Old.Length - 1}"], ranges);
        Assert.Equal(HubServer.EtagOf(Old), place.Server.Requests.Last(r => r.Host == "store").IfRange);
    }

    [Fact]
    public async Task Parquet_rows_are_the_same_after_any_request_broke()
    {
        var parquet = ParquetReading.BytesOf("numbers-duckdb.parquet");
        await using var place = await HubPlace.StartAsync(("data/train-00000-of-00001.parquet", parquet));
        var expected = await ParquetReading.RowsAsync(parquet, ParquetReading.Where("""[["id", ">", 3000]]""", "name", "id"));
        var requests = 0;
        place.Server.Fault = async (host, context) =>
        {
            if (host != "store" || requests++ % 3 != 1)
                return false;
            // A part of the range that was asked for, then nothing.
            var range = context.Request.Headers.Range.ToString()["bytes=".Length..].Split('-').Select(int.Parse).ToArray();
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = $"bytes {range[0]}-{range[1]}/{parquet.Length}";
            return await HubServer.BreakAsync(context, parquet[range[0]..(range[1] + 1)], (range[1] - range[0]) / 2, HubServer.EtagOf(parquet));
        };
        var found = await place.ReadAsync("""{"columns": ["name", "id"], "filters": [["id", ">", 3000]]}""");
        Assert.Equal(expected, found.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.True(requests > 3);
    }

    [Fact]
    public async Task Only_row_groups_and_columns_that_are_needed_are_fetched()
    {
        var parquet = ParquetReading.BytesOf("numbers-duckdb.parquet");
        await using var place = await HubPlace.StartAsync(("data/train-00000-of-00001.parquet", parquet));
        var rows = await place.ReadAsync("""{"columns": ["id"], "filters": [["id", ">=", 5990]]}""");
        Assert.Equal(string.Concat(Enumerable.Range(5990, 10).Select(i => $$"""{"id":{{i}}}""" + "\n")), rows);
        var fetched = place.Server.Requests.Where(r => r.Host == "store").Select(r => r.Range["bytes=".Length..].Split('-').Select(long.Parse).ToArray()).ToList();
        Assert.All(fetched, range => Assert.True(range[1] < parquet.Length));
        // The footer's first guess is 64 KiB; what comes after it is one column of one row group.
        Assert.InRange(fetched.Skip(1).Sum(range => range[1] - range[0] + 1), 1, parquet.Length / 6);
    }

    [Fact]
    public async Task Columns_that_lie_close_together_come_by_one_request_a_row_group()
    {
        await using var place = await HubPlace.StartAsync(("train.parquet", ParquetReading.BytesOf("chat-arrow-v1-snappy.parquet")));
        var rows = await place.ReadAsync("""{"filters": [["n", ">=", -1000]]}""");
        Assert.Equal(300, rows.Count(c => c == '\n'));
        Assert.Equal(4, place.Server.Requests.Count(r => r.Host == "store"));
    }

    [Fact]
    public async Task Items_with_a_query_are_json_lines_of_stable_bytes_that_can_be_read_from_anywhere()
    {
        await using var place = await HubPlace.StartAsync(("data/train-00000-of-00001.parquet", ParquetReading.BytesOf("chat-arrow-v2-delta.parquet")));
        await using var backend = await place.OpenAsync("""{"columns": ["messages"], "filters": [["lang", "in", ["de", "fr"]]]}""");
        var item = Assert.Single(await HubPlace.ListAsync(backend));
        Assert.Equal("data/train-00000-of-00001.parquet.jsonl", item.Path);
        Assert.Null(item.Size);
        var whole = await HubPlace.BytesAsync(backend, item);
        Assert.Equal(whole, await HubPlace.BytesAsync(backend, item));
        foreach (var (offset, length) in ((int, int)[])[(0, 10), (1, 1000), (777, 5000), (whole.Length - 3, 100), (whole.Length + 5, 1)])
            Assert.Equal(whole.Skip(offset).Take(length), await HubPlace.BytesAsync(backend, item, offset, length));
        await using var other = await place.OpenAsync("""{"columns": ["messages"], "filters": [["lang", "in", ["de"]]]}""");
        Assert.NotEqual(item.Version, Assert.Single(await HubPlace.ListAsync(other)).Version);
    }

    [Fact]
    public async Task Filters_hold_for_json_lines_too_and_what_is_no_json_is_left_for_validation()
    {
        byte[] lines = Uploads.Lines("""{"text":"a","lang":"de","n":1.50,"x":null}""", "no json", """{"text":"b","lang":"en","n":3}""", """{"lang":"de","n":2e0}""", """{"text":"d","n":9}""", "[1]");
        await using var place = await HubPlace.StartAsync(("train.jsonl", lines), ("train-2.jsonl.gz", Uploads.Gzip(lines)), ("train-3.jsonl.zst", Zstd.Store(lines)));
        const string Filtered = """{"text":"a","n":1.50}""" + "\nno json\n" + """{"n":2e0}""" + "\n[1]\n";
        Assert.Equal(Filtered + Filtered + Filtered, await place.ReadAsync("""{"columns": ["text", "n"], "filters": [["lang", "==", "de"]]}"""));
        Assert.Equal(["train-2.jsonl.gz.jsonl", "train-3.jsonl.zst.jsonl", "train.jsonl.jsonl"], await place.PathsAsync("""{"filters": [["lang", "==", "de"]]}"""));
    }

    [Fact]
    public async Task A_compressed_file_that_is_cut_fails_rather_than_ending_early()
    {
        await using var place = await HubPlace.StartAsync(("train.jsonl.gz", Uploads.Gzip(Old)[..^10]));
        Assert.Equal("FILE_TRUNCATED", (await Assert.ThrowsAsync<TemperException>(() => place.ReadAsync("""{"filters": [["n", ">", 3]]}"""))).Code);
    }

    [Fact]
    public async Task Filter_functions_of_other_programs_become_filters()
    {
        byte[] lines = Uploads.Lines(
            """{"id":1,"collection":"a","width":600,"height":600,"quality_assessment":{"clarity":5}}""",
            """{"id":2,"collection":"c","width":600,"height":600,"quality_assessment":{"clarity":5}}""",
            """{"id":3,"collection":"b","width":500,"height":600,"quality_assessment":{"clarity":5}}""",
            """{"id":4,"collection":"b","width":600,"height":600,"quality_assessment":{"clarity":3}}""",
            """{"id":5,"collection":"b","width":600,"height":600}""");
        await using var place = await HubPlace.StartAsync(("train.jsonl", lines));
        const string Function = """{"columns": ["id"], "streaming": true, "huggingface": {"filter_func": {"collection": ["a", "b"], "quality_thresholds": {"clarity": 4}, "min_width": 512, "min_height": 512}}}""";
        Assert.Equal("""{"id":1}""" + "\n", await place.ReadAsync(Function));
    }

    [Fact]
    public async Task A_listing_of_many_pages_is_read_to_its_end()
    {
        await using var place = await HubPlace.StartAsync([.. Enumerable.Range(0, 25).Select(i => ($"data/train-{i:D5}-of-00025.jsonl", New))]);
        place.Server.Dataset!.PageSize = 4;
        Assert.Equal(25, (await place.PathsAsync()).Length);
        Assert.Equal(7, place.Server.Requests.Count(r => r.Path.Contains("/tree/", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_next_page_elsewhere_is_not_followed()
    {
        await using var place = await HubPlace.StartAsync(("train.jsonl", Old));
        place.Server.Fault = (_, context) =>
        {
            context.Response.Headers.Link = "<http://169.254.169.254/latest>; rel=\"next\"";
            return Task.FromResult(false);
        };
        Assert.Equal("hub_answer_invalid", (await Assert.ThrowsAsync<TemperException>(() => place.OpenAsync())).Code);
    }

    [Fact]
    public async Task The_token_is_a_secret_by_name_and_goes_to_the_hub_alone()
    {
        await using var place = await HubPlace.StartAsync(("train.jsonl", Old));
        place.Server.Token = "hf_canary";
        Assert.Equal("permission_denied", (await Assert.ThrowsAsync<TemperException>(() => place.OpenAsync())).Code);
        place.Secrets["hub"] = "hf_canary";
        await using var backend = await place.OpenAsync("""{"token": {"secretRef": "hub"}}""");
        Assert.Equal(Old, await HubPlace.BytesAsync(backend, (await HubPlace.ListAsync(backend))[0]));
        Assert.All(place.Server.Requests.Where(r => r.Host == "store"), r => Assert.Equal("", r.Authorization));
        Assert.DoesNotContain("canary", backend.Address);
        var plain = await Assert.ThrowsAsync<TemperException>(() => place.OpenAsync("""{"token": "hf_canary"}"""));
        Assert.Equal("CFG_WRONG_TYPE", plain.Code);
        Assert.DoesNotContain("canary", plain.Message);
    }

    [Fact]
    public async Task A_busy_hub_is_asked_again_after_the_pause_that_it_names()
    {
        await using var place = await HubPlace.StartAsync(("train.jsonl", Old));
        var (asked, first, again) = (0, DateTimeOffset.MinValue, DateTimeOffset.MinValue);
        place.Server.Fault = (_, context) =>
        {
            if (asked++ == 0)
                first = TimeProvider.System.GetUtcNow();
            else if (asked == 2)
                again = TimeProvider.System.GetUtcNow();
            context.Response.StatusCode = asked switch { 1 => 429, 2 => 503, _ => 200 };
            if (asked == 1)
                context.Response.Headers.RetryAfter = "1";
            return Task.FromResult(asked <= 2);
        };
        Assert.Equal(["train.jsonl"], await place.PathsAsync());
        Assert.InRange((again - first).TotalSeconds, 0.9, 30);
        place.Server.Fault = (_, context) =>
        {
            context.Response.StatusCode = 500;
            return Task.FromResult(true);
        };
        Assert.Equal("storage_unavailable", (await Assert.ThrowsAsync<TemperException>(() => place.OpenAsync())).Code);
    }

    [Fact]
    public async Task Bytes_that_are_not_the_commits_are_refused()
    {
        await using var place = await HubPlace.StartAsync(("train.jsonl", Old));
        await using var backend = await place.OpenAsync();
        var item = (await HubPlace.ListAsync(backend))[0];
        place.Server.Fault = async (host, context) =>
        {
            if (host == "store")
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Old).Replace("old 7\"", "OLD 7\"", StringComparison.Ordinal)));
            return host == "store";
        };
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => HubPlace.BytesAsync(backend, item))).Code);
        place.Server.Fault = (_, context) =>
        {
            context.Response.Headers["X-Repo-Commit"] = HubPlace.Second;
            context.Response.StatusCode = 200;
            return Task.FromResult(true);
        };
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => HubPlace.BytesAsync(backend, item))).Code);
    }
}
