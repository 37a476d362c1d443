using System.Globalization;
using Temper.Models;
using Temper.Training.Checkpoints;
using Temper.Training.Sampling;

namespace Temper.Training.Recipes;

/// <summary>The sections of a recipe, each value checked in itself.</summary>
internal static class RecipeSections
{
    public static DataSettings Data(RecipeFields f)
    {
        var d = new DataSettings();
        var (train, datasets) = RecipeDatasets.Read(f);
        var (share, other) = Validation(f);
        return d with
        {
            Train = train,
            Datasets = datasets,
            Sampling = f.Word<MixStrategy>("data.sampling"),
            SamplingAlpha = f.Number("data.sampling_alpha"),
            StopOn = f.Word<StopOn>("data.stop_on"),
            Remainder = f.Word<Remainder>("data.remainder"),
            OnRuntimeError = f.Word<RuntimeErrorPolicy>("data.on_runtime_error"),
            Prefetch = f.Whole("data.prefetch"),
            Validation = share,
            ValidationDataset = f.Text("data.validation_dataset") ?? other,
            Format = f.Word<DataFormat>("data.format") ?? DataFormat.Auto,
            ChatTemplate = Template(f) ?? d.ChatTemplate,
            TrainOn = f.Word<TrainOn>("data.train_on") ?? d.TrainOn,
            MaxLength = f.Whole("data.max_length") ?? d.MaxLength,
            OnOverlength = f.Word<OverlengthPolicy>("data.on_overlength") ?? d.OnOverlength,
            Packing = f.Flag("data.packing"),
        };
    }

    /// <summary>A name, a template, or the text of a file of templates.</summary>
    private static string? Template(RecipeFields f)
    {
        const string path = "data.chat_template";
        if (f.Text(path) is not { } text || text == "model" || BuiltInTemplates.Find(text) is not null)
            return f.Text(path);
        if (text.EndsWith(".jinja", StringComparison.Ordinal) && !text.Contains('{', StringComparison.Ordinal))
            return f.ReadFile?.Invoke(text) is not { } content
                ? f.Fail<string?>("not_found", path, $"{f.Written(path)} is '{text}', and there is no such file to read here.", "Name a file beside the recipe on the command line, or write the template itself.", null)
                : IsJinja(content) ? Parsed(f, path, content)
                : f.Fail<string?>("template_invalid", path, $"{f.Written(path)} is '{text}', and that file has neither {{{{ … }}}} nor {{% … %}}: every chat would be the same text.", "Name the file of a chat template.", null);
        if (IsJinja(text))
            return Parsed(f, path, text);
        string[] known = ["model", .. BuiltInTemplates.Names];
        var near = RecipeKeys.Nearest(text, known);
        return f.Fail<string?>("part_unknown", path, $"There is no chat template '{text}'; there are {string.Join(", ", known)}.", near is null ? "Write one of them, a file that ends in .jinja, or the template itself." : $"Did you mean {near}?", null);
    }

    private static bool IsJinja(string text) => text.Contains("{{", StringComparison.Ordinal) || text.Contains("{%", StringComparison.Ordinal);

    private static string? Parsed(RecipeFields f, string path, string template)
    {
        try
        {
            ChatTemplate.Parse(template);
            return template;
        }
        catch (Core.Errors.TemperException e)
        {
            return f.Fail<string?>(e.Code, path, $"{f.Written(path)} is no template that can be read: {e.Message}", "Correct the template.", null);
        }
    }

    /// <summary>A share, a number, or another dataset's reference; Axolotl's list of one is the one.</summary>
    private static (double Share, string? Dataset) Validation(RecipeFields f)
    {
        const string path = "data.validation";
        switch (f.Node(path))
        {
            case null:
                return (0, null);
            case RecipeNode.Items { Values: [RecipeNode.Scalar { IsNull: false } only] }:
                return (0, only.Text);
            case RecipeNode.Items { Values: [RecipeNode.Map map] } when map.Entries.FirstOrDefault(e => e.Key is "path" or "dataset")?.Value is RecipeNode.Scalar { IsNull: false } named:
                return (0, named.Text);
            case RecipeNode.Scalar s when !double.TryParse(s.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out _) && s.Text.Length > 0 && !s.Text.StartsWith('.'):
                return (0, s.Text);
        }
        var value = f.Number(path) ?? 0;
        if (value < 0)
            return (f.Outside(path, "at least 0", 0.0), null);
        return (value < 1 || value == Math.Floor(value) ? value : f.Outside(path, "below 1 (a share) or a whole number of records", 0.0), null);
    }

    public static LoraSettings Lora(RecipeFields f)
    {
        var l = new LoraSettings();
        var ranks = f.Numbers("lora.rank_pattern", new(1, true, 256, true));
        if (ranks?.Values.Any(r => r != Math.Floor(r)) == true)
            f.Wrong("lora.rank_pattern", "whole numbers by module pattern", 0);
        return l with
        {
            R = f.Whole("lora.r") ?? l.R,
            LoraAlpha = f.Number("lora.lora_alpha") ?? l.LoraAlpha,
            LoraDropout = f.Number("lora.lora_dropout") ?? l.LoraDropout,
            TargetModules = f.Texts("lora.target_modules") ?? l.TargetModules,
            UseRslora = f.Flag("lora.use_rslora"),
            UseDora = f.Flag("lora.use_dora"),
            ExcludeModules = f.SomeTexts("lora.exclude_modules"),
            ModulesToSave = f.SomeTexts("lora.modules_to_save"),
            RankPattern = ranks?.ToDictionary(p => p.Key, p => (int)p.Value),
            AlphaPattern = f.Numbers("lora.alpha_pattern", NumberRange.Parse("(0, inf)")),
            LayersToTransform = f.Wholes("lora.layers_to_transform"),
            LayersPattern = f.SomeTexts("lora.layers_pattern"),
            InitLoraWeights = f.OneOf("lora.init_lora_weights") is "gaussian" and var init ? init : null,
            LoraplusLrRatio = f.Number("lora.loraplus_lr_ratio") is { } ratio and not 1 ? ratio : null,
        };
    }

    public static QuantizationSettings? Quantization(RecipeFields f)
    {
        var q = new QuantizationSettings
        {
            LoadIn4Bit = f.Flag("quantization.load_in_4bit"),
            LoadIn8Bit = f.Flag("quantization.load_in_8bit"),
            QuantType = f.OneOf("quantization.bnb_4bit_quant_type") ?? "nf4",
            UseDoubleQuant = f.Flag("quantization.bnb_4bit_use_double_quant"),
            Blocksize = f.Whole("quantization.blocksize") ?? 64,
        };
        return q.LoadIn4Bit || q.LoadIn8Bit ? q : null;
    }

    public static TrainingSettings Training(RecipeFields f, bool lora)
    {
        var t = new TrainingSettings();
        var maxSteps = f.Whole("training.max_steps");
        var saveStrategy = f.Word<Cadence>("training.save_strategy") ?? t.SaveStrategy;
        var warmupSteps = f.Whole("training.warmup_steps");
        var schedule = f.Has("training.lr_scheduler_type") ? RecipeParts.Name(f, "training.lr_scheduler_type", f.Parts.Schedules) : t.LrSchedulerType;
        return TrainingExtras.Read(f, t with
        {
            LearningRate = f.Number("training.learning_rate") ?? (lora ? 2e-4 : 2e-5),
            NumTrainEpochs = f.Number("training.num_train_epochs") ?? (maxSteps is null ? t.NumTrainEpochs : null),
            MaxSteps = maxSteps,
            PerDeviceTrainBatchSize = f.Whole("training.per_device_train_batch_size") ?? t.PerDeviceTrainBatchSize,
            PerDeviceEvalBatchSize = f.Whole("training.per_device_eval_batch_size") ?? t.PerDeviceEvalBatchSize,
            GradientAccumulationSteps = f.Whole("training.gradient_accumulation_steps") ?? t.GradientAccumulationSteps,
            LrSchedulerType = schedule ?? t.LrSchedulerType,
            LrSchedulerKwargs = RecipeParts.Options(f, "training.lr_scheduler_kwargs", "schedule", schedule is null ? null : f.Parts.Schedules[schedule]),
            Parts = f.Parts,
            WarmupRatio = f.Number("training.warmup_ratio") ?? (warmupSteps is null ? 0.03 : null),
            WarmupSteps = warmupSteps,
            WeightDecay = f.Number("training.weight_decay") ?? t.WeightDecay,
            AdamBeta1 = f.Number("training.adam_beta1") ?? t.AdamBeta1,
            AdamBeta2 = f.Number("training.adam_beta2") ?? t.AdamBeta2,
            AdamEpsilon = f.Number("training.adam_epsilon") ?? t.AdamEpsilon,
            MaxGradNorm = f.Number("training.max_grad_norm") ?? t.MaxGradNorm,
            GradientCheckpointing = f.Flag("training.gradient_checkpointing"),
            Bf16 = f.Flag("training.bf16"),
            EvalStrategy = f.Word<Cadence>("training.eval_strategy") ?? t.EvalStrategy,
            EvalSteps = f.Number("training.eval_steps"),
            SaveStrategy = saveStrategy,
            SaveSteps = f.Number("training.save_steps") ?? (saveStrategy == Cadence.Steps ? 500 : null),
            SaveTotalLimit = f.Whole("training.save_total_limit") ?? t.SaveTotalLimit,
            LoggingSteps = f.Whole("training.logging_steps") ?? t.LoggingSteps,
            OnNan = f.Word<BadNumberPolicy>("training.on_nan") ?? t.OnNan,
        });
    }

    /// <summary>Null for auto and true.</summary>
    public static string? Resume(RecipeFields f)
    {
        const string path = "resume_from_checkpoint";
        if (f.Text(path) is not { } text || text is "auto" or "true")
            return null;
        return text == "false" || StartingPoint.Parse(text) is not null ? text
            : f.Wrong<string?>(path, "auto, true, false, a job's id or job:ID/step-N (a folder of this machine means nothing where the job runs)", null);
    }

    public static ExportSettings? Export(RecipeFields f)
    {
        var e = new ExportSettings { Merged = f.Flag("export.merged"), Gguf = f.OneOf("export.gguf"), GgufLora = f.Flag("export.gguf_lora") };
        return e.Merged || e.GgufLora || e.Gguf is not null ? e : null;
    }

    public static LimitSettings Limits(RecipeFields f)
    {
        var duration = f.Text("limits.max_duration") is not { } text ? null
            : DurationJson.Parse(text) ?? f.Wrong<TimeSpan?>("limits.max_duration", "a duration such as 90s, 30m, 2h or 1.5d", null);
        return new LimitSettings { MemoryGib = f.Number("limits.memory_gib"), MaxDuration = duration, MaxCost = f.Number("limits.max_cost"), CostPerHour = f.Number("limits.cost_per_hour") };
    }
}
