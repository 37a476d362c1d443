using System.Text.Json;

namespace Temper.House.Tests;

/// <summary>Who may reference whom, and what stays out of the editions that build everywhere.</summary>
public sealed class ReferenceTests
{
    private static readonly string[] CloudPackages = ["Aspire.", "Microsoft.Azure.Functions.", "Azure.Messaging.ServiceBus", "TorchSharp", "libtorch", "Microsoft.ML", "OpenTelemetry.Extensions.Hosting"];

    /// <summary>The list of architecture: every arrow points down.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Core"] = [],
        ["Tensors"] = [],
        ["ServiceDefaults"] = [],
        ["Storage"] = ["Core"],
        ["Models"] = ["Core", "Tensors"],
        ["Versioning"] = ["Storage"],
        ["Registry"] = ["Versioning"],
        ["Ingest"] = ["Models", "Storage"],
        ["Training"] = ["Models", "Storage"],
        ["Serving"] = ["Models", "Storage"],
        ["Plugins.ServiceBus"] = ["Core"],
        ["Plugins.TorchSharp"] = ["Tensors"],
        ["Plugins.MlNet"] = ["Ingest"],
        ["Services.Registry"] = ["ServiceDefaults", "Registry"],
        ["Services.Trainer"] = ["ServiceDefaults", "Training", "Serving"],
        ["Functions.Ingest"] = ["ServiceDefaults", "Ingest", "Plugins.ServiceBus"],
        ["Cli"] = ["ServiceDefaults", "Registry", "Ingest", "Training", "Serving"],
    };

    [Fact]
    public void Projects_reference_only_what_the_list_allows()
    {
        var broken = from project in Products()
                     where Allowed.ContainsKey(Sources.NameOf(project))
                     from edge in Edges(project)
                     where !Allowed[Sources.NameOf(project)].Contains(edge) && !IsPluginCore(Sources.NameOf(project), edge)
                     select $"{Sources.NameOf(project)} -> {edge}";
        Assert.Empty(broken);
    }

    [Fact]
    public void Every_product_project_is_on_the_list() =>
        Assert.Empty(Products().Select(Sources.NameOf).Where(name => name != "AppHost").Except(Allowed.Keys));

    [Fact]
    public void Cloud_sln_holds_every_project_and_Local_slnf_all_but_the_cloud_ones()
    {
        var all = Sources.Files("*.csproj").Where(project => !project.StartsWith("samples/", StringComparison.Ordinal)).ToList();
        var solution = Sources.Read("Cloud.sln").Replace('\\', '/');
        Assert.Empty(all.Where(project => !solution.Contains($"\"{project}\"", StringComparison.Ordinal)));
        Assert.Equal(all.Where(project => !NeedsCloud(project)), Local().Where(project => !project.StartsWith("samples/", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Nothing_that_Local_slnf_reaches_names_a_cloud_package()
    {
        var reached = new HashSet<string>();
        var left = new Stack<string>(Local());
        while (left.TryPop(out var project))
            if (reached.Add(project))
                foreach (var path in EdgePaths(project))
                    left.Push(path);
        Assert.Empty(reached.Where(NeedsCloud));
        Assert.Empty(Sources.Read("Directory.Build.props").Split('\n').Where(line => CloudPackages.Any(package => line.Contains($"\"{package}", StringComparison.Ordinal))));
    }

    [Fact]
    public void Every_file_has_a_name_that_all_systems_can_have() =>
        Assert.Empty(Sources.Files("*").Where(file => !file.Contains("/TestResults/", StringComparison.Ordinal) && file.Any("*?:<>|\"\\".Contains)));

    [Fact]
    public void No_project_hangs_on_a_condition_of_its_references() =>
        Assert.Empty(Sources.Files("*.csproj").Where(project => Sources.Project(project).Descendants()
            .Any(e => e.Name.LocalName is "PackageReference" or "ProjectReference" && (e.Attribute("Condition") is not null || e.Parent?.Attribute("Condition") is not null))));

    private static IEnumerable<string> Products() => Sources.Files("*.csproj").Where(p => !p.StartsWith("tests/", StringComparison.Ordinal) && !p.StartsWith("samples/", StringComparison.Ordinal) && !p.StartsWith("bench/", StringComparison.Ordinal));

    /// <summary>Plug-ins share Core's contract with the host that loads them.</summary>
    private static bool IsPluginCore(string project, string edge) => project.StartsWith("Plugins.", StringComparison.Ordinal) && edge == "Core";

    private static bool NeedsCloud(string project) =>
        (Sources.Project(project).Root!.Attribute("Sdk")?.Value ?? "").StartsWith("Aspire.", StringComparison.Ordinal)
        || Sources.Project(project).Descendants("PackageReference").Any(e => CloudPackages.Any(package => ((string?)e.Attribute("Include") ?? "").StartsWith(package, StringComparison.Ordinal)));

    private static IEnumerable<string> EdgePaths(string project) => Sources.Project(project).Descendants("ProjectReference")
        .Select(e => Path.GetRelativePath(Sources.Root, Path.GetFullPath(Path.Combine(Sources.Root, Path.GetDirectoryName(project)!, ((string)e.Attribute("Include")!).Replace('\\', '/')))).Replace('\\', '/'));

    private static IEnumerable<string> Edges(string project) => EdgePaths(project).Select(Sources.NameOf);

    private static IReadOnlyList<string> Local() =>
        [.. JsonDocument.Parse(Sources.Read("Local.slnf")).RootElement.GetProperty("solution").GetProperty("projects").EnumerateArray().Select(p => p.GetString()!.Replace('\\', '/'))];
}
