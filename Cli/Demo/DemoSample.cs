using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Cli.Demo;

/// <summary>A question and the answer that is right for it, word for word.</summary>
internal sealed record DemoQuestion(string Question, string Answer);

/// <summary>The sample beside this program: what is uploaded, the recipe, and the questions.</summary>
internal static class DemoSample
{
    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "samples");

    /// <summary>What is uploaded, as a user would.</summary>
    public static string Upload => Existing("support-bot");

    /// <summary>How it is trained.</summary>
    public static string Recipe => Existing("support-bot.recipe.yaml");

    /// <summary>Questions exactly as trained.</summary>
    public static IReadOnlyList<DemoQuestion> HeldIn() => Read("held-in.jsonl");

    /// <summary>The same answers asked for in words that training never saw.</summary>
    public static IReadOnlyList<DemoQuestion> Paraphrases() => Read("paraphrases.jsonl");

    private static IReadOnlyList<DemoQuestion> Read(string name) =>
        [.. File.ReadLines(Existing(Path.Combine("support-bot-questions", name))).Select(line => JsonSerializer.Deserialize<DemoQuestion>(line, Wire.Json)!)];

    private static string Existing(string name)
    {
        var path = Path.Combine(Folder, name);
        return Path.Exists(path) ? path : throw new TemperException("not_found", $"{path} does not exist; the demo's sample belongs beside the program.", "Build or install temper again.");
    }
}
