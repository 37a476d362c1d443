namespace Temper.Training.Recipes;

/// <summary>What a recipe may say and nobody has built: refused by name. Whoever builds it removes its line.</summary>
internal static class RecipeNotBuilt
{
    /// <summary>Path of the setting, whether the recipe asks for it, what it is, and what to write instead.</summary>
    public static readonly (string Path, Func<Recipe, bool> Asked, string What, string Remedy)[] Lines =
    [
        ("data.validation", r => r.Data.ValidationDataset is not null, "A dataset of its own for validation", "Give a share of the records, such as 0.05, or a number of records."),
        ("data.format", r => r is { Data.Format: DataFormat.Csv, Task: not TrainingTask.SequenceClassification }, "The format csv", "Write `format: auto`: tables are read when they are uploaded."),
        ("data.chat_template", r => r.Data.ChatTemplate != "model", "A chat template of its own", "Write `chat_template: model`: the base model's own is used."),
        ("quantization.blocksize", r => r.Quantization is { LoadIn4Bit: true, Blocksize: not 64 }, "A block size other than 64", "Write `blocksize: 64`."),
        ("quantization.bnb_4bit_quant_type", r => r.Quantization is { LoadIn4Bit: true, QuantType: not "nf4" }, "Training on other four-bit numbers than nf4", "Write `bnb_4bit_quant_type: nf4`."),
        ("quantization.load_in_4bit", r => r.Quantization is not null && (r.Task is TrainingTask.ImageClassification or TrainingTask.Embedding), "A narrow base for this task", "Remove `quantization`."),
        ("training.neftune_noise_alpha", r => r.Training.NeftuneNoiseAlpha is not null && !LearnsTokens(r), "NEFTune for this task", "Remove it."),
        ("training.label_smoothing_factor", r => r.Training.LabelSmoothingFactor != 0 && (!LearnsTokens(r) || r.Task == TrainingTask.Orpo), "Label smoothing for this task", "Remove it."),
        ("training.dataloader_drop_last", r => r.Training.DataloaderDropLast, "dataloader_drop_last", "Set it to false; a short last batch is normalised correctly."),
        ("resume_from_checkpoint", r => r.ResumeFromCheckpoint is false, "Beginning again", "Remove it; a job always goes on from its own newest checkpoint."),
    ];

    private static bool LearnsTokens(Recipe recipe) => recipe.Task is TrainingTask.CausalLm or TrainingTask.Pretrain or TrainingTask.Dpo or TrainingTask.Orpo;

    /// <summary>Refuses what is asked for.</summary>
    public static void Check(RecipeFields f, Recipe recipe)
    {
        foreach (var (path, asked, what, remedy) in Lines)
            if (asked(recipe))
                f.Fail("not_supported_yet", path, $"{what} is known, but not built yet.", remedy, 0);
    }
}
