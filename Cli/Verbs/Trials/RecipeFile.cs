using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Training.Recipes;

namespace Temper.Cli.Verbs.Trials;

/// <summary>A recipe on the command line: its file, and settings that take the place of the file's.</summary>
internal sealed class RecipeFile
{
    private readonly Argument<string> _file = new("recipe") { Description = "Recipe, as YAML or JSON; files of Axolotl and LLaMA-Factory and bodies of OpenAI's jobs are read, too", HelpName = "RECIPE.yaml" };
    private readonly Option<string[]> _set = new("--set") { Description = "A setting instead of the file's; may be given again", HelpName = "KEY=VALUE", Arity = ArgumentArity.OneOrMore };

    public void AddTo(Command command)
    {
        command.Add(_file);
        command.Add(_set);
    }

    public string Name(ParseResult parsed) => parsed.GetValue(_file)!;

    /// <summary>The recipe; what is worth telling about it is told.</summary>
    /// <exception cref="TemperException">Everything that is wrong with it.</exception>
    public async Task<Recipe> ReadAsync(ParseResult parsed, Terminal terminal, CancellationToken ct)
    {
        var file = Name(parsed);
        if (Directory.Exists(file))
            throw new TemperException("usage", $"{Path.GetFullPath(file)} is a folder.", "Name a recipe file.");
        if (!File.Exists(file))
            throw new TemperException("not_found", $"{Path.GetFullPath(file)} does not exist.", "Name a recipe file.");
        var changes = (parsed.GetValue(_set) ?? []).Select(Change).ToArray();
        var (text, parts) = (await File.ReadAllTextAsync(file, ct), PluginsVerb.Parts(parsed));
        var (recipe, notes) = OpenAiJobBody.Find(text) is { } body ? RecipeReader.ReadNoted(OpenAiJobBody.ToRecipe(body).Named().ToJson().GetRawText(), null, changes, parts) : RecipeReader.ReadNoted(text, file, changes, parts, Beside);
        string? Beside(string name) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, name) is var path && File.Exists(path) ? File.ReadAllText(path) : null;
        foreach (var note in notes)
            terminal.Note($"{Style.Escape(note.Line == 0 ? "--set" : FormattableString.Invariant($"{file}:{note.Line}"))}: {Style.Escape($"{note.Path}: {note.Text}")}");
        return recipe;
    }

    private static KeyValuePair<string, string> Change(string text) => text.IndexOf('=', StringComparison.Ordinal) is > 0 and var cut
        ? new(text[..cut].Trim(), text[(cut + 1)..])
        : throw new TemperException("usage", $"--set {text} names no value.", "Write --set KEY=VALUE, such as --set training.learning_rate=1e-4.");
}
