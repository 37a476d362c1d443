using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Training.Recipes;

namespace Temper.Training.Jobs;

/// <summary>What a recipe asks of its base: known as soon as the base is here, before any record becomes tokens.</summary>
internal static class BaseChecks
{
    /// <summary>Everything that base, recipe and records cannot do together.</summary>
    /// <exception cref="TemperException">All of <c>target_not_found</c>, <c>lora_on_tied_head</c>, <c>adapter_unsupported</c>, <c>length_beyond_model</c>, <c>template_missing</c> that apply.</exception>
    public static void Check(ModelFolder folder, Recipe recipe, LoraConfig? lora, IReadOnlyList<CanonicalRecord> records)
    {
        var problems = lora is null ? [] : LoraAdapter.Check(folder.Config, lora).Select(problem => problem with { Path = "lora.target_modules" }).ToList();
        if (recipe.Data.MaxLength > folder.Config.MaxPositions)
            problems.Add(new("length_beyond_model", $"max_length is {recipe.Data.MaxLength}, but the model takes at most {folder.Config.MaxPositions} tokens.") { Path = "data.max_length" });
        if (folder.Template is null && records.Count(record => record.Kind == RecordKind.Messages) is > 0 and var chats)
            problems.Add(new("template_missing", $"The base has no chat template, and {chats} of {records.Count} records are chats.") { Path = "model_name_or_path", Hint = "Add chat_template.jinja to the base's folder and import it again." });
        if (problems.Count > 0)
            throw new TemperException(problems);
    }
}
