using System.Text.Json;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Datasets;
using Temper.Core.Plugins;
using Temper.Core.Registry;
using Temper.Ingest;
using Temper.Models;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Plug-ins in the real program: what works, and what is said when one does not.</summary>
public sealed class PluginTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_scorer_of_a_plug_in_filters_records_until_the_plug_in_is_disabled()
    {
        Install("digits", typeof(DigitPlugin));
        var (listed, text, _) = await TemperProcess.RunAsync(["plugins", "list", "--path", Plugins]);
        Assert.Equal(0, listed);
        Assert.Contains("digits", text);

        var data = Directory.CreateDirectory(_folder.Of("data")).FullName;
        File.WriteAllText(Path.Combine(data, "dataset.yaml"), "version: 1\ndatasets:\n  - {id: notes, dataset_type: text, format: text, filters: {digits: {max: 2}}}\n");
        File.WriteAllLines(Path.Combine(data, "notes.jsonl"), ["""{"text": "the box is green"}""", """{"text": "call 555 1234 now"}"""]);
        using (var server = await TemperProcess.UpAsync(_folder.Of("home"), 0, ("TEMPER_PLUGINS", Plugins)))
        {
            var (exit, output, errors) = await UploadAsync(server, data);
            Assert.True(exit == 0, errors);
            var ledger = JsonDocument.Parse(output).RootElement.GetProperty("ledger");
            Assert.Equal((1, 1), (ledger.GetProperty("accepted").GetInt32(), ledger.GetProperty("filtered").GetInt32()));
        }

        Assert.Equal(0, (await TemperProcess.RunAsync(["plugins", "disable", "digits", "--path", Plugins])).Exit);
        using (var server = await TemperProcess.UpAsync(_folder.Of("home2"), 0, ("TEMPER_PLUGINS", Plugins)))
            Assert.NotEqual(0, (await UploadAsync(server, data)).Exit);
        Assert.Equal(0, (await TemperProcess.RunAsync(["plugins", "enable", "digits", "--path", Plugins])).Exit);
        Assert.True(PluginManifest.Read(Path.Combine(Plugins, "digits")).Enabled);
    }

    [Fact]
    public async Task A_plug_in_reads_its_settings_wherever_it_runs_and_a_dry_run_knows_its_scorer()
    {
        Install("named", typeof(NamedPlugin));
        var data = Directory.CreateDirectory(_folder.Of("data")).FullName;
        var config = _folder.Of("datasets.yaml");
        File.WriteAllText(config, "version: 1\ndatasets:\n  - {id: notes, dataset_type: text, format: text, instance_data_dir: data, filters: {phone: {max: 2}}}\n");
        File.WriteAllText(Path.Combine(data, "dataset.yaml"), "filters: {phone: {max: 2}}\n");
        File.WriteAllLines(Path.Combine(data, "notes.jsonl"), ["""{"text": "the box is green"}""", """{"text": "call 555 1234 now"}"""]);
        (string, string)[] settings = [("TEMPER_PLUGINS", Plugins), ("Named__Name", "phone")];

        var (exit, output, errors) = await TemperProcess.RunAsync(["data", "validate", config], settings);
        Assert.True(exit == 0, errors);
        (exit, output, errors) = await TemperProcess.RunAsync(["upload", data, "--dataset", "notes", "--dry-run", "--json"], settings);
        Assert.True(exit == 0, errors);
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetProperty("ledger").GetProperty("filtered").GetInt32());

        var (address, blobs) = ($"http://127.0.0.1:{Cluster.FreePort()}", _folder.Of("blobs"));
        using var registry = ClusterProcess.Start("Services.Registry", [], new() { ["Database"] = _folder.Of("registry.db"), ["Blobs"] = blobs, ["Urls"] = address });
        using (var client = new RegistryClient(new(address), null, TimeSpan.FromMinutes(1), TimeProvider.System))
            await client.ServerAsync(default);
        using var worker = ClusterProcess.Start("temper", ["worker", "--roles", "ingest", "--server", address, "--blobs", blobs, "--home", _folder.Of("worker")], settings.ToDictionary(s => s.Item1, s => s.Item2));
        (exit, output, errors) = await TemperProcess.RunAsync(["upload", data, "--dataset", "notes", "--wait", "--json", "--server", address]);
        Assert.True(exit == 0, errors + worker.Log);
        Assert.Equal(1, JsonDocument.Parse(output).RootElement.GetProperty("ledger").GetProperty("filtered").GetInt32());
    }

    [Fact]
    public async Task The_sample_of_a_third_party_runs_on_its_own_version_of_a_library_that_the_host_has_too()
    {
        InstallSample("word-list");
        var data = Directory.CreateDirectory(_folder.Of("data")).FullName;
        File.WriteAllText(Path.Combine(data, "dataset.yaml"), "version: 1\ndatasets:\n  - {id: notes, dataset_type: text, format: text, filters: {word_list: {max: 2}}}\n");
        File.WriteAllLines(Path.Combine(data, "notes.jsonl"), ["""{"text": "the box is free of charge"}""", """{"text": "URGENT, winner! click for a free box"}"""]);
        using var server = await TemperProcess.UpAsync(_folder.Of("home"), 0, ("TEMPER_PLUGINS", Plugins));
        var (exit, output, errors) = await UploadAsync(server, data);
        Assert.True(exit == 0, errors);
        var version = JsonDocument.Parse(output).RootElement;
        Assert.Equal((1, 1), (version.GetProperty("ledger").GetProperty("accepted").GetInt32(), version.GetProperty("ledger").GetProperty("filtered").GetInt32()));

        var services = new ServiceCollection();
        PluginLoader.Load(Plugins, services, new Version(0, 1, 0));
        Assert.Contains("yaml15", services.BuildServiceProvider().GetRequiredService<IRecordScorer>().Version);
        Assert.True(typeof(YamlDotNet.Serialization.IDeserializer).Assembly.GetName().Version!.Major > 15);
    }

    [Fact]
    public async Task A_dataset_is_built_from_a_backend_of_a_third_party()
    {
        InstallSample("scrapbook", "Scrapbook");
        var data = Directory.CreateDirectory(_folder.Of("data")).FullName;
        File.WriteAllText(Path.Combine(data, "book.txt"), "a preface that is no note\n=== green\nThe box is green.\n=== red\nThe door is red.\n");
        var config = Path.Combine(data, "datasets.yaml");
        File.WriteAllText(config, "version: 1\ndatasets:\n  - {id: notes, type: scrapbook, dataset_type: text, format: text, scrapbook_file: book.txt}\n");
        using var server = await TemperProcess.UpAsync(_folder.Of("home"), 0, ("TEMPER_PLUGINS", Plugins));

        var built = await BuildAsync(server, config);
        Assert.Equal("built", built.GetProperty("action").GetString());
        Assert.Equal(2, built.GetProperty("ledger").GetProperty("accepted").GetInt32());
        Assert.Equal("unchanged", (await BuildAsync(server, config)).GetProperty("action").GetString());
        File.AppendAllText(Path.Combine(data, "book.txt"), "=== blue\nThe sky is blue.\n");
        Assert.Equal(3, (await BuildAsync(server, config)).GetProperty("ledger").GetProperty("accepted").GetInt32());

        File.WriteAllText(config, File.ReadAllText(config).Replace("scrapbook_file", "scrapbok_file", StringComparison.Ordinal));
        var (exit, _, errors) = await TemperProcess.RunAsync(["data", "validate", config], ("TEMPER_PLUGINS", Plugins));
        Assert.NotEqual(0, exit);
        Assert.Contains("scrapbook_file", errors);
    }

    [Fact]
    public async Task Two_plug_ins_that_need_different_versions_of_a_third_are_refused_naming_both_sides()
    {
        InstallSample("word-list");
        Manifest("old-friend", "old.dll", "Old.Entry", """{ "word-list": "1.0.0" }""");
        Manifest("new-friend", "new.dll", "New.Entry", """{ "word-list": "2.1.0" }""");
        await RefusedAsync("plugin_version_clash", "'new-friend' 1.0.0 requires 'word-list' 2.1.0", "'word-list' is 1.0.0");
    }

    [Fact]
    public async Task A_plug_in_that_throws_is_named_with_the_way_to_start_without_it()
    {
        Install("thrower", typeof(ThrowingPlugin));
        await RefusedAsync("plugin_load_failed", "'thrower' 1.0.0", "the licence server is away", "temper plugins disable thrower");
    }

    [Fact]
    public async Task A_file_that_is_no_assembly_is_named()
    {
        Manifest("paper", "paper.dll", "Paper.Entry", """{ "temper": "0.1.0" }""");
        File.WriteAllText(Path.Combine(Plugins, "paper", "paper.dll"), "only words");
        await RefusedAsync("plugin_load_failed", "'paper' 1.0.0", "paper.dll");
    }

    [Fact]
    public async Task A_missing_assembly_is_named_with_the_way_to_start_without_it_also_in_the_list()
    {
        Manifest("ghost", "ghost.dll", "Ghost.Entry", """{ "temper": "0.1.0" }""");
        await RefusedAsync("plugin_load_failed", "'ghost' 1.0.0", "ghost.dll", "temper plugins disable ghost");
        var (exit, output, errors) = await TemperProcess.RunAsync(["plugins", "list", "--path", Plugins]);
        Assert.Equal(2, exit);
        Assert.Contains("ghost", output);
        Assert.Contains("plugin_load_failed", errors);
    }

    [Fact]
    public async Task Two_plug_ins_with_one_name_for_a_part_are_both_named()
    {
        Install("first", typeof(HeadPlugin));
        Install("second", typeof(HeadPlugin));
        await RefusedAsync("part_twice", "the plug-in 'first' and that of the plug-in 'second'", "temper plugins disable second");
    }

    [Fact]
    public async Task A_plug_in_for_another_contract_is_refused_naming_both_sides()
    {
        Manifest("future", "future.dll", "Future.Entry", """{ "temper": "9.0.0" }""");
        await RefusedAsync("plugin_version_clash", "'future' 1.0.0 requires 'temper' 9.0.0", "'temper' is 0.1.0");
    }

    [Fact]
    public async Task Missing_plug_ins_and_circles_are_named()
    {
        Manifest("lonely", "lonely.dll", "Lonely.Entry", """{ "friend": "2.0.0" }""");
        await RefusedAsync("plugin_dependency_missing", "'lonely' 1.0.0 requires 'friend' 2.0.0");
        Directory.Delete(Path.Combine(Plugins, "lonely"), recursive: true);
        Manifest("hen", "hen.dll", "Hen.Entry", """{ "egg": "1.0.0" }""");
        Manifest("egg", "egg.dll", "Egg.Entry", """{ "hen": "1.0.0" }""");
        await RefusedAsync("plugin_cycle", "egg, hen");
    }

    [Fact]
    public async Task A_key_that_a_manifest_does_not_have_is_named_with_the_file()
    {
        Directory.CreateDirectory(Path.Combine(Plugins, "typo"));
        File.WriteAllText(Path.Combine(Plugins, "typo", PluginManifest.FileName), """{ "name": "typo", "version": "1.0.0", "assembly": "t.dll", "type": "T", "requires": {}, "enabld": true }""");
        await RefusedAsync("plugin_manifest_invalid", "typo/plugin.json", "unknown key 'enabld'; there are name,", "to start without it");
        File.WriteAllText(Path.Combine(Plugins, "typo", PluginManifest.FileName), """{ "name": "typo", "version": "1.0.0" }""");
        await RefusedAsync("plugin_manifest_invalid", "it lacks assembly, type, requires.");
        Assert.Equal(2, (await TemperProcess.RunAsync(["plugins", "list", "--path", _folder.Of("nowhere")])).Exit);
    }

    private string Plugins => _folder.Of("plugins");

    private static Task<(int Exit, string Output, string Errors)> UploadAsync(TemperProcess server, string data) =>
        TemperProcess.RunAsync(["upload", data, "--dataset", "notes", "--wait", "--json", "--server", server.Address.AbsoluteUri]);

    private async Task<JsonElement> BuildAsync(TemperProcess server, string config)
    {
        var (exit, output, errors) = await TemperProcess.RunAsync(["data", "build", config, "--json", "--server", server.Address.AbsoluteUri, "--home", _folder.Of("client")], ("TEMPER_PLUGINS", Plugins));
        Assert.True(exit == 0, errors + output);
        return JsonDocument.Parse(output).RootElement.GetProperty("datasets")[0];
    }

    private async Task RefusedAsync(params string[] words)
    {
        var (exit, _, errors) = await TemperProcess.RunAsync(["up", "--home", _folder.Of("home"), "--port", "0"], ("TEMPER_PLUGINS", Plugins));
        Assert.NotEqual(0, exit);
        Assert.All(words, word => Assert.Contains(word, errors));
        Assert.DoesNotContain("Internal error", errors);
    }

    private void InstallSample(string name, string project = "WordList")
    {
        var built = RepoRoot.Of("samples", "plugins", project, "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0");
        Directory.CreateDirectory(Path.Combine(Plugins, name));
        foreach (var file in Directory.GetFiles(built))
            File.Copy(file, Path.Combine(Plugins, name, Path.GetFileName(file)));
    }

    private void Install(string name, Type entry)
    {
        Manifest(name, "Hosts.Tests.dll", entry.FullName!, """{ "temper": "0.1.0" }""");
        File.Copy(entry.Assembly.Location, Path.Combine(Plugins, name, "Hosts.Tests.dll"));
    }

    private void Manifest(string name, string assembly, string type, string requires) => File.WriteAllText(
        Path.Combine(Directory.CreateDirectory(Path.Combine(Plugins, name)).FullName, PluginManifest.FileName),
        $$"""{ "name": "{{name}}", "version": "1.0.0", "assembly": "{{assembly}}", "type": "{{type}}", "requires": {{requires}} }""");
}

/// <summary>Registers a scorer that counts digits: for those who keep telephone numbers out of their data.</summary>
internal sealed class DigitPlugin : ITemperPlugin
{
    public void Register(IServiceCollection services) => services.AddSingleton<IRecordScorer>(new Digits("digits"));

    internal sealed class Digits(string name) : IRecordScorer
    {
        public string Name => name;

        public string Version => "1";

        public double Score(CanonicalRecord record) => (record.Text ?? "").Count(char.IsAsciiDigit);
    }
}

/// <summary>The same scorer, under the name that a setting gives it.</summary>
internal sealed class NamedPlugin : ITemperPlugin
{
    public void Register(IServiceCollection services) =>
        services.AddSingleton<IRecordScorer>(provider => new DigitPlugin.Digits(provider.GetRequiredService<IConfiguration>()["Named:Name"]!));
}

/// <summary>Registers a head that another has, too.</summary>
internal sealed class HeadPlugin : ITemperPlugin
{
    public void Register(IServiceCollection services) => services.AddSingleton(new ClassifierHead("same", _ => [], pass => pass.Features));
}

/// <summary>Fails in its own code.</summary>
internal sealed class ThrowingPlugin : ITemperPlugin
{
    public void Register(IServiceCollection services) => throw new InvalidOperationException("the licence server is away");
}
