using System.Text.Json;
using Temper.Core.Errors;
using Temper.Training.Factories;

namespace Temper.Training.Recipes;

/// <summary>Recipes from YAML or JSON: the same tree and the same names.</summary>
public static class RecipeReader
{
    private const int MaxCharacters = 1 << 20;

    /// <summary>Reads and checks a recipe.</summary>
    /// <param name="text">YAML, or JSON where it begins with a brace and the name does not say YAML.</param>
    /// <param name="fileName">As the user knows it, for messages; null where there is none.</param>
    /// <param name="parts">What it may choose by name; null: what is built in.</param>
    /// <exception cref="TemperException">Everything that is wrong with it, each problem with path, line, value and remedy.</exception>
    public static Recipe Read(string text, string? fileName, RunParts? parts = null) => ReadNoted(text, fileName, [], parts).Recipe;

    /// <summary>Reads and checks a recipe that came over the wire.</summary>
    /// <exception cref="TemperException">As the other overload.</exception>
    public static Recipe Read(JsonElement recipe, RunParts? parts = null) => Read(recipe.GetRawText(), null, parts);

    /// <summary>Reads and checks a recipe, and says what is worth knowing about it.</summary>
    /// <param name="text">As for <see cref="Read(string, string?, RunParts?)"/>.</param>
    /// <param name="fileName">As for <see cref="Read(string, string?, RunParts?)"/>.</param>
    /// <param name="changes">Settings that take the place of what the text says: a name (of any spelling) and its value as in YAML.</param>
    /// <param name="parts">As for <see cref="Read(string, string?, RunParts?)"/>.</param>
    /// <param name="readFile">Text of a file that a setting names (a chat template), or null where there is none; null: no files are read.</param>
    /// <exception cref="TemperException">As for <see cref="Read(string, string?, RunParts?)"/>; a change is named by the file <c>--set</c>.</exception>
    public static (Recipe Recipe, IReadOnlyList<RecipeNote> Notes) ReadNoted(string text, string? fileName, IReadOnlyList<KeyValuePair<string, string>> changes, RunParts? parts = null,
        Func<string, string?>? readFile = null)
    {
        var problems = new List<Problem>();
        var root = Parse(text, fileName, problems);
        var changed = changes.Select(c => new RecipeNode.Entry(c.Key, 0, Change(c.Key, c.Value, problems))).ToArray();
        if (root is null)
            throw new TemperException(problems);
        var (recipe, notes) = Build(root, fileName, changed, problems, parts, readFile);
        return problems.Count == 0 ? (recipe, notes) : throw new TemperException([.. problems.OrderBy(p => p.Line ?? long.MaxValue)]);
    }

    /// <summary>A value from the command line. What is no YAML there is most often a text that a shell left without quotes of its own.</summary>
    private static RecipeNode Change(string key, string text, List<Problem> problems)
    {
        var wrong = new List<Problem>();
        var node = RecipeYaml.Read(text, "--set", wrong);
        problems.AddRange(wrong.Select(p => p with { Line = null, Path = key, Hint = $"A text with brackets, braces, colons or quotes is quoted inside of the shell's quotes: --set '{key}=\"…\"'." }));
        return (node ?? new RecipeNode.Scalar("", false, 0)).OffFile();
    }

    /// <summary>The settings as they are written, or null with the reason in <paramref name="problems"/>.</summary>
    /// <exception cref="TemperException">Code <c>recipe_syntax</c>: it is too long to be a recipe.</exception>
    internal static RecipeNode.Map? Parse(string text, string? fileName, List<Problem> problems)
    {
        if (text.Length > MaxCharacters)
            throw new TemperException([new("recipe_syntax", $"The recipe has {text.Length:N0} characters; at most {MaxCharacters:N0} are read.") { File = fileName, Hint = "A recipe is a page of settings; is this the right file?" }]);
        var yaml = fileName is not null && (fileName.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || fileName.EndsWith(".yml", StringComparison.OrdinalIgnoreCase));
        var body = text.TrimStart('\uFEFF');
        var root = !yaml && body.AsSpan().TrimStart() is ['{', ..] ? RecipeJsonText.Read(body, fileName, problems) : RecipeYaml.Read(body, fileName, problems);
        if (root is RecipeNode.Scalar { IsNull: true })
            root = new RecipeNode.Map([], 1);
        if (root is not (null or RecipeNode.Map))
            problems.Add(new("wrong_type", $"The recipe is '{root.Shown}', expected settings by name.") { File = fileName, Line = root.Line, Hint = "Write `name: value`, one a line." });
        return root as RecipeNode.Map;
    }

    /// <summary>The recipe of settings and changes; what is wrong with it is added to <paramref name="problems"/>, and then it is none to train by.</summary>
    internal static (Recipe Recipe, IReadOnlyList<RecipeNote> Notes) Build(RecipeNode.Map root, string? fileName, IReadOnlyList<RecipeNode.Entry> changes, List<Problem> problems,
        RunParts? parts = null, Func<string, string?>? readFile = null)
    {
        var fields = new RecipeFields(root, fileName, problems, changes, parts ?? RunParts.BuiltIn, readFile);
        return (Build(fields), fields.Notes);
    }

    private static Recipe Build(RecipeFields f)
    {
        if (f.Whole("version") is > 1)
            f.Outside("version", "1", 0);
        var lora = f.HasAny("lora") ? RecipeSections.Lora(f) : null;
        var recipe = new Recipe
        {
            ModelNameOrPath = f.Text("model_name_or_path"),
            Task = f.Word<TrainingTask>("task") ?? TrainingTask.CausalLm,
            Seed = f.Whole("seed") ?? 42,
            Data = RecipeSections.Data(f),
            Lora = lora,
            Quantization = RecipeSections.Quantization(f),
            Training = RecipeSections.Training(f, lora is not null),
            Export = RecipeSections.Export(f),
            ResumeFromCheckpoint = RecipeSections.Resume(f),
            Limits = RecipeSections.Limits(f),
            Output = f.Text("output"),
        };
        if (recipe.Output is { } output && !Core.Ids.ResourceName.TryParse(output, out _))
            f.Fail("name_invalid", "output", $"{f.Written("output")} is '{output}', which is not a valid name.", "Use 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit.", 0);
        RecipeRules.Check(f, recipe);
        TaskRules.Check(f, recipe);
        RecipeRefusals.Check(f, recipe);
        return recipe;
    }
}
