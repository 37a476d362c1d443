using System.Diagnostics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Temper.Testing;

namespace Temper.Cloud.Tests;

/// <summary>What AppHost publishes: the manifest that azd reads, and the modules beside it.</summary>
public sealed class Manifest : IDisposable
{
    private readonly TempFolder _folder;
    private readonly JsonDocument _document;

    private Manifest(TempFolder folder)
    {
        _folder = folder;
        _document = JsonDocument.Parse(File.ReadAllBytes(folder.Of("manifest.json")));
    }

    /// <summary>Names of all resources.</summary>
    public IReadOnlyList<string> Names => [.. Resources.EnumerateObject().Select(resource => resource.Name)];

    /// <summary>Outputs that some resource is told of: whose, and which.</summary>
    public IEnumerable<(string Resource, string Output)> References =>
        Regex.Matches(Resources.GetRawText(), @"\{([a-z0-9-]+)\.outputs\.(\w+)\}").Select(match => (match.Groups[1].Value, match.Groups[2].Value)).Distinct();

    /// <summary>Every module: its text, and the parameters it is given.</summary>
    public IEnumerable<(string Text, IReadOnlyList<string> Given)> Modules =>
        from resource in Resources.EnumerateObject()
        from module in (JsonElement[])[resource.Value, .. resource.Value.TryGetProperty("deployment", out var deployment) ? [deployment] : Array.Empty<JsonElement>()]
        where module.GetProperty("type").GetString()!.StartsWith("azure.bicep", StringComparison.Ordinal)
        select (File.ReadAllText(Full(module, "path")), Given(module));

    private JsonElement Resources => _document.RootElement.GetProperty("resources");

    /// <summary>Runs AppHost in publish mode.</summary>
    public static async Task<Manifest> PublishAsync(IEnumerable<(string Name, string Value)> settings)
    {
        var folder = new TempFolder();
        var built = new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name;   // as these tests: nothing is built twice
        string[] arguments = ["run", "--project", RepoRoot.Of("AppHost"), "--configuration", built, "--", "--publisher", "manifest", "--output-path", folder.Of("manifest.json")];
        var start = new ProcessStartInfo("dotnet", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in settings)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (output, errors) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.True(process.ExitCode == 0, await output + await errors);
        return new(folder);
    }

    /// <summary>Variables of a resource; values as the manifest writes them.</summary>
    public IReadOnlyDictionary<string, string> Variables(string resource) =>
        Resources.GetProperty(resource).GetProperty("env").EnumerateObject().ToDictionary(variable => variable.Name, variable => variable.Value.GetString()!);

    /// <summary>Folder and Dockerfile that a resource's image is built from.</summary>
    public (string Context, string Dockerfile) Build(string resource)
    {
        var build = Resources.GetProperty(resource).GetProperty("build");
        return (Full(build, "context"), Full(build, "dockerfile"));
    }

    /// <summary>Project that a resource's image is published from.</summary>
    public string Project(string resource) => Full(Resources.GetProperty(resource), "path");

    /// <summary>The module of that name.</summary>
    public string Module(string name) => File.ReadAllText(Assert.Single(Directory.GetFiles(_folder.Path, $"{name}*.bicep", SearchOption.AllDirectories)));

    /// <summary>The module that a resource of its own stands for.</summary>
    public string ModuleOf(string resource) => File.ReadAllText(Full(Resources.GetProperty(resource), "path"));

    private static IReadOnlyList<string> Given(JsonElement module) =>
        module.TryGetProperty("params", out var given) ? [.. given.EnumerateObject().Select(parameter => parameter.Name)] : [];

    private string Full(JsonElement element, string name) => Path.GetFullPath(element.GetProperty(name).GetString()!, _folder.Path);

    /// <inheritdoc/>
    public void Dispose()
    {
        _document.Dispose();
        _folder.Dispose();
    }
}

/// <summary>One manifest for each choice of settings, however many tests read it.</summary>
public sealed class Manifests : IDisposable
{
    private readonly Dictionary<string, Manifest> _made = new(StringComparer.Ordinal);

    /// <summary>What AppHost publishes under these settings.</summary>
    /// <param name="settings">Variables such as <c>Trainer__Gpu</c>.</param>
    public async Task<Manifest> PublishAsync(params (string Name, string Value)[] settings)
    {
        var key = string.Join(' ', settings);
        if (!_made.TryGetValue(key, out var manifest))
            _made[key] = manifest = await Manifest.PublishAsync(settings);
        return manifest;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var manifest in _made.Values)
            manifest.Dispose();
    }
}
