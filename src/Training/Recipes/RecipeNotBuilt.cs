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
        ("lora.use_dora", r => r.Lora is { UseDora: true }, "DoRA", "Set it to false."),
        ("lora.exclude_modules", r => r.Lora?.ExcludeModules is not null, "exclude_modules", "Remove it; name the targets instead."),
        ("lora.modules_to_save", r => r.Lora?.ModulesToSave is not null, "modules_to_save", "Remove it; only LoRA weights are trained."),
        ("lora.rank_pattern", r => r.Lora?.RankPattern is not null, "rank_pattern", "Remove it; every target has rank r."),
        ("lora.alpha_pattern", r => r.Lora?.AlphaPattern is not null, "alpha_pattern", "Remove it; every target has the same alpha."),
        ("lora.layers_to_transform", r => r.Lora?.LayersToTransform is not null, "layers_to_transform", "Remove it; every block gets an adapter."),
        ("lora.layers_pattern", r => r.Lora?.LayersPattern is not null, "layers_pattern", "Remove it."),
        ("lora.init_lora_weights", r => r.Lora?.InitLoraWeights is not null, "Another initialisation", "Set it to true."),
        ("lora.loraplus_lr_ratio", r => r.Lora?.LoraplusLrRatio is not null, "LoRA+", "Remove it."),
        ("quantization.load_in_4bit", r => r.Quantization is { LoadIn4Bit: true }, "Training on 4 bits", "Remove it; `bf16: true` keeps the base in 16 bits."),
        ("quantization.load_in_8bit", r => r.Quantization is { LoadIn8Bit: true }, "Training on 8 bits", "Remove it; `bf16: true` keeps the base in 16 bits."),
        ("training.optim", r => r.Training.Optim == OptimizerType.Sgd, "The optimizer sgd", "Write `optim: adamw`."),
        ("training.optim", r => r.Training.Optim == OptimizerType.Adafactor, "The optimizer adafactor", "Write `optim: adamw`."),
        ("training.optim", r => r.Training.Optim == OptimizerType.Lion, "The optimizer lion", "Write `optim: adamw`."),
        ("training.lr_scheduler_type", r => r.Training.LrSchedulerType == SchedulerType.CosineWithMinLr, "The schedule cosine_with_min_lr", "Write `lr_scheduler_type: cosine`."),
        ("training.lr_scheduler_type", r => r.Training.LrSchedulerType == SchedulerType.Wsd, "The schedule wsd", "Write `lr_scheduler_type: cosine`."),
        ("training.num_cycles", r => r.Training.NumCycles is not null, "num_cycles", "Remove it: half a period is used."),
        ("training.neftune_noise_alpha", r => r.Training.NeftuneNoiseAlpha is not null, "NEFTune", "Remove it."),
        ("training.label_smoothing_factor", r => r.Training.LabelSmoothingFactor != 0 && r is not { Task: TrainingTask.Dpo, Training.LossType: not PreferenceLoss.Ipo }, "Label smoothing", "Remove it."),
        ("training.dataloader_drop_last", r => r.Training.DataloaderDropLast, "dataloader_drop_last", "Set it to false; a short last batch is normalised correctly."),
        ("training.load_best_model_at_end", r => r.Training.LoadBestModelAtEnd, "load_best_model_at_end", "Set it to false; the last step is the result."),
        ("training.early_stopping_patience", r => r.Training.EarlyStoppingPatience is not null, "Early stopping", "Remove it; choose the number of steps."),
        ("training.on_spike", r => r.Training.OnSpike == SpikePolicy.Rollback, "Going back after a spike", "Write `on_spike: warn`."),
        ("training.max_skipped_steps", r => r.Training.MaxSkippedSteps is not null, "max_skipped_steps", "Remove it: three in a row fail the run."),
        ("resume_from_checkpoint", r => r.ResumeFromCheckpoint is false, "Beginning again", "Remove it; a job always goes on from its own newest checkpoint."),
    ];

    /// <summary>Refuses what is asked for.</summary>
    public static void Check(RecipeFields f, Recipe recipe)
    {
        foreach (var (path, asked, what, remedy) in Lines)
            if (asked(recipe))
                f.Fail("not_supported_yet", path, $"{what} is known, but not built yet.", remedy, 0);
    }
}
