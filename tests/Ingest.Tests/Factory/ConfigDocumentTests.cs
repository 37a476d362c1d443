using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Temper.Core.Json;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>What is published about configurations is what the readers do. UPDATE_GOLDEN=1 writes it anew.</summary>
public sealed partial class ConfigDocumentTests
{
    private const string Begin = "<!-- keys: made by tests/Ingest.Tests/Factory/KeyTables.cs -->\n", End = "<!-- keys: end -->";
    private static readonly string Document = Path.Combine(RepoRoot.Path, "docs/formats/dataset-config.md");
    private static readonly string Schema = Path.Combine(RepoRoot.Path, "docs/formats/dataset-config.schema.json");

    private const string Again = "The table of keys has changed: run this test with UPDATE_GOLDEN=1 and look at what it writes.";

    private static bool Update => Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    [Fact]
    public void The_published_schema_is_made_of_the_table_that_checks()
    {
        var made = JsonSerializer.Serialize(ConfigSchema.Build(), Wire.Pretty) + "\n";
        if (Update)
            File.WriteAllText(Schema, made);
        Assert.True(made == File.ReadAllText(Schema), Again);
    }

    [Fact]
    public void The_documentation_lists_every_key()
    {
        var text = File.ReadAllText(Document);
        var (from, to) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var made = $"\n{KeyTables.Markdown()}\n";
        if (Update)
            File.WriteAllText(Document, text = text[..from] + made + text[to..]);
        Assert.True(Update || made == text[from..to], Again);
    }

    [Fact]
    public void Every_key_of_the_table_is_asked_for_by_a_reader_or_a_backend()
    {
        var asked = new HashSet<string>(StringComparer.Ordinal) { "*" };
        foreach (var type in Enum.GetValues<DatasetType>())
        {
            foreach (var backend in Backend.Names)
                asked.UnionWith(AskedFor(type, backend));
        }
        var byBackends = BackendKinds.BuiltIn.SelectMany(k => k.Keys).Select(k => k.Name).ToHashSet();
        Assert.Equal([], ConfigKeys.All.Where(k => k.Fate == KeyFate.Read && k.Backends != Backend.Hub && !asked.Contains(k.Path) && !byBackends.Contains(k.Path)).Select(k => k.Path));
    }

    [Fact]
    public void Every_example_in_the_documentation_validates()
    {
        var examples = 0;
        foreach (var file in Directory.EnumerateFiles(Path.Combine(RepoRoot.Path, "docs"), "*.md", SearchOption.AllDirectories).Append(Path.Combine(RepoRoot.Path, "README.md")))
        {
            foreach (Match block in Fence().Matches(File.ReadAllText(file)))
            {
                var text = block.Groups[1].Value;
                if (!text.Contains("dataset_type", StringComparison.Ordinal))
                    continue;
                examples++;
                var context = Configs.Context with { Scores = [.. QualityScorers.All.Select(s => s.Name)], Variables = new Dictionary<string, string> { ["model_family"] = "m", ["output_dir"] = "/out" } };
                if (text.TrimStart().StartsWith("# dataset.yaml", StringComparison.Ordinal))
                    Assert.Empty(DatasetConfig.Parse(Encoding.UTF8.GetBytes(text), file, context.Scores).Warnings);
                else
                    Assert.Empty(Configs.Read(text, context).Warnings);
            }
        }
        Assert.True(examples >= 4, $"{examples} examples");
    }

    private static HashSet<string> AskedFor(DatasetType type, string backend)
    {
        var members = ConfigKeys.Under("").Where(k => k.Fate == KeyFate.Read && (k.For & For.Of(type)) != 0 && (k.Backends == 0 || (k.Backends & Backend.Of(backend)) != 0))
            .Select(k => KeyValuePair.Create(k.Name, k.Name switch { "dataset_type" => Scalar(KeyCheck.Word(type)), "type" => Scalar(backend), "modality" => Scalar(type == DatasetType.Eval ? "video" : "image"), _ => Sample(k, k.Shape) }));
        var log = new ConfigLog("sample", []);
        new FactoryReader(log, new() { Scores = ["x"] }).Read(new ConfigNode.Sequence("", 1, [new ConfigNode.Map("/0", 1, [.. members])]));
        return log.Asked;
    }

    private static ConfigNode Sample(ConfigKey key, KeyShape shape) => shape switch
    {
        KeyShape.Flag => Scalar(true),
        KeyShape.Whole whole => Scalar(whole.Least),
        KeyShape.Number number => Scalar(Math.Max(0, number.Least)),
        KeyShape.Words words => Scalar(words.Allowed[0]),
        KeyShape.Section => new ConfigNode.Map("", 1, [.. ConfigKeys.Under(key.Path).Where(k => k.Fate == KeyFate.Read).Select(k => KeyValuePair.Create(k.Name == "*" ? "x" : k.Name, Sample(k, k.Shape)))]),
        KeyShape.Names { Value: KeyShape.Section } => new ConfigNode.Map("", 1, [KeyValuePair.Create("x", Sample(ConfigKeys.Find(key.Path + ".x")!, new KeyShape.Section()))]),
        KeyShape.Names names => new ConfigNode.Map("", 1, [KeyValuePair.Create("x", Sample(key, names.Value))]),
        KeyShape.List list => new ConfigNode.Sequence("", 1, [Sample(key, list.Item)]),
        KeyShape.Either { Second: KeyShape.Section } either => Sample(key, either.Second),
        KeyShape.Either either => Sample(key, either.First),
        _ => Scalar("x"),
    };

    private static ConfigNode.Scalar Scalar(object value) => new("", 1, value);

    [GeneratedRegex(@"^```(?:yaml|json)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline, 5000)]
    private static partial Regex Fence();
}
