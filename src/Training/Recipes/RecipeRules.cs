using Temper.Core.Errors;
using Temper.Training.Data;
using Temper.Training.Planning;
using Temper.Training.Sampling;

namespace Temper.Training.Recipes;

/// <summary>Rules between settings: what excludes what, and what needs what.</summary>
internal static class RecipeRules
{
    public static void Check(RecipeFields f, Recipe recipe)
    {
        var t = recipe.Training;
        Exclusive(f, "training.warmup_steps", "training.warmup_ratio");
        if (t.MaxSteps is not null)
            Exclusive(f, "training.max_steps", "training.num_train_epochs");
        StepsNeedStrategy(f, "training.eval_steps", "training.eval_strategy", t.EvalStrategy);
        StepsNeedStrategy(f, "training.save_steps", "training.save_strategy", t.SaveStrategy);
        WholeFromOneOn(f, "training.eval_steps", t.EvalSteps);
        WholeFromOneOn(f, "training.save_steps", t.SaveSteps);
        if (t.EvalStrategy != Cadence.No && recipe.Data is { Validation: 0, ValidationDataset: null })
            f.Fail("requires", "training.eval_strategy", "eval_strategy asks for measurements, but nothing is held out.", "Set `data: {validation: 0.05}`, or `eval_strategy: no`.", 0);
        if (t.Bf16 && recipe.Lora is null)
            f.Fail("requires", "training.bf16", "bf16 is for weights that are not trained, and without lora all are.", "Write a `lora:` section, or set bf16 to false.", 0);
        if (f.Has("data.validation_dataset") && recipe.Data.Validation != 0)
            f.Fail("exclusive", "data.validation_dataset", "Records are held out, or another dataset is measured.", "Keep one of the two.", 0);
        if (t.DataParallelSize > t.GradientAccumulationSteps)
            f.Fail("requires", "training.data_parallel_size", FormattableString.Invariant($"{t.DataParallelSize} processes would share the micro-batches of a step, and a step has {t.GradientAccumulationSteps}."),
                FormattableString.Invariant($"Set gradient_accumulation_steps to {t.DataParallelSize} or a multiple of it (and lower per_device_train_batch_size), or data_parallel_size to at most {t.GradientAccumulationSteps}."), 0);
        Schedule(f, t);
        Best(f, t);
        Narrow(f, recipe);
        if (recipe.Limits.MaxCost is not null && recipe.Limits.CostPerHour is null)
            f.Fail("requires", "limits.max_cost", "max_cost needs to know what an hour costs.", "Add `cost_per_hour: N`.", 0);
        if (recipe.Data.StopOn == StopOn.MaxSteps && t.MaxSteps is null)
            f.Fail("requires", "data.stop_on", "stop_on: max_steps has no end without max_steps.", "Set `training: {max_steps: N}`.", 0);
        if (recipe.Data.SamplingAlpha is not null && recipe.Data.Sampling != MixStrategy.Temperature)
            f.Fail("requires", "data.sampling_alpha", "sampling_alpha is of the strategy temperature alone.", "Write `sampling: temperature`, or remove it.", 0);
        if (f.Problems.Count == 0 && recipe.Data.Datasets is { } datasets)
            Mixed(f, recipe, datasets);
        if (t.MaxSteps is { } most && t.WarmupSteps > most)
            f.Outside("training.warmup_steps", $"at most max_steps, which is {most}", 0);
    }

    private static void Schedule(RecipeFields f, TrainingSettings t)
    {
        Exclusive(f, "training.min_lr", "training.min_lr_rate");
        var cosine = t.LrSchedulerType is "cosine" or "cosine_with_min_lr" or "cosine_with_restarts";
        OnlyWith(f, "training.num_cycles", cosine, "a cosine", "`lr_scheduler_type: cosine`");
        OnlyWith(f, "training.min_lr", t.LrSchedulerType == "cosine_with_min_lr", "the schedule cosine_with_min_lr", "`lr_scheduler_type: cosine_with_min_lr`");
        OnlyWith(f, "training.min_lr_rate", t.LrSchedulerType == "cosine_with_min_lr", "the schedule cosine_with_min_lr", "`lr_scheduler_type: cosine_with_min_lr`");
        OnlyWith(f, "training.decay_share", t.LrSchedulerType == "wsd", "the schedule wsd", "`lr_scheduler_type: wsd`");
        if (t.LrSchedulerType == "cosine_with_min_lr" && t is { MinLr: null, MinLrRate: null })
            f.Fail("requires", "training.lr_scheduler_type", "cosine_with_min_lr needs to know where it ends.", "Add `min_lr` or `min_lr_rate`.", 0);
        if (t.MinLr > t.LearningRate)
            f.Outside("training.min_lr", FormattableString.Invariant($"at most the learning rate, which is {t.LearningRate}"), 0);
    }

    private static void Best(RecipeFields f, TrainingSettings t)
    {
        if (t.LoadBestModelAtEnd && t.EvalStrategy == Cadence.No)
            f.Fail("requires", "training.load_best_model_at_end", "The best checkpoint is known only where there are measurements.", "Set `eval_strategy` and `save_strategy` to the same, and `validation`.", 0);
        else if (t.LoadBestModelAtEnd && (t.SaveStrategy != t.EvalStrategy || !IsMultiple(t)))
            f.Fail("requires", "training.load_best_model_at_end", "Every checkpoint must be measured: save_strategy must be eval_strategy, and save_steps a multiple of eval_steps.", "Set both to `epoch`, or make save_steps a multiple of eval_steps.", 0);
        if (t.EarlyStoppingPatience is not null && t.EvalStrategy == Cadence.No)
            f.Fail("requires", "training.early_stopping_patience", "Early stopping looks at measurements, and there are none.", "Set `eval_strategy` and `validation`.", 0);
        OnlyWith(f, "training.early_stopping_threshold", t.EarlyStoppingPatience is not null, "early_stopping_patience", "`early_stopping_patience: N`");
        OnlyWith(f, "training.greater_is_better", t.LoadBestModelAtEnd || t.EarlyStoppingPatience is not null, "load_best_model_at_end or early stopping", "`load_best_model_at_end: true`");
        OnlyWith(f, "training.metric_for_best_model", t.LoadBestModelAtEnd || t.EarlyStoppingPatience is not null, "load_best_model_at_end or early stopping", "`load_best_model_at_end: true`");
    }

    private static bool IsMultiple(TrainingSettings t) => t.SaveStrategy != Cadence.Steps
        || (t.SaveSteps ?? 500) / (t.EvalSteps ?? t.LoggingSteps) is var times && times >= 1 && Math.Abs(times - Math.Round(times)) < 1e-9;

    /// <summary>Narrow weights and what goes with adapters.</summary>
    private static void Narrow(RecipeFields f, Recipe recipe)
    {
        if (recipe.Quantization is { LoadIn4Bit: true, LoadIn8Bit: true })
            f.Fail("exclusive", "quantization.load_in_8bit", "load_in_4bit and load_in_8bit exclude each other.", "Keep one of the two.", 0);
        if (recipe.Quantization is { } q && recipe.Lora is null)
            f.Fail("requires", q.LoadIn4Bit ? "quantization.load_in_4bit" : "quantization.load_in_8bit", "Narrow weights cannot be trained, and without lora all are.", "Write a `lora:` section, or remove it.", 0);
        foreach (var path in (string[])["quantization.bnb_4bit_use_double_quant", "quantization.blocksize"])
            if (f.Has(path) && f.Text(path) != "false" && recipe.Quantization is not { LoadIn4Bit: true })
                f.Fail("requires", path, $"{f.Written(path)} is of 4 bits alone.", "Write `load_in_4bit: true`, or remove it.", 0);
        if (recipe.Quantization is { Blocksize: var size } && (size & (size - 1)) != 0)
            f.Outside("quantization.blocksize", "a power of two from 32 to 4096", 0);
        if (recipe is { Lora: { UseDora: true }, Export: { GgufLora: true } })
            f.Fail("exclusive", "export.gguf_lora", "llama.cpp's adapters know no DoRA.", "Write `gguf: q8_0` for the whole model, or set use_dora to false.", 0);
        if (recipe is { Lora: null, Export: { Merged: true } })
            f.Fail("requires", "export.merged", "Without lora the result is the whole model already.", "Remove it.", 0);
        if (recipe is { Task: TrainingTask.ImageClassification or TrainingTask.Embedding, Export: { Gguf: not null } or { GgufLora: true } })
            f.Fail("requires", "export", "GGUF is of decoders; encoders are exported as merged folders.", "Write `merged: true`, or remove the section.", 0);
        if (recipe is { Lora: null, Export: { GgufLora: true } })
            f.Fail("requires", "export.gguf_lora", "Without lora there is no adapter.", "Write `gguf: f16`.", 0);
        if (recipe.Lora is { LayersPattern: not null, LayersToTransform: null })
            f.Fail("requires", "lora.layers_pattern", "layers_pattern says where layers_to_transform counts.", "Add `layers_to_transform: […]`, or remove it.", 0);
    }

    private static void OnlyWith(RecipeFields f, string path, bool holds, string what, string write)
    {
        if (f.Has(path) && !holds)
            f.Fail("requires", path, $"{f.Written(path)} is of {what} alone.", $"Write {write}, or remove it.", 0);
    }

    /// <summary>All that is wrong with a mix whatever the sizes of its datasets.</summary>
    private static void Mixed(RecipeFields f, Recipe recipe, IReadOnlyList<DatasetEntry> datasets)
    {
        try
        {
            MixChecks.Check(DataMix.Of(recipe, [.. datasets.Select(d => new DataPart(d.Name, default, 1) { Entry = d })], [.. datasets.Select(_ => (IReadOnlyList<MixBucket>)[new("any", 1)])]));
        }
        catch (TemperException e)
        {
            foreach (var problem in e.Problems)
                f.Refuse(problem.Code, $"data.{problem.Path}", f.Node("data.train")!.Line, problem.Value, problem.Message, problem.Hint ?? "Correct it.");
        }
    }

    private static void Exclusive(RecipeFields f, string one, string other)
    {
        if (f.Has(one) && f.Has(other))
            f.Fail("exclusive", one, $"{f.Written(one)} and {f.Written(other)} exclude each other.", "Keep one of the two.", 0);
    }

    private static void StepsNeedStrategy(RecipeFields f, string steps, string strategy, Cadence chosen)
    {
        if (f.Has(steps) && chosen != Cadence.Steps)
            f.Fail("exclusive", steps, $"{f.Written(steps)} has no meaning when {f.Written(strategy)} is {chosen.ToString().ToLowerInvariant()}.", $"Write `{f.Written(strategy)}: steps`, or remove it.", 0);
    }

    private static void WholeFromOneOn(RecipeFields f, string path, double? value)
    {
        if (value is >= 1 && value != Math.Floor(value.Value))
            f.Outside(path, "below 1 (a share of all steps) or a whole number of steps", 0);
    }
}
