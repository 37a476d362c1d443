using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Storage.Sql;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>The HTTP contract: what clients other than ours see, too.</summary>
public sealed class ApiTests
{
    private static readonly ResourceName Chats = ResourceName.Parse("chats");

    [Fact]
    public async Task What_does_not_exist_is_answered_with_what_exists_nearest()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var typo = await Say.RefusedAsync("not_found", () => host.StartJobAsync(dataset: "chat"));
        Assert.Equal("Did you mean 'chats'?", typo.Problems[0].Hint);
        var version = await Say.RefusedAsync("not_found", () => host.Client.Models.ResolveAsync("base:7", None));
        Assert.Equal("base has version 1.", version.Problems[0].Hint);
        await Say.RefusedAsync("reference_invalid", () => host.Client.Models.ResolveAsync("./folder", None));
        await Say.RefusedAsync("reference_invalid", () => host.Client.Models.ResolveAsync("No Name", None));
        var commit = (await host.Client.Models.ResolveAsync("base", None)).Pin.Commit;
        Assert.Equal(1, (await host.Client.Models.ResolveAsync($"registry://base#{commit}", None)).Pin.Version);
        Assert.Null(await host.Client.Models.FindAsync(Chats, 1, None));
        Assert.Null(await host.Client.Models.VersionsAsync(Chats, None));
    }

    [Theory]
    [InlineData("{\"worker\":\"w\",\"kinds\":[\"ingest\"],\"lease_seconds\":30,\"wait_seconds\":0,\"extra\":1}", "$.extra")]
    [InlineData("{\"worker\":\"w\",\"kinds\":[\"bake\"],\"lease_seconds\":30,\"wait_seconds\":0}", "$.kinds[0]")]
    [InlineData("{\"worker\":", "$")]
    [InlineData("{\"worker\":\"w\",\"worker\":\"w\",\"kinds\":[],\"lease_seconds\":30,\"wait_seconds\":0}", "$.worker")]
    public async Task A_body_that_is_not_as_agreed_is_refused_with_the_place(string body, string path)
    {
        await using var host = await RegistryHost.StartAsync();
        using var answer = await host.Client.Http.PostAsync("api/v1/work/claim", new StringContent(body, Encoding.UTF8, "application/json"));
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var problem = ProblemDocument.TryRead(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal("invalid_json", problem.Code);
        Assert.StartsWith(path, problem.Errors[0].Path, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_job_one_of_whose_datasets_is_null_is_refused_as_such()
    {
        await using var host = await RegistryHost.StartAsync();
        using var answer = await host.Client.Http.PostAsync("api/v1/jobs", new StringContent("""{"recipe":{},"base":"base","dataset":"chats","output":"bot","datasets":["chats",null]}""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.UnprocessableEntity, answer.StatusCode);
        Assert.Equal("reference_invalid", ProblemDocument.TryRead(await answer.Content.ReadAsStringAsync())!.Code);
    }

    [Theory]
    [InlineData("GET", "api/v1/nothing", 404, "not_found")]
    [InlineData("GET", "api/v1/jobs/nothing", 404, "not_found")]
    [InlineData("GET", "api/v1/datasets/Bad%20Name", 422, "name_invalid")]
    [InlineData("GET", "api/v1/jobs?limit=many", 422, "request_invalid")]
    [InlineData("GET", "api/v1/jobs?cursor=zzz", 422, "cursor_invalid")]
    [InlineData("DELETE", "api/v1/jobs", 405, "request_invalid")]
    [InlineData("POST", "api/v1/uploads/00000000000000000000000000/complete", 404, "not_found")]
    public async Task Every_error_is_a_problem_of_the_catalogue(string method, string path, int status, string code)
    {
        await using var host = await RegistryHost.StartAsync();
        using var answer = await host.Client.Http.SendAsync(new HttpRequestMessage(new(method), path));
        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal(code, ProblemDocument.TryRead(await answer.Content.ReadAsStringAsync())!.Code);
    }

    [Theory]
    [InlineData("api/v1/datasets?limit=abc", "'limit' takes a whole number, not 'abc'.")]
    [InlineData("api/v1/models?limit=99999999999", "'limit' takes a whole number, not '99999999999'.")]
    [InlineData("api/v1/jobs?limit=0", "'limit' takes a whole number from 1 up, not 0.")]
    [InlineData("api/v1/datasets/chats/versions?limit=x", "'limit' takes a whole number, not 'x'.")]
    [InlineData("api/v1/datasets/chats/versions/1/quarantine?limit=x", "'limit' takes a whole number, not 'x'.")]
    [InlineData("api/v1/events?after=x", "'after' takes a whole number, not 'x'.")]
    [InlineData("api/v1/resolve/dataset", "The address lacks 'ref'.")]
    public async Task A_value_in_an_address_that_is_not_as_agreed_is_named_in_our_words(string path, string message)
    {
        await using var host = await RegistryHost.StartAsync();
        using var answer = await host.Client.Http.GetAsync(path);
        Assert.Equal((HttpStatusCode.UnprocessableEntity, "application/problem+json"), (answer.StatusCode, answer.Content.Headers.ContentType!.MediaType));
        var problem = ProblemDocument.TryRead(await answer.Content.ReadAsStringAsync())!;
        Assert.Equal(("request_invalid", message), (problem.Code, problem.Errors[0].Message));
        Assert.NotNull(problem.Errors[0].Hint);
    }

    [Fact]
    public async Task A_models_file_comes_whole_or_by_range_and_may_be_cached_for_ever()
    {
        await using var host = await RegistryHost.StartAsync();
        var pin = (await host.ImportAsync("base", "0123456789")).Model!.Pin;
        const string url = "api/v1/models/base/versions/1/files/model.safetensors";
        using var whole = await host.Client.Http.GetAsync(url);
        Assert.Equal("0123456789", await whole.Content.ReadAsStringAsync());
        Assert.Equal($"\"{Digest.OfText("0123456789")}\"", whole.Headers.ETag!.Tag);
        Assert.Contains("immutable", whole.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        foreach (var (from, to, text) in new[] { (3L, (long?)5, "345"), (8, null, "89"), (0, 100, "0123456789") })
        {
            using var part = await host.Client.Http.SendAsync(new(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(from, to) } });
            Assert.Equal(text, await part.Content.ReadAsStringAsync());
        }
        using var beyond = await host.Client.Http.SendAsync(new(HttpMethod.Get, url) { Headers = { Range = new RangeHeaderValue(10, null) } });
        Assert.Equal(HttpStatusCode.RequestedRangeNotSatisfiable, beyond.StatusCode);
        using var known = await host.Client.Http.SendAsync(new(HttpMethod.Get, url) { Headers = { IfNoneMatch = { whole.Headers.ETag } } });
        Assert.Equal(HttpStatusCode.NotModified, known.StatusCode);

        using var cache = new TempFolder();
        var folder = await new ModelFolderCache(host.Client, cache.Path, TimeProvider.System).GetAsync(pin, None);
        Assert.Equal("0123456789", await File.ReadAllTextAsync(Path.Combine(folder, "model.safetensors")));
    }

    [Fact]
    public async Task Of_fifty_who_move_an_alias_from_where_they_saw_it_one_wins()
    {
        await using var host = await RegistryHost.StartAsync();
        var name = ResourceName.Parse("base");
        foreach (var weights in new[] { "one", "two", "three" })
            await host.ImportAsync("base", weights);
        await host.Client.Models.MoveAliasAsync(name, "prod", new(1, null), None);
        async Task<bool> MoveAsync(int n)
        {
            try
            {
                await host.Client.Models.MoveAliasAsync(name, "prod", new(2 + (n % 2), 1), None);
                return true;
            }
            catch (Core.Errors.TemperException e) when (e.Code == "alias_moved")
            {
                return false;
            }
        }
        Assert.Single(await Task.WhenAll(Enumerable.Range(0, 50).Select(MoveAsync)), won => won);
        Assert.Equal(2, (await host.Get<Models.ModelQueries>().AliasHistoryAsync(name, 100, None)).Count(move => move.Alias == "prod"));
        await Say.RefusedAsync("alias_invalid", () => host.Client.Models.MoveAliasAsync(name, "latest", new(1, 3), None));
        await Say.RefusedAsync("not_found", () => host.Client.Models.MoveAliasAsync(name, "prod", new(9, 2), None));
    }

    [Fact]
    public async Task What_was_set_aside_is_read_page_by_page()
    {
        await using var host = await (await RegistryHost.StartAsync()).WithInputsAsync();
        var (lines, cursor) = (new List<long>(), (string?)null);
        do
        {
            var page = await host.Get<Datasets.DatasetQueries>().QuarantineAsync(Chats, 1, cursor, 2, None);
            lines.AddRange(page.Items.Select(entry => entry.Line));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal([1, 2, 3, 4, 5], lines);
        Assert.Equal(5, (await host.Client.Datasets.QuarantineAsync(Chats, 1, null, None)).Items.Count);
        Assert.Equal(3, (await host.Client.Http.GetFromJsonAsync("api/v1/datasets/chats/versions/1/report")).GetProperty("seen").GetInt32());
        var listed = Assert.Single((await host.Client.Datasets.ListAsync(null, None)).Items);
        Assert.Equal((1, 1, 0), (listed.Versions, listed.Latest!.Version, listed.Ingesting));
    }

    [Fact]
    public async Task Lists_come_in_pages_that_neither_repeat_nor_miss()
    {
        await using var host = await RegistryHost.StartAsync();
        for (var n = 0; n < 5; n++)
            await host.UploadDatasetAsync($"set-{n}", $"{n}");
        var (names, cursor) = (new List<WorkId>(), (string?)null);
        do
        {
            var page = await host.Get<Jobs.JobQueries>().ListAsync(WorkKind.Ingest, cursor, 2, None);
            names.AddRange(page.Items.Select(job => job.Id));
            cursor = page.NextCursor;
        }
        while (cursor is not null);
        Assert.Equal(5, names.Distinct().Count());
        Assert.Equal(5, names.Count);
        Assert.Equal(["set-0", "set-1", "set-2", "set-3", "set-4"], (await host.Client.Datasets.ListAsync(null, None)).Items.Select(d => d.Name.ToString()));
    }

    [Theory]
    [InlineData("")]
    [InlineData("fifteen letters")]
    public async Task A_key_that_can_be_guessed_is_refused_before_anybody_can_use_it(string key)
    {
        using var folder = new TempFolder();
        var error = await Assert.ThrowsAsync<TemperException>(() => RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { ApiKey = key }));
        Assert.Equal("api_key_short", error.Code);
    }

    [Fact]
    public async Task With_a_key_set_everything_but_health_asks_for_it()
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { ApiKey = "a key that nobody guesses" });
        Assert.Equal("temper", (await host.Client.ServerAsync(None)).Product);
        await Say.RefusedAsync("unauthorised", () => host.NewClient("a key that nobody guessed").ServerAsync(None));
        using var stranger = new HttpClient { BaseAddress = host.Address };
        foreach (var path in new[] { "api/v1/jobs", "api/v1/nothing", "openapi/v1.json", "" })
            Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync(path)).StatusCode);
        foreach (var path in new[] { "health/live", "health/ready" })
            Assert.Equal(HttpStatusCode.OK, (await stranger.GetAsync(path)).StatusCode);
    }

    [Fact]
    public async Task The_openapi_document_names_every_route_of_the_clients()
    {
        await using var host = await RegistryHost.StartAsync();
        var paths = (await host.Client.Http.GetFromJsonAsync("openapi/v1.json")).GetProperty("paths");
        foreach (var path in new[] { "/api/v1/uploads", "/api/v1/uploads/{id}/files/{index}", "/api/v1/work/claim", "/api/v1/work/{id}/finish", "/api/v1/jobs/{id}/metrics",
            "/api/v1/datasets/{name}/versions/{version}/quarantine", "/api/v1/models/{name}/aliases/{alias}", "/api/v1/resolve/model", "/api/v1/events", "/api/v1/server",
            "/api/v1/repos/{ns}/{name}/refs:update", "/api/v1/repos/{ns}/{name}/negotiate", "/api/v1/repos/{ns}/{name}/uploads/{id}:complete" })
            Assert.True(paths.TryGetProperty(path, out _), $"{path} is missing");
    }

    [Fact]
    public async Task A_database_that_a_newer_version_wrote_is_left_alone()
    {
        using var folder = new TempFolder();
        var options = RegistryHost.OnFiles(folder);
        await using (await RegistryHost.StartAsync(options)) { }
        await using (var db = Db.Open(options.Database))
            await db.ExecuteAsync("update registry_schema set version = 99", null, None);
        await Say.RefusedAsync("schema_newer", () => RegistryHost.StartAsync(options));
    }
}

internal static class Documents
{
    public static async Task<JsonElement> GetFromJsonAsync(this HttpClient http, string path)
    {
        using var answer = await http.GetAsync(path);
        answer.EnsureSuccessStatusCode();
        return JsonElement.Parse(await answer.Content.ReadAsStringAsync());
    }
}
