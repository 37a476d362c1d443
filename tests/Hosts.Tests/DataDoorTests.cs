using System.Text.Json;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>What the verbs of datasets say to a newcomer who looks at every corner once.</summary>
public sealed class DataDoorTests(DataDoorTests.Door door) : IClassFixture<DataDoorTests.Door>, IDisposable
{
    private static readonly string Images = RepoRoot.Of("tests", "Models.Tests", "data", "images");
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_report_of_texts_shows_languages_and_where_personal_data_was_found()
    {
        var server = door.Server;
        Write("data/a.jsonl", [.. Enumerable.Range(0, 5).Select(i => $$"""{"text": "Please write to anna{{i}}@example.org about the box number {{i}}, it is in the cellar."}""")]);
        Assert.Equal(0, (await RunAsync(server, "upload", _folder.Of("data"), "--dataset", "texts", "--wait")).Exit);
        var (exit, output, errors) = await RunAsync(server, "datasets", "report", "texts");
        Assert.True(exit == 0, errors);
        Assert.Contains("languages: en 5", output);
        Assert.Contains("personal data and secrets:", output);
        Assert.Matches("email +5, first a.jsonl:1", output);
        Assert.Contains("score ", output);
        Assert.Contains("5 records in = 5 accepted", output);
    }

    [Fact]
    public async Task Quarantined_images_are_written_as_they_came_for_their_owner_alone_and_the_report_counts_buckets()
    {
        var server = door.Server;
        Directory.CreateDirectory(_folder.Of("pics", "sub"));
        File.Copy(Path.Combine(Images, "jpeg-exif6.jpg"), _folder.Of("pics", "a.jpg"));
        var cut = File.ReadAllBytes(Path.Combine(Images, "jpeg-q100.jpg"))[..3000];
        File.WriteAllBytes(_folder.Of("pics", "sub", "cut.jpg"), cut);
        File.WriteAllText(_folder.Of("pics", "dataset.yaml"), "dataset_type: image\ncaption_strategy: filename\nmax_bad_fraction: 0.5\n");
        Assert.Equal(0, (await RunAsync(server, "upload", _folder.Of("pics"), "--dataset", "pics", "--wait")).Exit);
        var (exit, output, errors) = await RunAsync(server, "data", "quarantine", "pics", "--out", _folder.Of("bad"));
        Assert.True(exit == 0, errors);
        Assert.Contains("1 file in", output);
        Assert.Equal(cut, File.ReadAllBytes(_folder.Of("bad", "sub", "cut.jpg")));
        Assert.Contains("IMG_TRUNCATED", File.ReadAllText(_folder.Of("bad.reasons.jsonl")));
        foreach (var file in OperatingSystem.IsWindows() ? [] : (string[])[_folder.Of("bad", "sub", "cut.jpg"), _folder.Of("bad.reasons.jsonl")])
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, OperatingSystem.IsWindows() ? default : File.GetUnixFileMode(file));
        var report = (await RunAsync(server, "datasets", "report", "pics")).Output;
        Assert.Contains("images: 1 caption; 0 without one", report);
        Assert.Contains("768 × 1344", report);
        var folder = await RunAsync(server, "data", "requeue", "pics", _folder.Of("bad"));
        Assert.Equal(2, folder.Exit);
        Assert.Contains("is a folder", folder.Errors);
    }

    [Fact]
    public async Task A_rejected_version_is_requeued_with_corrected_lines_that_only_their_owner_can_read()
    {
        var server = door.Server;
        Write("data/a.jsonl", [.. Enumerable.Range(0, 5).Select(i => $$"""{"text": "a note about the box number {{i}}"}"""), "broken"]);
        Assert.Equal(2, (await RunAsync(server, "upload", _folder.Of("data"), "--dataset", "mended", "--wait")).Exit);
        var (exit, output, errors) = await RunAsync(server, "data", "quarantine", "mended", "--out", _folder.Of("fix.jsonl"));
        Assert.True(exit == 0, errors);
        Assert.Contains("1 line in", output);
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_folder.Of("fix.jsonl")));
        File.WriteAllText(_folder.Of("fix.jsonl"), "{\"text\": \"not broken any more\"}\n");
        (exit, output, errors) = await RunAsync(server, "data", "requeue", "mended:1", _folder.Of("fix.jsonl"), "--wait");
        Assert.True(exit == 0, output + errors);
        Assert.Contains("7 records in = 6 accepted + 0 quarantined + 0 duplicates + 1 filtered", output);

        var nothing = await RunAsync(server, "data", "quarantine", "mended:2", "--out", _folder.Of("none.jsonl"));
        Assert.Equal(1, nothing.Exit);
        Assert.False(File.Exists(_folder.Of("none.jsonl")));
    }

    [Fact]
    public async Task What_fits_no_format_is_listed_as_rejected_and_says_why_it_cannot_be_requeued()
    {
        var server = door.Server;
        Write("data/a.jsonl", ["{\"question\": \"q\"}"]);
        var (exit, output, _) = await RunAsync(server, "upload", _folder.Of("data"), "--dataset", "odd", "--wait");
        Assert.Equal(2, exit);
        Assert.Contains("FMT_UNKNOWN", output);
        Assert.Contains("odd:1", (await RunAsync(server, "datasets", "odd")).Output);
        Assert.Equal(0, (await RunAsync(server, "datasets", "report", "odd")).Exit);
        Write("fix.jsonl", ["{\"text\": \"q\"}"]);
        var requeue = await RunAsync(server, "data", "requeue", "odd:1", _folder.Of("fix.jsonl"));
        Assert.Equal(2, requeue.Exit);
        Assert.Contains("none of its records was read", requeue.Errors);
        Assert.DoesNotContain("not_found", requeue.Errors);
    }

    [Fact]
    public async Task A_search_without_its_model_ends_before_anything_is_fetched()
    {
        var server = door.Server;
        Write("data/a.jsonl", ["{\"text\": \"one\"}"]);
        Assert.Equal(0, (await RunAsync(server, "upload", _folder.Of("data"), "--dataset", "sought", "--wait")).Exit);
        var (exit, _, errors) = await RunAsync(server, "data", "search", "sought", "one", "--model", "no-such-model", "--home", _folder.Of("other"));
        Assert.Equal(1, exit);
        Assert.Contains("no-such-model", errors);
        Assert.Equal(2, (await RunAsync(server, "data", "search", "sought", "one", "--home", _folder.Of("other"))).Exit);
        Assert.Empty(Directory.Exists(_folder.Of("other")) ? Directory.EnumerateFiles(_folder.Of("other"), "*", SearchOption.AllDirectories) : []);
    }

    [Fact]
    public async Task A_simulation_says_where_sizes_come_from_and_which_limit_ended_it()
    {
        File.WriteAllText(_folder.Of("d.yaml"), "- {id: chats, dataset_type: text, instance_data_dir: x, expect: {min_records: 9}}\n- {id: code, dataset_type: text, instance_data_dir: y, max_num_samples: 5}\n");
        var (exit, output, errors) = await TemperProcess.RunAsync(["data", "simulate", _folder.Of("d.yaml"), "--size", "code=7", "--draws", "3"]);
        Assert.True(exit == 0, errors);
        Assert.Contains("expect.min_records", output);
        Assert.Contains("max_num_samples of 7 (--size)", output);
        Assert.Contains("until --epochs 1", output);
        var (_, json, _) = await TemperProcess.RunAsync(["data", "simulate", _folder.Of("d.yaml"), "--size", "code=7", "--steps", "2", "--json"]);
        Assert.Equal("--steps 2", JsonDocument.Parse(json).RootElement.GetProperty("stopped_by").GetString());
        Assert.Equal("expect.min_records", JsonDocument.Parse(json).RootElement.GetProperty("sizes_from").GetProperty("chats").GetString());
        var server = door.Server;
        var unknown = await RunAsync(server, "data", "simulate", _folder.Of("d.yaml"));
        Assert.Equal(1, unknown.Exit);
        Assert.Contains("--size code=N", unknown.Errors);
    }

    [Fact]
    public async Task A_plan_spells_types_as_the_configuration_does_and_the_check_knows_files_from_folders()
    {
        Write("data/a.jsonl", ["{\"text\": \"one\"}"]);
        File.WriteAllText(_folder.Of("d.yaml"), "- {id: a, dataset_type: text, instance_data_dir: data}\n- {id: s, dataset_type: text_embeds}\n");
        Assert.Contains("text_embeds", (await TemperProcess.RunAsync(["data", "plan", _folder.Of("d.yaml"), "--home", _folder.Of("home")])).Output);
        File.WriteAllText(_folder.Of("e.yaml"), "- {id: a, dataset_type: text, instance_data_dir: data/a.jsonl}\n- {id: b, dataset_type: text, instance_data_dir: /etc}\n- {id: c, dataset_type: text, instance_data_dir: gone}\n");
        var (exit, _, errors) = await TemperProcess.RunAsync(["data", "validate", _folder.Of("e.yaml")]);
        Assert.Equal(2, exit);
        Assert.Contains("a.jsonl is a file", errors);
        Assert.Contains("SRC_OUTSIDE_ROOT", errors);
        Assert.Equal(2, errors.Split("--root").Length - 1);
    }

    [Fact]
    public async Task A_dry_run_of_an_import_says_what_would_become_of_secrets()
    {
        File.WriteAllText(_folder.Of("m.json"), """[{"id": "b", "type": "aws", "aws_bucket_name": "b", "aws_region_name": "eu", "aws_endpoint_url": "https://s3.example", "aws_access_key_id": "AKIACANARY", "aws_secret_access_key": "canarycanary"}]""");
        var (exit, output, errors) = await TemperProcess.RunAsync(["data", "import", _folder.Of("m.json"), "--import-secrets", "--dry-run", "--home", _folder.Of("home")]);
        Assert.True(exit == 0, errors);
        Assert.Contains("would be moved to the secret store", output);
        Assert.Contains("no secrets yet", (await TemperProcess.RunAsync(["data", "secret", "--home", _folder.Of("home")])).Output);
        File.WriteAllText(_folder.Of("m.json"), """[{"id": "b", "type": "aws", "aws_bucket_name": "b"}]""");
        Assert.DoesNotContain("may be left out", (await TemperProcess.RunAsync(["data", "import", _folder.Of("m.json"), "--dry-run"])).Errors);
    }

    [Fact]
    public async Task What_is_misspelt_or_is_not_there_is_answered_with_what_is()
    {
        var server = door.Server;
        Write("data/a.jsonl", ["{\"text\": \"one\"}"]);
        Assert.Equal(0, (await RunAsync(server, "upload", _folder.Of("data"), "--dataset", "spelt", "--wait")).Exit);
        Assert.Contains("the newest is 1", (await RunAsync(server, "data", "quarantine", "spelt:9")).Errors);
        Assert.Contains("the newest is 1", (await RunAsync(server, "datasets", "spelt:9")).Errors);
        Assert.Contains("'x' is no number of a version", (await RunAsync(server, "data", "quarantine", "spelt:x")).Errors);
        Assert.Contains("spelt:1", (await RunAsync(server, "datasets", "spelt:1")).Output);
        Assert.Contains("Did you mean CFG_CYCLE?", (await TemperProcess.RunAsync(["data", "explain", "CFG_CYCL"])).Errors);
        Assert.Contains("Did you mean CFG_CYCLE?", (await TemperProcess.RunAsync(["explain", "cfg_cycl"])).Errors);
        Assert.Contains("is a folder, not a file", (await TemperProcess.RunAsync(["data", "plan", _folder.Of("data")])).Errors);
        Assert.Contains("no secrets yet", (await TemperProcess.RunAsync(["data", "secret", "--home", _folder.Of("home")])).Output);
        File.WriteAllText(_folder.Of("m.json"), """[{"id": "a", "instance_data_dir": "data", "crop": "True"}]""");
        Assert.Contains("and is now true.", (await TemperProcess.RunAsync(["data", "import", _folder.Of("m.json"), "--dry-run"])).Output);
    }

    [Theory]
    [InlineData("datasets/x/abc", "text/html")]
    [InlineData("datasets/x/abc", "*/*")]
    [InlineData("nothing", "*/*")]
    [InlineData("jobs?cursor=zz", "text/html")]
    public async Task An_address_that_leads_nowhere_is_answered_with_a_page(string address, string accept)
    {
        var server = door.Server;
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(server.Address, address));
        request.Headers.Add("Accept", accept);
        using var answer = await http.SendAsync(request);
        Assert.Equal(404, (int)answer.StatusCode);
        Assert.Contains("<h1>Not found</h1>", await answer.Content.ReadAsStringAsync());
    }

    /// <summary>One server for all; each test has datasets of its own.</summary>
    public sealed class Door : IAsyncLifetime, IDisposable
    {
        private readonly TempFolder _folder = new();

        internal TemperProcess Server { get; private set; } = null!;

        public async Task InitializeAsync() => Server = await TemperProcess.UpAsync(_folder.Of("home"));

        public Task DisposeAsync() => Task.CompletedTask;

        public void Dispose()
        {
            Server?.Dispose();
            _folder.Dispose();
        }
    }

    private void Write(string path, string[] lines)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(_folder.Of(path))!);
        File.WriteAllLines(_folder.Of(path), lines);
    }

    private static Task<(int Exit, string Output, string Errors)> RunAsync(TemperProcess server, params string[] arguments) =>
        TemperProcess.RunAsync([.. arguments, "--server", server.Address.AbsoluteUri]);
}
