using System.Text.Json;
using Temper.Core.Ids;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Datasets by configuration, over the command line.</summary>
public sealed class DataVerbTests
{
    [Fact]
    public async Task A_configuration_is_built_in_order_and_what_has_not_changed_is_not_sent_again()
    {
        using var folder = new TempFolder();
        Write(folder, "chats/a.jsonl", Enumerable.Range(0, 20).Select(i => $$"""{"text": "a note about the number {{i}} and what it is good for"}"""));
        Write(folder, "exam/b.jsonl", Enumerable.Range(50, 5).Select(i => $$"""{"text": "a question about {{i}} boxes in the cellar"}"""));
        var config = folder.Of("datasets.yaml");
        await File.WriteAllTextAsync(config, """
            version: 1
            datasets:
              - {id: chats, dataset_type: text, instance_data_dir: chats, probability: 2, dedup: {near: {enabled: false}}}
              - {id: exam, dataset_type: eval, instance_data_dir: exam, dedup: {near: {enabled: false}}}
            """);
        using var server = await TemperProcess.UpAsync(folder.Of("home"));
        using var client = server.Client();
        string[] build = ["data", "build", config, "--server", server.Address.AbsoluteUri, "--home", folder.Of("home")];

        var first = await BuildAsync(build);
        Assert.Equal([("exam", "built", 1), ("chats", "built", 1)], Datasets(first));
        Assert.Equal(["init", "config", "build"], first.GetProperty("stages").EnumerateArray().Where(s => s.GetProperty("dataset").GetString() == "chats").Select(s => s.GetProperty("stage").GetString()!));
        Assert.All(first.GetProperty("stages").EnumerateArray(), s => Assert.All(["managed", "working_set", "native"], kind => Assert.True(s.GetProperty(kind).GetProperty("peak").GetInt64() >= s.GetProperty(kind).GetProperty("end").GetInt64())));
        Assert.Equal(2, first.GetProperty("backend_counts").GetProperty("local").GetInt32());
        Assert.Equal(20, first.GetProperty("datasets")[1].GetProperty("ledger").GetProperty("accepted").GetInt64());

        var kept = (await client.Datasets.FindBuildAsync(ResourceName.Parse("chats"), 1, default))!;
        Assert.Equal(("local", 1L, "init config build"), (kept.Backend, kept.Items, string.Join(' ', kept.Stages.Select(s => s.Stage))));
        using (var http = new HttpClient())
            Assert.Contains("<h2>Building</h2>", await http.GetStringAsync(new Uri(server.Address, "datasets/chats/1")));

        var again = await BuildAsync(build);
        Assert.Equal([("exam", "unchanged", 1), ("chats", "unchanged", 1)], Datasets(again));
        Assert.All(again.GetProperty("datasets").EnumerateArray(), d => Assert.Equal((0L, 0L), (d.GetProperty("sent").GetInt64(), d.GetProperty("hashed").GetInt64())));
        Assert.Equal(2, (await client.Jobs.ListAsync(null, null, default)).Items.Count);

        await File.AppendAllTextAsync(folder.Of("chats/a.jsonl"), "{\"text\": \"one more note, of another kind\"}\n");
        var grown = await BuildAsync(build);
        Assert.Equal([("exam", "unchanged", 1), ("chats", "built", 2)], Datasets(grown));
        Assert.Equal(new FileInfo(folder.Of("chats/a.jsonl")).Length, grown.GetProperty("datasets")[1].GetProperty("sent").GetInt64());
        Assert.Equal(21, (await client.Datasets.FindAsync(ResourceName.Parse("chats"), 2, default))!.Ledger.Accepted);

        await File.AppendAllTextAsync(folder.Of("exam/b.jsonl"), "{\"text\": \"a question that nobody has asked before\"}\n");
        var judged = await BuildAsync(build);
        Assert.Equal(["built", "built"], Datasets(judged).Select(d => d.Item2));
        Assert.Equal(0, judged.GetProperty("datasets")[1].GetProperty("sent").GetInt64());

        var (exit, shown, errors) = await TemperProcess.RunAsync(build);
        Assert.True(exit == 0, errors);
        Assert.Contains("working set start", shown);
    }

    [Fact]
    public async Task Every_error_of_a_configuration_is_shown_at_once_and_the_exit_code_is_2()
    {
        using var folder = new TempFolder();
        var config = folder.Of("datasets.yaml");
        await File.WriteAllTextAsync(config, """
            - {id: a, dataset_type: text, instance_data_dir: gone, formt: text}
            - {id: a, dataset_type: text, instance_data_dir: "{env:HOME}"}
            """);
        foreach (var verb in (string[])["validate", "plan", "build"])
        {
            var (exit, output, errors) = await TemperProcess.RunAsync(["data", verb, config, "--home", folder.Of("home"), "--json"]);
            Assert.Equal(2, exit);
            var codes = JsonDocument.Parse(output).RootElement.GetProperty("error").GetProperty("errors").EnumerateArray().Select(e => e.GetProperty("code").GetString()!);
            Assert.Equal(["CFG_DUPLICATE_ID", "CFG_PATH_MISSING", "CFG_UNKNOWN_KEY", "CFG_VAR_UNKNOWN"], codes.Order(StringComparer.Ordinal));
            Assert.Contains("Did you mean 'format'?", errors);
        }
    }

    [Fact]
    public async Task A_verb_of_a_group_points_at_its_own_help()
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(["data", "search"]);
        Assert.Equal(2, exit);
        Assert.Contains("`temper data search --help`", errors);
    }

    [Fact]
    public async Task A_name_that_a_terminal_would_obey_is_shown_harmless()
    {
        using var folder = new TempFolder();
        var file = folder.Of("we\u202Eird\u001B[31m.jsonl");
        await File.WriteAllTextAsync(file, "not json\n");
        var (exit, output, errors) = await TemperProcess.RunAsync(["upload", file, "--dataset", "q", "--dry-run", "--home", folder.Of("home")]);
        Assert.NotEqual(0, exit);
        Assert.DoesNotContain("\u001B", output + errors);
        Assert.DoesNotContain("\u202E", output + errors);
    }

    [Theory]
    [InlineData("validate")]
    [InlineData("plan")]
    [InlineData("import")]
    [InlineData("simulate")]
    public async Task A_file_that_never_ends_is_refused(string verb)
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(["data", verb, "/dev/zero"]);
        Assert.Equal(2, exit);
        Assert.Contains("CFG_SYNTAX", errors);
    }

    [Fact]
    public async Task A_dry_run_shows_the_ledger_and_leaves_nothing_behind()
    {
        using var folder = new TempFolder();
        Write(folder, "chats/a.jsonl", ["{\"text\": \"fine\"}", "{\"text\": \"fine, too\"}"]);
        Write(folder, "bad/a.jsonl", ["not json", "{\"text\": \"fine\"}"]);
        await File.WriteAllTextAsync(folder.Of("d.yaml"), "datasets: [{id: chats, dataset_type: eval, instance_data_dir: chats}, {id: bad, dataset_type: text, instance_data_dir: bad}, {id: after, dataset_type: eval, instance_data_dir: chats, eval_of: bad}]");
        var (exit, output, errors) = await TemperProcess.RunAsync(["data", "build", folder.Of("d.yaml"), "--dry-run", "--home", folder.Of("home"), "--json"]);
        Assert.True(exit == 2, errors);
        var result = JsonDocument.Parse(output).RootElement;
        Assert.Equal(["checked", "failed", "skipped"], result.GetProperty("datasets").EnumerateArray().Select(d => d.GetProperty("action").GetString()!));
        Assert.Equal(2, result.GetProperty("datasets")[0].GetProperty("ledger").GetProperty("accepted").GetInt64());
        Assert.Contains("DATA_TOO_MANY_BAD", errors);
        Assert.DoesNotContain(Directory.EnumerateFileSystemEntries(folder.Of("home"), "*", SearchOption.AllDirectories), e => Path.GetFileName(e).StartsWith("check-", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_file_of_SimpleTuner_becomes_a_configuration_and_its_secret_a_name()
    {
        using var folder = new TempFolder();
        var (source, target, home) = (folder.Of("multidatabackend.json"), folder.Of("datasets.json"), folder.Of("home"));
        await File.WriteAllTextAsync(source, """[{"id": "My Bucket", "type": "aws", "aws_bucket_name": "b", "aws_region_name": "eu", "aws_endpoint_url": "https://s3.example", "aws_access_key_id": "AKIACANARY", "aws_secret_access_key": "canarycanary", "crop": "False", "cache_dir_vae": "x"}]""");
        Assert.Equal(2, (await TemperProcess.RunAsync(["data", "import", source, "--out", target, "--home", home])).Exit);
        Assert.False(File.Exists(target));
        var (exit, output, errors) = await TemperProcess.RunAsync(["data", "import", source, "--import-secrets", "--out", target, "--home", home]);
        Assert.True(exit == 0, errors);
        Assert.DoesNotContain("canary", output + errors + await File.ReadAllTextAsync(target), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("my-bucket.aws-access-key-id\nmy-bucket.aws-secret-access-key", (await TemperProcess.RunAsync(["data", "secret", "--home", home])).Output.Trim());
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(home, "secrets")));
        Assert.Equal(0, (await TemperProcess.RunAsync(["data", "validate", target, "--home", home])).Exit);
    }

    [Fact]
    public async Task A_secret_is_read_from_standard_input_and_a_key_is_explained()
    {
        using var folder = new TempFolder();
        var (exit, output, _) = await TemperProcess.FeedAsync("canary\n", ["data", "secret", "bucket-key", "--home", folder.Of("home")]);
        Assert.Equal(0, exit);
        Assert.DoesNotContain("canary", output);
        var explained = await TemperProcess.RunAsync(["data", "explain", "max_num_samples"]);
        Assert.Contains("smallest digests", explained.Output);
        Assert.Contains("circle", (await TemperProcess.RunAsync(["data", "explain", "CFG_CYCLE"])).Output);
        Assert.Equal(1, (await TemperProcess.RunAsync(["data", "explain", "nothing_of_the_kind"])).Exit);
    }

    private static async Task<JsonElement> BuildAsync(string[] build)
    {
        var (exit, output, errors) = await TemperProcess.RunAsync([.. build, "--json"]);
        Assert.True(exit == 0, errors);
        return JsonDocument.Parse(output).RootElement;
    }

    private static IEnumerable<(string, string, int)> Datasets(JsonElement result) =>
        result.GetProperty("datasets").EnumerateArray().Select(d => (d.GetProperty("id").GetString()!, d.GetProperty("action").GetString()!, d.GetProperty("version").GetInt32()));

    private static void Write(TempFolder folder, string path, IEnumerable<string> lines)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Of(path))!);
        File.WriteAllLines(folder.Of(path), lines);
    }
}
