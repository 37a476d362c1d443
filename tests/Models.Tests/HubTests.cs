using System.Net;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Testing;
using Temper.Testing.Servers;

namespace Temper.Models.Tests;

/// <summary>Downloads from a real server of ours on loopback, with each of its failures.</summary>
public sealed class HubTests : IAsyncLifetime, IDisposable
{
    private const string Weights = "model.safetensors";
    private readonly TempFolder folder = new();
    private HubServer hub = null!;
    private byte[] weights = [];
    private TimeSpan silence = TimeSpan.FromSeconds(20);

    public async Task InitializeAsync()
    {
        using var engine = CpuEngine.Create(threads: 1);
        using (ExportModels.Make(engine, Source(), "llama")) weights = File.ReadAllBytes(Source(Weights));
        hub = await HubServer.StartAsync(Source());
    }

    public async Task DisposeAsync() => await hub.DisposeAsync();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("hf:our-org/Tiny-Model", "our-org/Tiny-Model", "main")]
    [InlineData("hf:our-org/Tiny-Model@v1.0", "our-org/Tiny-Model", "v1.0")]
    [InlineData("hf:gpt2@refs/pr/3", "gpt2", "refs/pr/3")]
    public void A_reference_names_repository_and_revision(string text, string repository, string revision) =>
        Assert.Equal(new HubReference(repository, revision), HubReference.Parse(text));

    [Theory]
    [InlineData("hf:")]
    [InlineData("hf:a/b/c")]
    [InlineData("hf:../x")]
    [InlineData("hf:a/b@")]
    [InlineData("hf:a/b@../../x")]
    [InlineData("hf:a/b?x=1")]
    [InlineData("hf:a/b c")]
    public void Anything_else_is_no_reference(string text) => Assert.Equal("hub_reference_invalid", Assert.Throws<TemperException>(() => HubReference.Parse(text)).Code);

    [Theory]
    [InlineData("main")]
    [InlineData("v1.0")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")]
    public async Task What_a_model_needs_arrives_whole_pinned_to_the_commit_and_nothing_else(string revision)
    {
        foreach (var other in new[] { "README.md", "pytorch_model.bin", "onnx.bin", "flax_model.msgpack" }) File.WriteAllText(Source(other), other);
        var snapshot = await FetchAsync($"hf:{HubServer.Repository}@{revision}");
        using (ModelFolder.Open(snapshot.Folder, checkFinite: true)) Assert.Equal(hub.Commit, snapshot.Listing.Commit);
        Assert.Equal(["config.json", "generation_config.json", Weights, "source.json", "tokenizer.json", "tokenizer_config.json"], Directory.GetFiles(snapshot.Folder).Select(Path.GetFileName).Order());
        Assert.All(hub.Requests.Where(r => r.Path.Contains("resolve", StringComparison.Ordinal)), r => Assert.StartsWith($"/{HubServer.Repository}/resolve/{hub.Commit}/", r.Path, StringComparison.Ordinal));
        Assert.Equal(hub.Commit, (string?)JsonNode.Parse(File.ReadAllBytes(Path.Combine(snapshot.Folder, "source.json")))!["commit"]);
        var before = hub.Requests.Count;
        await FetchAsync();
        Assert.Equal(before + 1, hub.Requests.Count);
    }

    [Fact]
    public async Task The_token_is_shown_to_the_hub_and_to_nobody_else()
    {
        hub.Token = "hf_secret";
        await FetchAsync(token: "hf_secret");
        Assert.All(hub.Requests.Where(r => r.Host == "hub"), r => Assert.Equal("Bearer hf_secret", r.Authorization));
        Assert.Equal("", Assert.Single(hub.Requests, r => r.Host == "store").Authorization);
        Assert.DoesNotContain("hf_secret", new HubSettings(hub.Address, "hf_secret").ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null, "no token was shown")]
    [InlineData("hf_wrong", "the token was refused")]
    public async Task A_repository_that_asks_who_is_there_says_so_and_no_message_holds_the_token(string? token, string text)
    {
        hub.Token = "hf_secret";
        var error = await FailsAsync("hub_unauthorised", text, token: token);
        Assert.DoesNotContain("hf_wrong", error.ToString(), StringComparison.Ordinal);
        Assert.Single(hub.Requests);
    }

    [Fact]
    public async Task Gated_missing_and_unknown_are_told_apart()
    {
        await FailsAsync("hub_not_found", "no such revision", "hf:our-org/Tiny-Model@v9");
        await FailsAsync("hub_not_found", "no such repository", "hf:our-org/none");
        hub.Fault = (_, context) => AnswerAsync(context, 403);
        await FailsAsync("hub_gated", "403");
        hub.Fault = (_, context) => context.Request.Path.Value!.EndsWith("tokenizer.json", StringComparison.Ordinal) ? AnswerAsync(context, 404) : No;
        await FailsAsync("hub_not_found", "tokenizer.json");
        hub.Fault = (_, context) => AnswerAsync(context, 418);
        await FailsAsync("hub_answer_invalid", "418");
    }

    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(429)]
    public async Task What_passes_is_tried_again_and_not_for_ever(int status)
    {
        var left = 3;
        hub.Fault = (_, context) => left-- > 0 ? AnswerAsync(context, status) : No;
        await FetchAsync();
        (left, var before) = (int.MaxValue, hub.Requests.Count);
        Directory.Delete(folder.Of("hub"), recursive: true);
        await FailsAsync(status == 429 ? "hub_rate_limited" : "hub_unreachable", "Tried 4 times");
        Assert.Equal(before + 4, hub.Requests.Count);
    }

    [Fact]
    public async Task The_pause_that_a_hub_asks_for_is_kept_and_a_long_one_is_told()
    {
        var clock = System.Diagnostics.Stopwatch.StartNew();
        var left = 1;
        hub.Fault = (_, context) => left-- > 0 ? AnswerAsync(context, 429, "1") : No;
        await FetchAsync();
        Assert.InRange(clock.Elapsed.TotalSeconds, 0.95, 30);
        left = 1;
        await FailsAsync("hub_rate_limited", "wait 9999 seconds", pause: "9999");
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_connection_that_breaks_is_continued_where_it_broke(bool ranges)
    {
        hub.Ranges = ranges;
        var left = 2;
        hub.Fault = (host, context) => host == "store" && left-- > 0 ? HubServer.BreakAsync(context, weights, weights.Length / 2, HubServer.EtagOf(weights)) : No;
        await FetchAsync();
        var asked = hub.Requests.Where(r => r.Host == "store").ToArray();
        Assert.Equal(3, asked.Length);
        Assert.Equal(["", $"bytes={weights.Length / 2}-"], asked.Select(r => r.Range).Take(2));
        Assert.Equal(HubServer.EtagOf(weights), asked[1].IfRange);
    }

    [Fact]
    public async Task Another_process_continues_what_one_had_begun()
    {
        hub.Fault = (host, context) => host == "store" ? HubServer.BreakAsync(context, weights, 5000, HubServer.EtagOf(weights)) : No;
        await FailsAsync("hub_unreachable", Weights);
        hub.Fault = (_, _) => No;
        hub.Requests.Clear();
        await FetchAsync();
        Assert.Equal("bytes=5000-", Assert.Single(hub.Requests, r => r.Host == "store").Range);
    }

    [Fact]
    public async Task A_server_that_only_ever_breaks_off_is_given_up()
    {
        hub.Ranges = false;
        hub.Fault = (host, context) => host == "store" ? HubServer.BreakAsync(context, weights, 5000, HubServer.EtagOf(weights)) : No;
        await FailsAsync("hub_unreachable", Weights);
        Assert.InRange(hub.Requests.Count(r => r.Host == "store"), 4, 6);
    }

    [Fact]
    public async Task A_file_whose_ETag_changed_on_the_way_is_fetched_anew()
    {
        var left = 1;
        hub.Fault = (host, context) => host == "store" && left-- > 0 ? HubServer.BreakAsync(context, [.. weights.Select(b => (byte)~b)], 5000, "\"old\"") : No;
        var snapshot = await FetchAsync();
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine(snapshot.Folder, Weights)));
        Assert.Equal("\"old\"", hub.Requests.Last(r => r.Host == "store").IfRange);
    }

    [Theory]
    [InlineData("commit", "hub_file_changed", "answers with commit bbbb")]
    [InlineData("digest", "hub_file_changed", "now names digest cccc")]
    [InlineData("length", "hub_file_changed", "bytes, at first")]
    [InlineData("longer", "hub_file_changed", "arrive")]
    [InlineData("bytes", "hub_hash_mismatch", "do not have the digest")]
    public async Task Other_bytes_than_the_commits_are_never_kept(string fault, string code, string text)
    {
        hub.Fault = async (host, context) =>
        {
            if (!context.Request.Path.Value!.EndsWith(Weights, StringComparison.Ordinal) || host == "hub" != fault is "commit" or "digest") return false;
            context.Response.Headers["X-Repo-Commit"] = fault == "commit" ? new string('b', 40) : hub.Commit;
            if (fault == "digest") context.Response.Headers["X-Linked-Etag"] = $"\"{new string('c', 64)}\"";
            var other = fault switch { "length" => weights[1..], "longer" => [.. weights, 1], _ => [.. weights.Select(b => (byte)~b)] };
            if (fault != "longer") context.Response.ContentLength = other.Length;
            await context.Response.Body.WriteAsync(other);
            return true;
        };
        await FailsAsync(code, text);
        Assert.DoesNotContain(Directory.GetFiles(folder.Of("hub"), "*", SearchOption.AllDirectories), path => path.EndsWith(Weights, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Silence_is_a_broken_connection()
    {
        silence = TimeSpan.FromSeconds(0.5);
        hub.Fault = async (host, context) =>
        {
            if (host != "store") return false;
            await Task.Delay(TimeSpan.FromSeconds(20), context.RequestAborted).ContinueWith(_ => { }, TaskScheduler.Default);
            return true;
        };
        await FailsAsync("hub_unreachable", "nothing was heard");
    }

    [Fact]
    public async Task Nobody_at_the_address_is_said()
    {
        await hub.DisposeAsync();
        await FailsAsync("hub_unreachable", "Tried 4 times");
    }

    [Theory]
    [InlineData("/again", "after 5 redirects")]
    [InlineData("file:///etc/passwd", "less safe")]
    public async Task A_redirect_in_circles_or_out_of_the_network_is_refused(string location, string text)
    {
        hub.Fault = (_, context) =>
        {
            context.Response.Redirect(location);
            return Task.FromResult(true);
        };
        await FailsAsync("hub_redirect_refused", text);
    }

    [Theory]
    [InlineData("<html>", "hub_answer_invalid", "is an invalid start")]
    [InlineData("{}", "hub_answer_invalid", "sha")]
    [InlineData("""{"sha": "../../x", "siblings": []}""", "hub_answer_invalid", "40 hex digits")]
    [InlineData("""{"sha": "COMMIT", "siblings": [{"rfilename": "../../.bashrc"}]}""", "hub_answer_invalid", "outside its folder")]
    [InlineData("""{"sha": "COMMIT", "siblings": [{"rfilename": "config.json"}, {"rfilename": "config.json"}]}""", "hub_answer_invalid", "'config.json' twice")]
    [InlineData("""{"sha": "COMMIT", "siblings": [3, {"rfilename": "/etc/x"}]}""", "hub_answer_invalid", "outside its folder")]
    [InlineData("""{"sha": "COMMIT", "siblings": [{"rfilename": "config.json"}, {"rfilename": "tokenizer.json"}, {"rfilename": "pytorch_model.bin"}]}""", "pickle_refused", "pytorch_model.bin")]
    [InlineData("""{"sha": "COMMIT", "siblings": [{"rfilename": "adapter_model.safetensors"}, {"rfilename": "tokenizer.model"}]}""", "hub_not_a_model", "it is an adapter")]
    [InlineData("""{"sha": "COMMIT", "siblings": [{"rfilename": "config.json"}, {"rfilename": "tokenizer.json"}, {"rfilename": "x.gguf"}]}""", "hub_not_a_model", "x.gguf is not read")]
    public async Task A_listing_that_cannot_be_right_or_holds_no_model_is_refused_before_anything_is_fetched(string json, string code, string text)
    {
        hub.Listing = _ => json.Replace("COMMIT", hub.Commit, StringComparison.Ordinal);
        await FailsAsync(code, text);
        Assert.Single(hub.Requests);
    }

    [Fact]
    public async Task All_that_a_repository_lacks_is_said_at_once()
    {
        foreach (var name in new[] { "config.json", "tokenizer.json", Weights }) File.Delete(Source(name));
        File.WriteAllText(Source("tokenizer.model"), "");
        var error = await FailsAsync("hub_not_a_model", "no config.json");
        Assert.Equal(3, error.Problems.Count);
        Assert.Contains("only tokenizer.model", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_family_that_is_not_supported_is_refused_before_its_weights_are_fetched()
    {
        File.WriteAllText(Source("config.json"), """{"model_type": "fancy"}""");
        await FailsAsync("unsupported_architecture", "'fancy'");
        Assert.DoesNotContain(hub.Requests, r => r.Path.Contains(Weights, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_model_of_images_needs_no_tokenizer()
    {
        foreach (var file in Directory.GetFiles(Source())) File.Delete(file);
        foreach (var name in new[] { "config.json", Weights }) File.Copy(TinyModel.DataPath($"encoders/vit/{name}"), Source(name));
        File.WriteAllText(Source("preprocessor_config.json"), "{}");
        using var model = EncoderFolder.Open((await FetchAsync()).Folder);
        Assert.Null(model.Tokenizer);
    }

    [Fact]
    public async Task A_part_that_is_longer_than_the_file_is_begun_anew()
    {
        hub.Listing = WithoutFacts;
        var place = Path.Combine(folder.Of("hub"), "our-org--Tiny-Model", hub.Commit);
        Directory.CreateDirectory(place);
        File.WriteAllBytes(Path.Combine(place, Weights + ".part"), new byte[weights.Length + 10]);
        File.WriteAllText(Path.Combine(place, Weights + ".part.tag"), HubServer.EtagOf(weights));
        Assert.Equal(weights, File.ReadAllBytes(Path.Combine((await FetchAsync()).Folder, Weights)));
        Assert.Equal([$"bytes={weights.Length + 10}-", ""], hub.Requests.Where(r => r.Host == "store").Select(r => r.Range));
    }

    [Fact]
    public async Task Digests_that_the_listing_leaves_out_come_with_the_file_and_without_any_nothing_is_kept()
    {
        hub.Listing = WithoutFacts;
        using (ModelFolder.Open((await FetchAsync()).Folder)) Assert.Contains(hub.Requests, r => r.Host == "store");
        Directory.Delete(folder.Of("hub"), recursive: true);
        hub.Fault = async (host, context) =>
        {
            if (host != "hub" || context.Request.Path.StartsWithSegments("/api", StringComparison.Ordinal)) return false;
            await context.Response.Body.WriteAsync(File.ReadAllBytes(Source(Path.GetFileName(context.Request.Path.Value!))));
            return true;
        };
        await FailsAsync("hub_answer_invalid", "no digest");
    }

    [Fact]
    public async Task Shards_are_those_that_the_index_names()
    {
        File.Move(Source(Weights), Source("model-00001-of-00001.safetensors"));
        File.Copy(Source("model-00001-of-00001.safetensors"), Source("consolidated.safetensors"));
        using (var file = SafetensorsReader.Open(Source("model-00001-of-00001.safetensors")))
            WriteIndex(file.Tensors.Select(t => (t.Name, "model-00001-of-00001.safetensors")));
        using (ModelFolder.Open((await FetchAsync()).Folder)) Assert.DoesNotContain(hub.Requests, r => r.Path.Contains("consolidated", StringComparison.Ordinal));
        WriteIndex([("x", "absent.safetensors"), ("y", "../config.json")]);
        var error = await FailsAsync("weight_index_invalid", "'absent.safetensors'");
        Assert.Equal(2, error.Problems.Count);
    }

    [Fact]
    public async Task Two_processes_do_not_write_one_file()
    {
        var place = Path.Combine(folder.Of("hub"), "our-org--Tiny-Model", hub.Commit);
        Directory.CreateDirectory(place);
        using var other = new FileStream(Path.Combine(place, "config.json.part"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);
        await FailsAsync("hub_busy", "config.json.part");
    }

    private static string WithoutFacts(string json)
    {
        var root = JsonNode.Parse(json)!.AsObject();
        foreach (var sibling in root["siblings"]!.AsArray())
            foreach (var key in new[] { "size", "lfs", "blobId" }) sibling!.AsObject().Remove(key);
        return root.ToJsonString();
    }

    private static Task<bool> No => Task.FromResult(false);

    private static Task<bool> AnswerAsync(HttpContext context, int status, string? pause = null)
    {
        context.Response.StatusCode = status;
        if (pause is not null) context.Response.Headers.RetryAfter = pause;
        return Task.FromResult(true);
    }

    private string Source(string name = "") => folder.Of("source", name);

    private void WriteIndex(IEnumerable<(string Tensor, string Shard)> places) => File.WriteAllText(Source("model.safetensors.index.json"),
        new JsonObject { ["weight_map"] = new JsonObject(places.Select(p => KeyValuePair.Create(p.Tensor, (JsonNode?)p.Shard))) }.ToJsonString());

    private async Task<HubSnapshot> FetchAsync(string reference = "hf:" + HubServer.Repository, string? token = null)
    {
        var settings = new HubSettings(hub.Address, token) { Attempts = 4, FirstPause = TimeSpan.FromMilliseconds(5), LongestPause = TimeSpan.FromSeconds(5), Silence = silence };
        using var client = new HubClient(settings, folder.Of("hub"), TimeProvider.System);
        return await client.FetchAsync(HubReference.Parse(reference), null, default);
    }

    private async Task<TemperException> FailsAsync(string code, string text, string reference = "hf:" + HubServer.Repository, string? token = null, string? pause = null)
    {
        if (pause is not null) hub.Fault = (_, context) => AnswerAsync(context, (int)HttpStatusCode.TooManyRequests, pause);
        var error = await Assert.ThrowsAsync<TemperException>(() => FetchAsync(reference, token));
        Assert.Equal(code, error.Code);
        Assert.Contains(text, error.Message, StringComparison.Ordinal);
        return error;
    }
}
