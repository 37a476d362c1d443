using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>The sample plug-in that brings one of each part of a run, in the real program.</summary>
public sealed class ToolboxTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_job_trains_with_the_parts_of_a_third_party_and_its_lineage_says_whose_they_are()
    {
        using var world = new TinyWorld(steps: 6);
        Install();
        Parrot(world.Base);
        var journal = _folder.Of("journal.txt");
        using var server = await TemperProcess.UpAsync(world.Home(), 0, Plugins, ("TOOLBOX_JOURNAL", journal));
        await ReadyAsync(world, server);
        string[] parts = ["--set", "lr_scheduler_type=triangle", "--set", "training.lr_scheduler_kwargs.peak_at=0.25", "--set", "optim=signum", "--set", "loss_type=late_tokens"];

        var (wrong, _, errors) = await TrainAsync(world, server, [.. parts, "--set", "lr_scheduler_type=traingle", "--set", "optim_args.momentun=0.5"]);
        Assert.Equal(2, wrong);
        Assert.Contains("Did you mean triangle?", errors, StringComparison.Ordinal);
        Assert.Contains("Did you mean momentum?", errors, StringComparison.Ordinal);

        var (exit, _, failed) = await TrainAsync(world, server, [.. parts, "--follow"]);
        Assert.True(exit == 0, failed);
        using var client = server.Client();
        var lineage = Assert.Single((await client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items).Lineage!;
        var pin = Assert.Single(lineage.Plugins!);
        Assert.Equal(("toolbox", "1.0.0"), (pin.Name, pin.Version));
        Assert.Equal(["schedule triangle", "optimizer signum", "loss late_tokens", "architecture parrot"], pin.Parts);
        Assert.Contains("bot StepDone", File.ReadAllText(journal), StringComparison.Ordinal);
        Assert.EndsWith("ended\n", File.ReadAllText(journal), StringComparison.Ordinal);

        var (chatted, _, why) = await TemperProcess.RunAsync(["chat", "bot", "what is number 1", "--max-tokens", "4", "--server", server.Address.AbsoluteUri]);
        Assert.True(chatted == 0, why);
        await OpensAsync(world, server);
        var (unknown, _, without) = await TemperProcess.RunAsync(["train", world.Recipe, "--set", "optim=signum", "--server", server.Address.AbsoluteUri]);
        Assert.Equal(2, unknown);
        Assert.Contains("there are adamw, sgd, adafactor, lion.", without, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_observer_that_never_returns_holds_no_job_up()
    {
        using var world = new TinyWorld(steps: 3);
        Install();
        using var server = await TemperProcess.UpAsync(world.Home(), 0, Plugins, ("TOOLBOX_JOURNAL", "hang"));
        await ReadyAsync(world, server);
        var (exit, output, errors) = await TrainAsync(world, server, "--follow", "--set", "data.chat_template=qwen", "--set", "data.max_length=120");
        Assert.True(exit == 0, errors);
        Assert.Contains("journal", errors + output, StringComparison.Ordinal);
        using var client = server.Client();
        Assert.Contains(await TinyWorld.SettleAsync(client, jobs => jobs.Count == 2), job => job is { Kind: WorkKind.Train, State: WorkState.Completed });
        var files = Assert.Single((await client.Models.VersionsAsync(ResourceName.Parse("bot"), default))!.Items).Pin.Files;
        Assert.Contains(files, file => file.Path == "chat_template.jinja");
        var (chatted, _, why) = await TemperProcess.RunAsync(["chat", "bot", "what is number 1", "--max-tokens", "4", "--server", server.Address.AbsoluteUri]);
        Assert.True(chatted == 0, why);
    }

    /// <summary>Whoever opens a model knows the architecture that the plug-in brings, also where one process needs the parts twice.</summary>
    private async Task OpensAsync(TinyWorld world, TemperProcess server)
    {
        var suite = _folder.Of("facts.yaml");
        File.WriteAllText(suite, "answer: {max_tokens: 2}\nperplexity: true\ncases: [{id: one, prompt: what is number 1, expected: a box}]\n");
        var sweep = Path.Combine(Path.GetDirectoryName(world.Recipe)!, "rates.sweep.yaml");
        File.WriteAllText(sweep, $"recipe: recipe.yaml\nmethod: grid\nsuite: {suite}\nmetric: facts:perplexity\nparameters: {{learning_rate: [1.0e-3]}}\n");
        string[][] all =
        [
            ["inspect", "bot"], ["inspect", world.Base], ["logits", world.Base, "--tokens", "1 2"], ["eval", "bot:1", suite], ["sweep", sweep, "--follow"],
            ["export", "bot:1", "--to", "merged", _folder.Of("merged")], ["quantize", "bot:1", "--to", "int8", _folder.Of("int8")],
        ];
        foreach (var words in all)
        {
            var (exit, output, errors) = await TemperProcess.RunAsync([.. words, "--server", server.Address.AbsoluteUri, "--home", world.Home("asks")], Plugins);
            Assert.True(exit == 0, $"{string.Join(' ', words)}: {output}{errors}");
        }
    }

    private (string, string) Plugins => ("TEMPER_PLUGINS", _folder.Of("plugins"));

    private Task<(int Exit, string Output, string Errors)> TrainAsync(TinyWorld world, TemperProcess server, params string[] more) =>
        TemperProcess.RunAsync(["train", world.Recipe, "--server", server.Address.AbsoluteUri, .. more], Plugins);

    private async Task ReadyAsync(TinyWorld world, TemperProcess server)
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(["import", world.Base, "--name", "base", "--server", server.Address.AbsoluteUri], Plugins);
        Assert.True(exit == 0, errors);
        Assert.Equal(0, (await world.UploadAsync(server.Address)).Exit);
        using var client = server.Client();
        await TinyWorld.SettleAsync(client, jobs => jobs.Count == 1);
    }

    private void Install()
    {
        var built = RepoRoot.Of("samples", "plugins", "Toolbox", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0");
        var target = Directory.CreateDirectory(Path.Combine(_folder.Of("plugins"), "toolbox")).FullName;
        foreach (var file in Directory.GetFiles(built))
            File.Copy(file, Path.Combine(target, Path.GetFileName(file)));
    }

    /// <summary>The base as one of the architecture that the plug-in brings.</summary>
    private static void Parrot(string folder)
    {
        var file = Path.Combine(folder, "config.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace("\"llama\"", "\"parrot\"", StringComparison.Ordinal).Replace("LlamaForCausalLM", "ParrotForCausalLM", StringComparison.Ordinal)
            .Replace("\"silu\"", "\"gelu_pytorch_tanh\"", StringComparison.Ordinal));
    }
}
