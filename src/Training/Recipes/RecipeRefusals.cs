namespace Temper.Training.Recipes;

/// <summary>What a recipe may say, is known, and is refused for good: each with its reason and what to write instead.</summary>
internal static class RecipeRefusals
{
    private const string OfEncoder = "Encoders are small beside the decoders that narrow weights are for; theirs are kept in f32.";

    /// <summary>Path of the setting, whether the recipe asks for it, why it is refused, and the remedy.</summary>
    public static readonly (string Path, Func<Recipe, bool> Asked, string Why, string Remedy)[] Lines =
    [
        ("data.format", r => r is { Data.Format: DataFormat.Csv, Task: not TrainingTask.SequenceClassification },
            "csv stands for a table of texts and their classes, and this task learns something else; what a table's columns mean is said when it is uploaded.", "Write `format: auto`, and configure the dataset's columns."),
        ("quantization.blocksize", r => r.Quantization is { LoadIn4Bit: true, Blocksize: not 64 },
            "The engine keeps four-bit weights in blocks of 64: others would have to be widened for every product.", "Write `blocksize: 64`; `temper quantize --blocksize` writes files of other sizes."),
        ("quantization.bnb_4bit_quant_type", r => r.Quantization is { LoadIn4Bit: true, QuantType: not "nf4" },
            "fp4 spends its sixteen values worse than nf4 on weights of trained models and is no faster here, so bases are trained on in nf4 alone.", "Write `bnb_4bit_quant_type: nf4`; `temper quantize --to fp4` writes such files."),
        ("quantization.load_in_4bit", r => r.Quantization is { LoadIn4Bit: true } && r.Task is TrainingTask.ImageClassification or TrainingTask.Embedding, OfEncoder, "Remove `quantization`."),
        ("quantization.load_in_8bit", r => r.Quantization is { LoadIn8Bit: true } && r.Task is TrainingTask.ImageClassification or TrainingTask.Embedding, OfEncoder, "Remove `quantization`."),
        ("training.bf16", r => r is { Training.Bf16: true, Lora: not null } && r.Task is TrainingTask.ImageClassification or TrainingTask.Embedding, OfEncoder, "Set bf16 to false."),
        ("training.neftune_noise_alpha", r => r.Training.NeftuneNoiseAlpha is not null && !LearnsTokens(r),
            "NEFTune is noise on the embeddings of a decoder that learns to write; this task does not.", "Remove it."),
        ("training.label_smoothing_factor", r => r.Training.LabelSmoothingFactor != 0 && r.Task is TrainingTask.Embedding or TrainingTask.Orpo,
            "Label smoothing has no meaning for this task: its loss compares inputs with each other and has no labels to smooth.", "Remove it."),
        ("training.dataloader_drop_last", r => r.Training.DataloaderDropLast && (r.Data.Datasets is { Count: > 1 } || r.Data.Remainder is not null),
            "Of several datasets, and where `data.remainder` is written, that setting says what becomes of items that fill no batch.", "Remove it, and write `data: {remainder: drop}`."),
    ];

    private static bool LearnsTokens(Recipe recipe) => recipe.Task is TrainingTask.CausalLm or TrainingTask.Pretrain or TrainingTask.Dpo or TrainingTask.Orpo;

    /// <summary>Refuses what is asked for.</summary>
    public static void Check(RecipeFields f, Recipe recipe)
    {
        foreach (var (path, asked, why, remedy) in Lines)
            if (asked(recipe))
                f.Fail("not_offered", path, why, remedy, 0);
    }
}
