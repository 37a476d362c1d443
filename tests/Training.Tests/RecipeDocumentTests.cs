using System.Text;
using System.Text.Json;
using Temper.Core.Json;
using Temper.Testing;
using Temper.Training.Recipes;
using Temper.Training.Recipes.Keys;

namespace Temper.Training.Tests;

/// <summary>What is published about recipes is what the reader does. UPDATE_GOLDEN=1 writes it anew.</summary>
public sealed class RecipeDocumentTests
{
    private const string Begin = "<!-- keys: made by tests/Training.Tests/RecipeDocumentTests.cs -->\n", End = "<!-- keys: end -->";
    private const string Again = "The table of keys has changed: run this test with UPDATE_GOLDEN=1 and look at what it writes.";
    private static readonly string Document = Path.Combine(RepoRoot.Path, "docs/recipes.md");
    private static readonly string Schema = Path.Combine(RepoRoot.Path, "docs/formats/recipe.schema.json");

    private static bool Update => Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    [Fact]
    public void The_published_schema_is_made_of_the_table_that_reads()
    {
        var made = JsonSerializer.Serialize(RecipeSchema.Build(), Wire.Pretty) + "\n";
        if (Update)
            File.WriteAllText(Schema, made);
        Assert.True(made == File.ReadAllText(Schema), Again);
    }

    [Fact]
    public void The_documentation_lists_every_key_with_its_default_and_its_other_names()
    {
        var text = File.ReadAllText(Document);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal), text.IndexOf(End, StringComparison.Ordinal));
        var made = text[..begin] + Begin + Tables() + text[end..];
        if (Update)
            File.WriteAllText(Document, made);
        Assert.True(made == File.ReadAllText(Document), Again);
    }

    private static string Tables()
    {
        var text = new StringBuilder();
        foreach (var section in RecipeKeys.Sections.Prepend(""))
        {
            text.Append(section.Length == 0 ? "\n### At the root\n\n" : $"\n### {section}\n\n").Append("| setting | values | default | what it does | also written |\n|---|---|---|---|---|\n");
            foreach (var key in RecipeKeys.All.Where(k => k.Section == section))
                text.Append($"| `{key.Name}` | {Values(key)} | {key.Default.Replace("|", "\\|", StringComparison.Ordinal)} | {key.Meaning} | {string.Join(", ", key.Aliases.Select(a => $"`{a}`"))} |\n");
        }
        text.Append("\n### Names of other tools that are no settings\n\n| name | what becomes of it | where its value cannot be done |\n|---|---|---|\n");
        foreach (var key in ForeignKeys.All.OrderBy(k => k.Path[(k.Path.LastIndexOf('.') + 1)..], StringComparer.Ordinal))
            text.Append($"| `{key.Path[(key.Path.LastIndexOf('.') + 1)..]}` | {key.Means} | {key.Remedy} |\n");
        return text.Append('\n').ToString();
    }

    private static string Values(RecipeKey key) => key.Kind switch
    {
        KeyKind.Flag => "true, false",
        KeyKind.Number => key.Range.ToString(),
        KeyKind.Whole => key.Range.High >= int.MaxValue ? FormattableString.Invariant($"whole, {key.Range.Low} and up") : FormattableString.Invariant($"whole, {key.Range.Low} to {key.Range.High}"),
        KeyKind.Word => string.Join(", ", key.Words),
        KeyKind.Part => string.Join(", ", key.Words) + ", or a plug-in's",
        KeyKind.Options => "settings by name",
        KeyKind.Names => "a name or a list",
        KeyKind.Wholes => "a number or a list",
        KeyKind.Map => "numbers by name",
        KeyKind.Duration => "a duration",
        KeyKind.Dataset => "a reference or a list",
        _ => key.Words.Count > 0 ? string.Join(", ", key.Words) : "text",
    };
}
