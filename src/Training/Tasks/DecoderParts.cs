using System.Globalization;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Recipes;

namespace Temper.Training.Tasks;

/// <summary>What all tasks on decoders share: how a recipe's words become settings of examples and of weights.</summary>
internal static class DecoderParts
{
    /// <summary>How records become tokens.</summary>
    public static ExampleOptions Options(Recipe recipe) => new() { TrainOn = recipe.Data.TrainOn, MaxLength = recipe.Data.MaxLength, OnOverlength = recipe.Data.OnOverlength };

    /// <summary>The model as the recipe wants it: frozen below an adapter, else trained whole.</summary>
    public static Decoder Load(ModelFolder folder, IEngine engine, Recipe recipe) =>
        folder.LoadDecoder(engine, recipe.Lora is null ? _ => true : null, Form(recipe));

    /// <summary>How weights that are not trained are kept.</summary>
    public static WeightForm Form(Recipe recipe) => recipe switch
    {
        { Quantization: { LoadIn4Bit: true, UseDoubleQuant: true } } => WeightForm.NF4Nested,
        { Quantization.LoadIn4Bit: true } => WeightForm.NF4,
        { Quantization.LoadIn8Bit: true } => WeightForm.Int8,
        { Training.Bf16: true } => WeightForm.BF16,
        _ => WeightForm.Real,
    };

    /// <summary>What keeps adapter, length and chats from fitting the base.</summary>
    public static List<Problem> Problems(ModelFolder folder, Recipe recipe, LoraConfig? lora, IReadOnlyList<CanonicalRecord> records)
    {
        var problems = lora is null ? [] : AdapterParts.Placed(LoraAdapter.Check(folder.Config, lora)).ToList();
        if (recipe.Data.MaxLength > folder.Config.MaxPositions)
            problems.Add(new("length_beyond_model", string.Create(CultureInfo.InvariantCulture, $"max_length is {recipe.Data.MaxLength}, but the model takes at most {folder.Config.MaxPositions} tokens.")) { Path = "data.max_length" });
        if (folder.Template is null && records.Count(record => record.Messages is not null) is > 0 and var chats)
            problems.Add(new("template_missing", $"The base has no chat template, and {chats} of {records.Count} records are chats.") { Path = "model_name_or_path", Hint = "Add chat_template.jinja to the base's folder and import it again." });
        return problems;
    }

    /// <summary>Throws what was found, if anything.</summary>
    /// <exception cref="TemperException">All of it.</exception>
    public static void Throw(IReadOnlyList<Problem> problems)
    {
        if (problems.Count > 0)
            throw new TemperException(problems);
    }
}
