using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Training.Recipes;

/// <summary>
/// One run, complete and checked: every setting has its value, and nothing else decides what a run does. Made by <see cref="RecipeReader"/>.
/// Names on disk are those of Hugging Face and TRL where they have one.
/// </summary>
public sealed record Recipe
{
    /// <summary>Format of the recipe. 1.</summary>
    public int Version { get; init; } = 1;

    /// <summary>Reference or folder of the model to train; null where the job names it.</summary>
    public string? ModelNameOrPath { get; init; }

    /// <summary>What is learned.</summary>
    public TrainingTask Task { get; init; } = TrainingTask.CausalLm;

    /// <summary>Seed of all randomness: order, dropout, initialisation, split. 0 to 2³¹ - 1; default 42.</summary>
    public int Seed { get; init; } = 42;

    /// <summary>What is learned from.</summary>
    public DataSettings Data { get; init; } = new();

    /// <summary>Low-rank adaptation; null trains every weight.</summary>
    public LoraSettings? Lora { get; init; }

    /// <summary>How weights that are not trained are kept; null: as they are.</summary>
    public QuantizationSettings? Quantization { get; init; }

    /// <summary>How it is learned.</summary>
    public TrainingSettings Training { get; init; } = new();

    /// <summary>Files for other programs beside the result; null: none.</summary>
    public ExportSettings? Export { get; init; }

    /// <summary>Where training begins. Null (auto): an interrupted job goes on from its own newest checkpoint. <c>false</c>: it begins again. Else another job's checkpoint
    /// that a new job begins with: its id, or <c>job:ID/step-N</c>.</summary>
    public string? ResumeFromCheckpoint { get; init; }

    /// <summary>What a run may use.</summary>
    public LimitSettings Limits { get; init; } = new();

    /// <summary>Model that gets the new version; null where the job names it.</summary>
    public string? Output { get; init; }

    /// <summary>The resolved recipe, all defaults written out: <c>training_config.json</c>. Reading it again gives an equal recipe.</summary>
    public JsonElement ToJson() => Wire.ToElement(this);

    /// <summary>SHA-256 of the canonical spelling of <see cref="ToJson"/>.</summary>
    public Digest Digest() => CanonicalJson.DigestOf(ToJson());
}
