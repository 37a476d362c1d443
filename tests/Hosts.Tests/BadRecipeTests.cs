using Temper.Core.Errors;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>What is wrong with a recipe, or with its data for what the recipe asks, on the command line: code, exit code, place, remedy; nothing is started.</summary>
public sealed class BadRecipeTests(BadRecipeTests.Place place) : IClassFixture<BadRecipeTests.Place>
{
    private const string Lora = "lora: {r: 4}\n";

    [Theory]
    [InlineData("training: {learning_rate: \"1e-4\", max_steps: 2}")]
    [InlineData("training: {learning_rate: 1e-4, max_steps: 2}")]
    [InlineData("training: {num_train_epochs: 0.001}")]
    [InlineData("training: {per_device_train_batch_size: 1000, max_steps: 1}")]
    [InlineData("training: {max_steps: 1, pad_to_multiple_of: 8}", "unknown_key", "training.pad_to_multiple_of")]
    [InlineData("training: {learning_rate: fast}", "wrong_type", "training.learning_rate")]
    [InlineData("training: {gradient_checkpointing: yes}", "wrong_type", "training.gradient_checkpointing")]
    [InlineData("training: {max_steps: 0}", "out_of_range", "training.max_steps")]
    [InlineData("training: {max_steps: 3, warmup_steps: 4}", "out_of_range", "training.warmup_steps")]
    [InlineData("training: {eval_strategy: epoch}", "requires", "training.eval_strategy")]
    [InlineData("training: {learnin_rate: 1}", "unknown_key", "training.learnin_rate")]
    [InlineData("seed: 1\nseed: 2", "recipe_syntax", "seed")]
    [InlineData("training:\n\tmax_steps: 1", "recipe_syntax", null)]
    [InlineData("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]", "recipe_syntax", null)]
    [InlineData("lora: {r: 0}", "out_of_range", "lora.r")]
    [InlineData("lora: {r: 20}", "out_of_range", "lora.r")]
    [InlineData("lora: {r: 16, rank_pattern: {v_proj: 17}}", "out_of_range", "lora.r")]
    [InlineData("lora: {lora_alpha: 0}", "out_of_range", "lora.lora_alpha")]
    [InlineData("lora: {r: 4, target_modules: [q_porj]}", "target_not_found", "lora.target_modules")]
    [InlineData("lora: {r: 4, target_modules: [lm_head]}", "lora_on_tied_head", "lora.target_modules")]
    [InlineData("lora: {r: 4, modules_to_save: [embed_tokens]}", "lora_on_tied_head", "lora.target_modules")]
    [InlineData("data: {max_length: 129}", "length_beyond_model", "data.max_length")]
    [InlineData("data: {max_length: 8}", "data_too_long", null)]
    [InlineData("data: {validation: 30, max_length: 64}", "training_data_empty", "data.validation")]
    [InlineData("data: {format: text, max_length: 64}", "data_wrong_format", null)]
    [InlineData("task: dpo\ntraining: {max_steps: 1}", "data_needs_pairs", null)]
    [InlineData("task: sequence_classification\ntraining: {max_steps: 1}", "data_needs_labels", null)]
    [InlineData("limits: {memory_gib: 0.0001}\ntraining: {max_steps: 1}", "out_of_memory_expected", "limits.memory_gib")]
    [InlineData("limits: {max_duration: 0.000001s}", "deadline_exceeded", "limits.max_duration")]
    [InlineData("training: {optim: madgrad}", "part_unknown", "training.optim")]
    [InlineData("training: {fp16: true}", "not_supported_yet", "training.fp16")]
    [InlineData("output_dir: /nowhere", "not_supported_yet", "output_dir")]
    [InlineData("task: juggling", "wrong_type", "task")]
    public async Task A_recipe_is_accepted_or_refused_with_place_and_remedy(string recipe, string? code = null, string? path = null) =>
        Check(await place.TryAsync((recipe.Contains("lora:", StringComparison.Ordinal) || recipe.Contains("task:", StringComparison.Ordinal) ? "" : Lora) + recipe), code, path);

    [Theory]
    [InlineData("nobody", "chats", "not_found", 1)]
    [InlineData("base", "nothing", "not_found", 1)]
    [InlineData("base:7", "chats", "not_found", 1)]
    public async Task A_base_or_a_dataset_that_is_not_there_is_named(string model, string data, string code, int exit)
    {
        var (found, problems) = await place.TryAsync(Lora, model, data);
        Assert.True((exit, code) == (found, problems.Count == 0 ? null : problems[0].Code), Shown(found, problems));
    }

    [Theory]
    [InlineData("one", "{\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"assistant\",\"content\":\"b\"}]}", null)]
    [InlineData("same", "{\"prompt\":\"what is number\",\"completion\":\" it is the box\"}", null)]
    [InlineData("silent", "{\"messages\":[{\"role\":\"user\",\"content\":\"a#\"},{\"role\":\"assistant\",\"content\":\"b\",\"weight\":0},{\"role\":\"user\",\"content\":\"c\"}]}", "DATA_EMPTY")]
    [InlineData("long", "{\"messages\":[{\"role\":\"user\",\"content\":\"a#\"},{\"role\":\"assistant\",\"content\":\"LONG\"}]}", "data_too_long")]
    [InlineData("tools", "{\"messages\":[{\"role\":\"user\",\"content\":\"a#\"},{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[{\"id\":\"1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}", "template_ignores_tools")]
    [InlineData("pairs", "{\"prompt\":\"a#\",\"chosen\":\"b\",\"rejected\":\"c\"}", "data_needs_preference_training")]
    [InlineData("empty", "{\"messages\":[{\"role\":\"user\",\"content\":\"a#\"},{\"role\":\"assistant\",\"content\":\"\"}]}", "DATA_EMPTY")]
    public async Task Data_that_cannot_be_learned_are_refused_before_the_first_step(string name, string line, string? code)
    {
        var (uploaded, ingestion) = await place.UploadAsync(name, line.Replace("LONG", string.Concat(Enumerable.Repeat("it is the box ", 100)), StringComparison.Ordinal));
        if (uploaded != 0)
        {
            Assert.True(code is not null && ingestion.Any(p => p.Code == code), Shown(uploaded, ingestion));
            return;
        }
        Check(await place.TryAsync(Lora + "training: {max_steps: 1}", data: name), code, null);
    }

    /// <summary>The same files that the reader's own tests have: what is said of each, and on the command line what exit code says.</summary>
    [Fact]
    public async Task Files_of_other_tools_are_accepted_or_refused_with_all_that_is_unsupported_at_once()
    {
        var (wrong, files) = (new List<string>(), Directory.GetFiles(RepoRoot.Of("tests", "Training.Tests", "Foreign"), "*.y*ml"));
        Assert.Equal(20, files.Length);
        foreach (var file in files)
        {
            var said = File.ReadLines(file).First();
            // Nothing answers at the address: a recipe that was accepted gets as far as asking it.
            var (exit, problems) = await InProcess.RunAsync("train", file, "--name", "bot", "--server", "http://127.0.0.1:1");
            var expected = said == "# accepted" ? [] : said["# refused: ".Length..].Split(", ").Order(StringComparer.Ordinal).ToArray();
            var refused = problems.Where(p => p.Path is not null and not "model_name_or_path" and not "data.train" && !p.Message.EndsWith("not built yet.", StringComparison.Ordinal)).ToList();
            if (!expected.SequenceEqual(refused.Select(p => p.Path!).Order(StringComparer.Ordinal)) || (expected.Length > 0 && exit != 2) || refused.Any(p => string.IsNullOrEmpty(p.Hint)))
                wrong.Add($"{Path.GetFileName(file)}: {Shown(exit, problems)}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public async Task What_to_do_about_a_problem_is_said_once_however_often_it_was_met()
    {
        var file = place.Write("lora: {r: 4, target_modules: [q_porj]}\ndata: {train: chats, max_length: 64}");
        var (exit, _, errors) = await TemperProcess.RunAsync(["train", file, "--dry-run", "--server", place.Address.AbsoluteUri]);
        Assert.Equal(2, exit);
        Assert.Contains("hint: The message lists the names there are", errors, StringComparison.Ordinal);
        File.WriteAllText(file, File.ReadAllText(file).Replace("q_porj", "q_proj", StringComparison.Ordinal).Replace("max_length: 64", "max_length: 8", StringComparison.Ordinal));
        var (_, output, many) = await TemperProcess.RunAsync(["train", file, "--dry-run", "--json", "--server", place.Address.AbsoluteUri]);
        Assert.Equal((31, 2), (many.Split("error data_too_long").Length, many.Split("hint: Raise max_length").Length));
        Assert.All(System.Text.Json.JsonDocument.Parse(output).RootElement.GetProperty("error").GetProperty("errors").EnumerateArray(), e => Assert.StartsWith("Raise max_length", e.GetProperty("hint").GetString(), StringComparison.Ordinal));
    }

    private static void Check((int Exit, IReadOnlyList<Problem> Problems) found, string? code, string? path)
    {
        var (exit, problems) = found;
        if (code is null)
        {
            Assert.True(exit == 0, Shown(exit, problems));
            return;
        }
        Assert.True(exit is 2 or 3 && problems.Any(p => p.Code == code && (path is null || p.Path == path)), Shown(exit, problems));
        Assert.All(problems, p => Assert.False(string.IsNullOrWhiteSpace(p.Remedy), p.Message));
    }

    private static string Shown(int exit, IReadOnlyList<Problem> problems) => $"exit {exit}: {string.Join("; ", problems.Select(p => $"{p.Code} {p.Path} {p.Message} ({p.Hint})"))}";

    /// <summary>A server with a base and chats.</summary>
    public sealed class Place : IAsyncLifetime, IDisposable
    {
        private readonly TinyWorld _world = new();
        private readonly TempFolder _folder = new();
        private TemperProcess? _server;

        public async Task InitializeAsync()
        {
            _server = await TemperProcess.UpAsync(_world.Home());
            await _world.ImportBaseAsync(_server.Address);
            Assert.Equal(0, (await InProcess.RunAsync("upload", _world.Data, "--dataset", "chats", "--wait", "--server", _server.Address.AbsoluteUri)).Exit);
        }

        public Uri Address => _server!.Address;

        public string Write(string recipe, string model = "base")
        {
            var file = _folder.Of($"{Guid.NewGuid():N}.yaml");
            File.WriteAllText(file, $"model_name_or_path: {model}\noutput: bot\n{recipe}\n");
            return file;
        }

        /// <summary>Looks at a recipe without starting it.</summary>
        public Task<(int Exit, IReadOnlyList<Problem> Problems)> TryAsync(string recipe, string model = "base", string data = "chats")
        {
            var merged = recipe.Contains("data: {", StringComparison.Ordinal) ? recipe.Replace("data: {", $"data: {{train: {data}, ", StringComparison.Ordinal) : recipe + $"\ndata: {{train: {data}, max_length: 64}}";
            return InProcess.RunAsync("train", Write(merged, model), "--dry-run", "--server", _server!.Address.AbsoluteUri);
        }

        /// <summary>Uploads a dataset of one kind of line; a # in it is a number.</summary>
        public async Task<(int Exit, IReadOnlyList<Problem> Problems)> UploadAsync(string name, string line)
        {
            var folder = Directory.CreateDirectory(_folder.Of(name)).FullName;
            var lines = line.Contains('#', StringComparison.Ordinal) ? Enumerable.Range(0, 12).Select(i => line.Replace("#", $" {i}", StringComparison.Ordinal)) : Enumerable.Repeat(line, name == "one" ? 1 : 12);
            File.WriteAllLines(Path.Combine(folder, "data.jsonl"), lines);
            var (exit, problems) = await InProcess.RunAsync("upload", folder, "--dataset", name, "--wait", "--server", _server!.Address.AbsoluteUri);
            if (exit == 0 || problems.Count > 0)
                return (exit, problems);
            using var client = _server.Client();
            var job = (await client.Jobs.ListAsync(Core.Work.WorkKind.Ingest, null, default)).Items[0];
            var version = (await client.Datasets.VersionsAsync(Core.Ids.ResourceName.Parse(name), null, default))!.Items[0];
            return (exit, [.. job.Errors, .. version.Problems]);
        }

        public Task DisposeAsync() => Task.CompletedTask;

        public void Dispose()
        {
            _server?.Dispose();
            _world.Dispose();
            _folder.Dispose();
        }
    }
}
