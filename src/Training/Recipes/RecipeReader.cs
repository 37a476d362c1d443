using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Training.Sampling;

namespace Temper.Training.Recipes;

/// <summary>Recipes from YAML or JSON: the same tree and the same names.</summary>
public static class RecipeReader
{
    private const int MaxCharacters = 1 << 20;
    private static readonly NumberRange Positive = new(0, false, double.PositiveInfinity, false);

    /// <summary>Reads and checks a recipe.</summary>
    /// <param name="text">YAML, or JSON where it begins with a brace and the name does not say YAML.</param>
    /// <param name="fileName">As the user knows it, for messages; null where there is none.</param>
    /// <exception cref="TemperException">Everything that is wrong with it, each problem with path, line, value and remedy.</exception>
    public static Recipe Read(string text, string? fileName)
    {
        var problems = new List<Problem>();
        if (text.Length > MaxCharacters)
            throw new TemperException([new("recipe_syntax", $"The recipe has {text.Length:N0} characters; at most {MaxCharacters:N0} are read.") { File = fileName, Hint = "A recipe is a page of settings; is this the right file?" }]);
        var yaml = fileName is not null && (fileName.EndsWith(".yaml", StringComparison.OrdinalIgnoreCase) || fileName.EndsWith(".yml", StringComparison.OrdinalIgnoreCase));
        var body = text.TrimStart('\uFEFF');
        var root = !yaml && body.AsSpan().TrimStart() is ['{', ..] ? RecipeJsonText.Read(body, fileName, problems) : RecipeYaml.Read(body, fileName, problems);
        if (root is RecipeNode.Scalar { IsNull: true })
            root = new RecipeNode.Map([], 1);
        if (root is not (null or RecipeNode.Map))
            problems.Add(new("wrong_type", $"The recipe is '{root.Shown}', expected settings by name.") { File = fileName, Line = root.Line, Hint = "Write `name: value`, one a line." });
        var recipe = root is RecipeNode.Map map ? Build(new(map, fileName, problems)) : null;
        return problems.Count == 0 ? recipe! : throw new TemperException([.. problems.OrderBy(p => p.Line ?? long.MaxValue)]);
    }

    /// <summary>Reads and checks a recipe that came over the wire.</summary>
    /// <exception cref="TemperException">As the other overload.</exception>
    public static Recipe Read(JsonElement recipe) => Read(recipe.GetRawText(), null);

    private static Recipe Build(RecipeFields f)
    {
        if (f.Whole("version", 1) is > 1)
            f.Outside("version", "1", 0);
        var lora = f.HasAny("lora") ? Lora(f) : null;
        var recipe = new Recipe
        {
            ModelNameOrPath = f.Text("model_name_or_path"),
            Task = Task(f),
            Seed = f.Whole("seed", 0) ?? 42,
            Data = Data(f),
            Lora = lora,
            Training = Training(f, lora is not null),
            Limits = Limits(f),
            Output = f.Text("output"),
        };
        if (recipe.Output is { } output && !Core.Ids.ResourceName.TryParse(output, out _))
            f.Fail("name_invalid", "output", $"{f.Written("output")} is '{output}', which is not a valid name.", "Use 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit.", 0);
        RecipeRules.Check(f, recipe);
        return recipe;
    }

    private static TrainingTask Task(RecipeFields f)
    {
        if (f.Text("task") is not { } task || task == "causal_lm")
            return TrainingTask.CausalLm;
        return task is "dpo" or "orpo" or "sequence_classification" or "image_classification" or "embedding"
            ? f.Fail("not_supported_yet", "task", $"The task {task} is known, but not built yet.", "Write `task: causal_lm`.", TrainingTask.CausalLm)
            : f.Wrong("task", "causal_lm", TrainingTask.CausalLm);
    }

    private static DataSettings Data(RecipeFields f)
    {
        var d = new DataSettings();
        var (train, datasets) = RecipeDatasets.Read(f);
        return d with
        {
            Train = train,
            Datasets = datasets,
            Sampling = f.Word<MixStrategy>("data.sampling"),
            SamplingAlpha = f.Number("data.sampling_alpha", new(0, true, 1, true)),
            StopOn = f.Word<StopOn>("data.stop_on"),
            Remainder = f.Word<Remainder>("data.remainder"),
            OnRuntimeError = f.Word<RuntimeErrorPolicy>("data.on_runtime_error"),
            Prefetch = f.Whole("data.prefetch", 1, 1000),
            Validation = Validation(f),
            Format = Format(f),
            ChatTemplate = f.Text("data.chat_template") is not { } template || template == "model" ? "model"
                : f.Fail("not_supported_yet", "data.chat_template", "A chat template of its own is known, but not built yet.", "Write `chat_template: model`: the base model's own is used.", "model"),
            TrainOn = f.Word<TrainOn>("data.train_on") ?? d.TrainOn,
            MaxLength = f.Whole("data.max_length", 8) ?? d.MaxLength,
            OnOverlength = f.Word<OverlengthPolicy>("data.on_overlength") ?? d.OnOverlength,
            Packing = f.Bool("data.packing", d.Packing),
        };
    }

    private static double Validation(RecipeFields f)
    {
        if (f.Node("data.validation") is RecipeNode.Scalar s && !double.TryParse(s.Text, System.Globalization.NumberStyles.Float, System.Globalization.CultureInfo.InvariantCulture, out _))
            return f.Fail("not_supported_yet", "data.validation", "A dataset of its own for validation is known, but not built yet.", "Give a share of the records, such as 0.05, or a number of records.", 0.0);
        var value = f.Number("data.validation", new(0, true, double.PositiveInfinity, false)) ?? 0;
        return value < 1 || value == Math.Floor(value) ? value : f.Outside("data.validation", "below 1 (a share) or a whole number of records", 0.0);
    }

    private static DataFormat Format(RecipeFields f) => f.Text("data.format") is "preference" or "image_folder" or "csv"
        ? f.Fail("not_supported_yet", "data.format", $"The format {f.Text("data.format")} is known, but not built yet.", "Upload messages, text, prompt_completion or instruction records.", DataFormat.Auto)
        : f.Word<DataFormat>("data.format") ?? DataFormat.Auto;

    private static LoraSettings Lora(RecipeFields f)
    {
        var l = new LoraSettings();
        return l with
        {
            R = f.Whole("lora.r", 1, 256) ?? l.R,
            LoraAlpha = f.Number("lora.lora_alpha", Positive) ?? l.LoraAlpha,
            LoraDropout = f.Number("lora.lora_dropout", new(0, true, 1, false)) ?? l.LoraDropout,
            TargetModules = f.Texts("lora.target_modules") ?? l.TargetModules,
            UseRslora = f.Bool("lora.use_rslora", l.UseRslora),
        };
    }

    private static TrainingSettings Training(RecipeFields f, bool lora)
    {
        var t = new TrainingSettings();
        var beta = new NumberRange(0, true, 1, false);
        var unit = new NumberRange(0, true, 1, true);
        var maxSteps = f.Node("training.max_steps") is RecipeNode.Scalar { Text: "-1" } ? null : f.Whole("training.max_steps", 1);
        var saveStrategy = f.Word<Cadence>("training.save_strategy") ?? t.SaveStrategy;
        var warmupSteps = f.Whole("training.warmup_steps", 0);
        return t with
        {
            LearningRate = f.Number("training.learning_rate", new(0, false, 1, true)) ?? (lora ? 2e-4 : 2e-5),
            NumTrainEpochs = f.Number("training.num_train_epochs", new(0, false, 1000, true)) ?? (maxSteps is null ? t.NumTrainEpochs : null),
            MaxSteps = maxSteps,
            PerDeviceTrainBatchSize = f.Whole("training.per_device_train_batch_size", 1) ?? t.PerDeviceTrainBatchSize,
            PerDeviceEvalBatchSize = f.Whole("training.per_device_eval_batch_size", 1) ?? t.PerDeviceEvalBatchSize,
            GradientAccumulationSteps = f.Whole("training.gradient_accumulation_steps", 1, (1 << 20) - 1) ?? t.GradientAccumulationSteps,
            LrSchedulerType = f.Word<SchedulerType>("training.lr_scheduler_type") ?? t.LrSchedulerType,
            WarmupRatio = f.Number("training.warmup_ratio", unit) ?? (warmupSteps is null ? 0.03 : null),
            WarmupSteps = warmupSteps,
            WeightDecay = f.Number("training.weight_decay", unit) ?? t.WeightDecay,
            AdamBeta1 = f.Number("training.adam_beta1", beta) ?? t.AdamBeta1,
            AdamBeta2 = f.Number("training.adam_beta2", beta) ?? t.AdamBeta2,
            AdamEpsilon = f.Number("training.adam_epsilon", new(0, false, 1, true)) ?? t.AdamEpsilon,
            MaxGradNorm = f.Number("training.max_grad_norm", new(0, true, double.PositiveInfinity, false)) ?? t.MaxGradNorm,
            GradientCheckpointing = f.Bool("training.gradient_checkpointing", t.GradientCheckpointing),
            Bf16 = f.Bool("training.bf16", t.Bf16),
            EvalStrategy = f.Word<Cadence>("training.eval_strategy") ?? t.EvalStrategy,
            EvalSteps = f.Number("training.eval_steps", Positive),
            SaveStrategy = saveStrategy,
            SaveSteps = f.Number("training.save_steps", Positive) ?? (saveStrategy == Cadence.Steps ? 500 : null),
            SaveTotalLimit = f.Whole("training.save_total_limit", 1) ?? t.SaveTotalLimit,
            LoggingSteps = f.Whole("training.logging_steps", 1) ?? t.LoggingSteps,
            OnNan = f.Word<BadNumberPolicy>("training.on_nan") ?? t.OnNan,
        };
    }

    private static LimitSettings Limits(RecipeFields f)
    {
        var duration = f.Text("limits.max_duration") is not { } text ? null
            : DurationJson.Parse(text) ?? f.Wrong<TimeSpan?>("limits.max_duration", "a duration such as 90s, 30m, 2h or 1.5d", null);
        return new LimitSettings { MemoryGib = f.Number("limits.memory_gib", Positive), MaxDuration = duration };
    }
}
