using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Hosts.Tests;
using Temper.Testing;

namespace Temper.Ui.Tests;

/// <summary>A server on which a dataset with faults was ingested and a model trained; and a second one, on data of which one record is unlike all others.</summary>
public sealed class TrainedWorld : IAsyncLifetime, IDisposable
{
    /// <summary>Part of every answer of the second dataset, which a page must show as it is.</summary>
    public const string Hostile = "<img src=x onerror=\"window.hacked=1\">";

    /// <summary>Line of the record that is unlike the others.</summary>
    public const int OddLine = 71;

    private const int Alike = 150;
    private readonly TinyWorld _world = new();
    private readonly TempFolder _folder = new();
    private TemperProcess _server = null!;

    public Uri Address => _server.Address;

    /// <summary>LoRA on the dataset with faults.</summary>
    public JobInfo Bot { get; private set; } = null!;

    /// <summary>All weights, with measurements, spikes and a rollback.</summary>
    public JobInfo Spiky { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        _server = await TemperProcess.UpAsync(_world.Home());
        await _world.ImportBaseAsync(Address);
        Assert.Equal(0, (await _world.TrainAsync(Address, "--on", "chats")).Exit);
        Assert.Equal(0, (await _world.UploadAsync(Address)).Exit);
        await SpikyAsync();
        using var client = _server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Any(job => job.Subject == "bot"));
        Sweep = await SweepAsync(client);
        var jobs = await TinyWorld.SettleAsync(client, jobs => jobs.Count(job => job is { Kind: WorkKind.Train, Ended: true }) == 2 + Rates.Length);
        (Bot, Spiky) = (jobs.Single(job => job.Subject == "bot"), jobs.Single(job => job.Subject == "spiky"));
    }

    /// <summary>Halving over <see cref="Rates"/>: all train to the first rung, one to the end.</summary>
    public SweepInfo Sweep { get; private set; } = null!;

    /// <summary>The learning rates that are tried.</summary>
    public static double[] Rates { get; } = [1e-5, 1e-3, 1e-2];

    internal RegistryClient Client() => _server.Client();

    public Task DisposeAsync() => Task.CompletedTask;

    public void Dispose()
    {
        _server.Dispose();
        _world.Dispose();
        _folder.Dispose();
    }

    private async Task SpikyAsync()
    {
        var lines = Enumerable.Range(1, Alike).Select(i => i == OddLine ? Line("Why?", "QQQQ ZZZZ #### 9999") : Line($"what is number {i}", $"it is the box {Hostile}"));
        await File.WriteAllLinesAsync(_folder.Of("odd.jsonl"), lines);
        await File.WriteAllTextAsync(_folder.Of("recipe.yaml"), """
            version: 1
            model_name_or_path: base
            output: spiky
            data: {train: odd, max_length: 96, validation: 9}
            training: {learning_rate: 1.0e-2, num_train_epochs: 2, per_device_train_batch_size: 1, eval_strategy: steps, eval_steps: 40, save_strategy: steps, save_steps: 60, on_spike: rollback}
            """);
        await OkAsync("upload", _folder.Of("odd.jsonl"), "--dataset", "odd", "--wait");
        await OkAsync("train", _folder.Of("recipe.yaml"));

        static string Line(string question, string answer) =>
            JsonSerializer.Serialize(new { messages = new[] { new { role = "user", content = question }, new { role = "assistant", content = answer } } });
    }

    private static async Task<SweepInfo> SweepAsync(RegistryClient client)
    {
        var made = await client.Sweeps.CreateAsync(new(ResourceName.Parse("rates"), SweepMethod.Halving, "loss", SweepDirection.Minimize, [.. Rates.Select(Trial)]) { Eta = 3, MinSteps = 3, MaxSteps = 6 }, default);
        for (var attempt = 0; attempt < 1200; attempt++, await Task.Delay(100))
            if (await client.Sweeps.FindAsync(made.Id, default) is { Ended: true } ended)
                return ended;
        throw new TimeoutException("The sweep did not end.");
    }

    private static SweepTrialDraft Trial(double rate) => new(new() { ["training.learning_rate"] = Wire.ToElement(rate) }, new(Wire.ToElement(new
    {
        version = 1,
        model_name_or_path = "base",
        output = "tuned",
        data = new { train = "chats", max_length = 64 },
        lora = new { r = 4 },
        training = new { learning_rate = rate, max_steps = 6, per_device_train_batch_size = 4 },
    }), "base", "chats", ResourceName.Parse("tuned")));

    private async Task OkAsync(params string[] arguments)
    {
        var (exit, _, errors) = await TemperProcess.RunAsync([.. arguments, "--server", Address.AbsoluteUri, "--json"]);
        Assert.True(exit == 0, errors);
    }
}

/// <summary>One browser and one trained world for every test of the pages.</summary>
[CollectionDefinition("dashboard")]
public sealed class Dashboard : ICollectionFixture<Browser>, ICollectionFixture<TrainedWorld>;
