using System.Globalization;
using System.Text;
using Temper.Core.Registry;
using Temper.Models;
using Temper.Training.Recipes;

namespace Temper.Training.Results;

/// <summary><c>README.md</c> of a result: what it is, what it was made from and what loads it, with the front matter that the Hugging Face hub reads.</summary>
internal static class ModelCard
{
    /// <summary>What programs make of an adapter, by program; null for a whole model.</summary>
    /// <param name="adapterConfig"><c>adapter_config.json</c>, or null.</param>
    public static SortedDictionary<string, string>? Compatibility(byte[]? adapterConfig)
    {
        if (adapterConfig is null)
            return null;
        var known = new SortedDictionary<string, string>(StringComparer.Ordinal) { ["peft"] = "yes" };
        foreach (var sentence in AdapterFolder.Compatibility(LoraConfig.Parse(adapterConfig)))
            if (sentence.IndexOf(": ", StringComparison.Ordinal) is var cut and > 0)
                known[sentence[..cut].ToLowerInvariant()] = sentence[(cut + 2)..];
        return known;
    }

    /// <summary>The text. The same run gives the same bytes.</summary>
    public static string Text(TrainRun run, Lineage lineage, TrainOutcome outcome, SortedDictionary<string, string>? compatibility, IReadOnlyList<string> notes)
    {
        var (text, recipe) = (new StringBuilder(), run.Recipe);
        FrontMatter(text, recipe, lineage, adapter: compatibility is not null);
        text.Append(CultureInfo.InvariantCulture, $"""
            # {lineage.Base.Name}, fine-tuned

            {Kind(recipe)} of `{lineage.Base.Name}:{lineage.Base.Version}` on {string.Join(", ", (lineage.Datasets ?? [lineage.Dataset]).Select(d => $"`{d.Name}:{d.Version}`"))}: {outcome.Step} steps
            over {run.Train.Count} examples, {run.HeldOut.Count} held out.

            | | |
            |---|---|

            """);
        foreach (var (name, value) in Facts(outcome))
            text.Append(CultureInfo.InvariantCulture, $"| {name} | {value} |\n");
        text.Append(CultureInfo.InvariantCulture, $"""
            | base | `{lineage.Base.Name}:{lineage.Base.Version}` #{lineage.Base.Commit.Short}, digest {lineage.Base.Digest.Short} |
            | recipe | {lineage.RecipeDigest.Short}, in `training_config.json` |
            | computed by | {lineage.CodeVersion}, {lineage.NumericsId} |

            """);
        if (compatibility is not null)
            text.Append("\n## What loads it\n\n").AppendJoin("", compatibility.Select(c => $"- **{c.Key}**: {c.Value}\n"));
        if (notes.Count > 0)
            text.Append("\n## About the exported files\n\n").AppendJoin("", notes.Distinct().Select(note => $"- {note}\n"));
        return text.ToString().ReplaceLineEndings("\n");
    }

    private static void FrontMatter(StringBuilder text, Recipe recipe, Lineage lineage, bool adapter)
    {
        text.Append("---\n").Append(CultureInfo.InvariantCulture, $"base_model: {lineage.Base.Name}\n");
        text.Append(CultureInfo.InvariantCulture, $"library_name: {(adapter ? "peft" : "transformers")}\n");
        if (recipe.Task is TrainingTask.CausalLm or TrainingTask.Dpo or TrainingTask.Orpo or TrainingTask.Pretrain)
            text.Append("pipeline_tag: text-generation\n");
        text.Append("tags:\n").AppendJoin("", Tags(recipe).Select(tag => $"- {tag}\n")).Append("---\n\n");
    }

    private static IEnumerable<string> Tags(Recipe recipe) => recipe.Lora is null ? ["temper"] : ["temper", "lora"];

    private static string Kind(Recipe recipe) => recipe.Lora is { } lora
        ? FormattableString.Invariant($"{(lora.UseDora ? "DoRA" : "LoRA")} fine-tune (rank {lora.R}, alpha {lora.LoraAlpha})") : "Full fine-tune";

    private static IEnumerable<(string Name, string Value)> Facts(TrainOutcome outcome)
    {
        foreach (var (metric, name) in ((string, string)[])[("loss", "loss of the last step"), ("eval_loss", "loss on held-out examples"), ("eval_token_accuracy", "token accuracy on held-out examples")])
            if (outcome.Log.LastOrDefault(s => s.Values.ContainsKey(metric)) is { } step)
                yield return (name, step.Values[metric].ToString("0.####", CultureInfo.InvariantCulture));
    }
}
