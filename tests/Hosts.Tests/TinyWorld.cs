using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>A base model, a dataset with faults and a recipe, all small enough for seconds.</summary>
internal sealed class TinyWorld : IDisposable
{
    public const int Accepted = 30, Bad = 2, Twice = 1, Steps = 24;

    /// <summary>Steps of a job that is heard of, and disturbed, long before it ends: reports come twice a second, and a fast machine makes hundreds of steps meanwhile.</summary>
    public const int Long = 1200;

    /// <summary>Steps of a job that no test waits for.</summary>
    public const int Endless = 100_000_000;

    /// <summary>Files of an adapter's version that are the same whenever and wherever it is made.</summary>
    public static readonly string[] SameFiles = ["adapter_model.safetensors", "adapter_config.json", "training_config.json", "trainer_state.json", "results.csv"];

    private readonly TempFolder _folder = new();

    public TinyWorld(int steps = Steps)
    {
        Base = _folder.Of("base");
        Data = Directory.CreateDirectory(_folder.Of("data")).FullName;
        Recipe = _folder.Of("recipe.yaml");
        WriteBase();
        File.WriteAllText(Path.Combine(Data, "dataset.yaml"), "version: 1\ndatasets:\n  - {id: chats, dataset_type: text, format: messages, max_bad_fraction: 0.2}\n");
        File.WriteAllLines(Path.Combine(Data, "chats.jsonl"), [.. Enumerable.Range(0, Accepted).Select(Line), Line(3), "not json", """{"messages": [{"role": "user", "content": "nobody answers"}]}"""]);
        File.WriteAllText(Recipe, $$"""
            version: 1
            model_name_or_path: base
            output: bot
            data: {train: chats, max_length: 64}
            lora: {r: 4, lora_alpha: 8, lora_dropout: 0.1, target_modules: all-linear}
            training: {learning_rate: 1.0e-3, max_steps: {{steps}}, per_device_train_batch_size: 4, save_strategy: steps, save_steps: {{Math.Max(4, steps / 6)}}}
            """);
    }

    public string Base { get; }

    public string Data { get; }

    public string Recipe { get; }

    public string Home(string name = "home") => _folder.Of(name);

    /// <summary>Imports the base over the command line.</summary>
    public async Task ImportBaseAsync(Uri server)
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(["import", Base, "--name", "base", "--server", server.AbsoluteUri]);
        Assert.True(exit == 0, errors);
    }

    public Task<(int Exit, string Output, string Errors)> UploadAsync(Uri server) =>
        TemperProcess.RunAsync(["upload", Data, "--dataset", "chats", "--server", server.AbsoluteUri, "--json"]);

    /// <summary>Uploads over the command line and waits until the dataset is sealed.</summary>
    public async Task SealAsync(Uri server, params (string Name, string Value)[] variables)
    {
        var (exit, output, errors) = await TemperProcess.RunAsync(["upload", Data, "--dataset", "chats", "--wait", "--server", server.AbsoluteUri], variables);
        Assert.True(exit == 0, output + errors);
    }

    public Task<(int Exit, string Output, string Errors)> TrainAsync(Uri server, params string[] more) =>
        TemperProcess.RunAsync(["train", Recipe, "--server", server.AbsoluteUri, "--json", .. more]);

    /// <summary>Waits until nothing is left to do.</summary>
    public static async Task<IReadOnlyList<JobInfo>> SettleAsync(RegistryClient client, Func<IReadOnlyList<JobInfo>, bool> done)
    {
        for (var attempt = 0; attempt < 1200; attempt++)
        {
            var jobs = (await client.Jobs.ListAsync(null, null, default)).Items;
            if (jobs.All(j => j.State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled) && done(jobs))
                return jobs;
            await Task.Delay(100);
        }
        throw new TimeoutException(JsonSerializer.Serialize((await client.Jobs.ListAsync(null, null, default)).Items));
    }

    /// <summary>All that must be equal whatever happened on the way.</summary>
    public static async Task<WorldState> StateAsync(RegistryClient client)
    {
        var datasets = (await client.Datasets.VersionsAsync(ResourceName.Parse("chats"), null, default))?.Items ?? [];
        var models = (await client.Models.VersionsAsync(ResourceName.Parse("bot"), default))?.Items ?? [];
        return new(datasets.Count, datasets.Count == 0 ? null : datasets[0].Ledger, datasets.Count == 0 ? "" : string.Join(' ', datasets[0].Files.Select(f => f.Sha256.Short)),
            models.Count, models.Count == 0 ? "" : models[0].Pin.Files.Single(f => f.Path == "adapter_model.safetensors").Sha256.Hex);
    }

    public void Dispose() => _folder.Dispose();

    private static string Line(int i) => JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = $"what is number {i}" }, new { role = "assistant", content = $"it is the {(char)('a' + i % 26)} box" } } });

    private void WriteBase()
    {
        using var engine = CpuEngine.Create(1);
        var json = BpeTrainer.Train(["what is number one, it is the box; nobody answers"], 300, ["<|im_start|>", "<|im_end|>"]);
        var tokenizer = Tokenizer.Parse(json);
        var config = new ModelConfig { VocabularySize = tokenizer.VocabularySize, HiddenSize = 32, IntermediateSize = 64, Layers = 2, Heads = 4, KeyValueHeads = 2, HeadSize = 8, MaxPositions = 128, TieWordEmbeddings = true };
        using var decoder = Decoder.Create(engine, config, 3);
        ModelFolder.Save(Base, decoder, json, ChatTemplate.ChatMl, new GenerationConfig { EosTokenIds = [tokenizer.IdOf("<|im_end|>")!.Value] });
    }
}

/// <summary>What a registry holds of the tiny world.</summary>
internal sealed record WorldState(int DatasetVersions, Ledger? Ledger, string DatasetFiles, int ModelVersions, string Adapter);
