using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Registry;
using static Temper.Registry.Tests.Repositories.RepositoryTests;

namespace Temper.Registry.Tests.Repositories;

/// <summary>Reading repositories without a clone, and merging in them.</summary>
public sealed class RevisionTests
{
    private const string Main = "refs/heads/main";

    [Fact]
    public async Task Commits_folders_files_and_differences_are_read_by_branch_tag_or_id()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var first = await sender.CommitAsync([], ("a.txt", Bytes("0123456789")), ("deep/b.txt", Bytes("b")));
        var left = await sender.CommitAsync([first], ("a.txt", Bytes("changed")), ("deep/b.txt", Bytes("b")));
        var right = await sender.CommitAsync([first], ("a.txt", Bytes("0123456789")), ("deep/c.txt", Bytes("c")));
        await sender.PushAsync(Main, null, left);
        await sender.PushAsync("refs/heads/feature/x", null, right);
        await sender.PushAsync("refs/tags/v1", null, first);
        async Task<JsonElement> GetAsync(string path) => await host.Client.Http.GetFromJsonAsync($"api/v1/repos/{sender.Name}/{path}");
        Assert.Equal(left.Hex, (await GetAsync("commits/HEAD")).GetProperty("id").GetString());
        Assert.Equal(right.Hex, (await GetAsync("commits/feature%2Fx")).GetProperty("id").GetString());
        Assert.Equal("Some One", (await GetAsync("commits/v1")).GetProperty("author").GetProperty("name").GetString());
        Assert.Equal([left.Hex, first.Hex], (await GetAsync("commits?rev=main")).GetProperty("items").EnumerateArray().Select(c => c.GetProperty("id").GetString()));
        Assert.Equal("1", (await GetAsync("commits?rev=main&limit=1")).GetProperty("next_cursor").GetString());
        Assert.Equal(first.Hex, (await GetAsync("commits?rev=main&limit=1&cursor=1")).GetProperty("items")[0].GetProperty("id").GetString());
        Assert.Equal(["a.txt", "deep"], (await GetAsync("trees/v1/")).GetProperty("entries").EnumerateArray().Select(e => e.GetProperty("name").GetString()));
        Assert.Equal("100644", (await GetAsync("trees/v1/deep")).GetProperty("entries")[0].GetProperty("mode").GetString());
        Assert.Equal(first.Hex, (await GetAsync($"merge-base?a=main&b={right}")).GetProperty("bases")[0].GetString());
        var compared = await GetAsync("compare/main...feature%2Fx");
        Assert.Equal((1, 1), (compared.GetProperty("ahead").GetInt32(), compared.GetProperty("behind").GetInt32()));
        Assert.Equal(["D deep/b.txt", "A deep/c.txt"], compared.GetProperty("files").EnumerateArray().Select(f => $"{f.GetProperty("status")} {f.GetProperty("path")}"));
        using var part = await host.Client.Http.SendAsync(new(HttpMethod.Get, $"api/v1/repos/{sender.Name}/files/{first}/a.txt") { Headers = { Range = new(2, 4) } });
        Assert.Equal((HttpStatusCode.PartialContent, "234"), (part.StatusCode, await part.Content.ReadAsStringAsync()));
        Assert.Contains("immutable", part.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        using var named = await host.Client.Http.GetAsync($"api/v1/repos/{sender.Name}/files/main/a.txt");
        Assert.Equal($"\"{Digest.OfText("changed")}\"", named.Headers.ETag!.Tag);
        Assert.DoesNotContain("immutable", named.Headers.CacheControl!.ToString(), StringComparison.Ordinal);
        foreach (var path in new[] { "commits/nothing", "trees/main/none", "files/main/none", $"commits/{Digest.OfText("x")}" })
            Assert.Equal(HttpStatusCode.NotFound, (await host.Client.Http.GetAsync($"api/v1/repos/{sender.Name}/{path}")).StatusCode);
    }

    [Fact]
    public async Task Branches_merge_on_the_server_or_say_what_is_in_conflict()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var first = await sender.CommitAsync([], ("a", Bytes("1\n")), ("b", Bytes("1\n")));
        var left = await sender.CommitAsync([first], ("a", Bytes("left\n")), ("b", Bytes("1\n")));
        var right = await sender.CommitAsync([first], ("a", Bytes("1\n")), ("b", Bytes("right\n")));
        var clash = await sender.CommitAsync([first], ("a", Bytes("clash\n")), ("b", Bytes("1\n")));
        await sender.PushAsync(Main, null, first);
        await sender.PushAsync("refs/heads/left", null, left);
        await sender.PushAsync("refs/heads/right", null, right);
        await sender.PushAsync("refs/heads/clash", null, clash);
        async Task<(HttpStatusCode, JsonElement)> MergeAsync(object body)
        {
            using var answer = await host.Client.Http.PostAsJsonAsync($"api/v1/repos/{sender.Name}/merges", body);
            return (answer.StatusCode, JsonElement.Parse(await answer.Content.ReadAsStringAsync()));
        }
        Assert.Equal("fast-forward", (await MergeAsync(new { source = "left", target = "main", expected = first.Hex })).Item2.GetProperty("kind").GetString());
        Assert.Equal("up-to-date", (await MergeAsync(new { source = "left", target = "main" })).Item2.GetProperty("kind").GetString());
        Assert.Equal("stale_ref", (await MergeAsync(new { source = "right", target = "main", expected = first.Hex })).Item2.GetProperty("code").GetString());
        Assert.Equal("non_fast_forward", (await MergeAsync(new { source = "right", target = "main", forward_only = true })).Item2.GetProperty("code").GetString());
        var (status, merged) = await MergeAsync(new { source = "right", target = "main" });
        Assert.Equal((HttpStatusCode.OK, "merge"), (status, merged.GetProperty("kind").GetString()));
        Assert.Equal("left\n", await host.Client.Http.GetStringAsync($"api/v1/repos/{sender.Name}/files/main/a"));
        Assert.Equal("right\n", await host.Client.Http.GetStringAsync($"api/v1/repos/{sender.Name}/files/main/b"));
        var (refused, problem) = await MergeAsync(new { source = "clash", target = "main" });
        Assert.Equal((HttpStatusCode.Conflict, "merge_conflict", "a"), (refused, problem.GetProperty("code").GetString(), problem.GetProperty("errors")[0].GetProperty("path").GetString()));
        Assert.Equal(merged.GetProperty("commit").GetString(), (await sender.Client.RefsAsync(sender.Name, Main, default)).Single().Target.Hex);
    }
}
