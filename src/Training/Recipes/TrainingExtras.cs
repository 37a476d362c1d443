namespace Temper.Training.Recipes;

/// <summary>Settings of <c>training</c> that most recipes leave out: null or off, they do not appear in the resolved recipe.</summary>
internal static class TrainingExtras
{
    public static TrainingSettings Read(RecipeFields f, TrainingSettings t)
    {
        var optimizer = f.Has("training.optim") ? RecipeParts.Name(f, "training.optim", f.Parts.Optimizers) : "adamw";
        var loss = RecipeParts.Name(f, "training.loss_type", f.Parts.Losses);
        var balanced = f.Node("training.class_weights") is RecipeNode.Scalar { Text: "balanced" };
        return t with
        {
            Optim = optimizer is "adamw" ? null : optimizer,
            OptimArgs = RecipeParts.Options(f, "training.optim_args", "optimizer", optimizer is null ? null : f.Parts.Optimizers[optimizer]),
            DataParallelSize = f.Whole("training.data_parallel_size") is { } processes and not 1 ? processes : null,
            NumCycles = f.Number("training.num_cycles"),
            MinLr = f.Number("training.min_lr"),
            MinLrRate = f.Number("training.min_lr_rate"),
            DecayShare = f.Number("training.decay_share"),
            NeftuneNoiseAlpha = f.Number("training.neftune_noise_alpha") is { } noise and not 0 ? noise : null,
            LabelSmoothingFactor = f.Number("training.label_smoothing_factor") ?? 0,
            DataloaderDropLast = f.Flag("training.dataloader_drop_last"),
            LoadBestModelAtEnd = f.Flag("training.load_best_model_at_end"),
            MetricForBestModel = f.Text("training.metric_for_best_model"),
            GreaterIsBetter = f.Has("training.greater_is_better") ? f.Flag("training.greater_is_better") : null,
            EarlyStoppingPatience = f.Whole("training.early_stopping_patience") is { } patience and not 0 ? patience : null,
            EarlyStoppingThreshold = f.Number("training.early_stopping_threshold") is { } threshold and not 0 ? threshold : null,
            OnSpike = f.Word<SpikePolicy>("training.on_spike") ?? SpikePolicy.Warn,
            MaxSkippedSteps = f.Whole("training.max_skipped_steps"),
            Beta = f.Number("training.beta"),
            LossType = loss,
            LossKwargs = RecipeParts.Options(f, "training.loss_kwargs", "loss", loss is null ? null : f.Parts.Losses[loss]),
            Head = RecipeParts.Name(f, "training.head", f.Parts.Heads),
            FreezeBackbone = f.Flag("training.freeze_backbone"),
            UnfreezeAtEpoch = f.Whole("training.unfreeze_at_epoch"),
            UnfreezeLastLayers = f.Whole("training.unfreeze_last_layers"),
            LayerwiseLrDecay = f.Number("training.layerwise_lr_decay"),
            ClassWeights = balanced ? null : f.Numbers("training.class_weights", NumberRange.Parse("(0, inf)")),
            BalanceClasses = balanced || f.Flag("training.balance_classes"),
            Augment = Augment(f),
        };
    }

    private static IReadOnlyList<Augmentation>? Augment(RecipeFields f)
    {
        const string path = "training.augment";
        if (f.SomeTexts(path) is not { } names)
            return null;
        return names.All(n => Enum.TryParse<Augmentation>(n, ignoreCase: true, out var named) && Enum.IsDefined(named) && !char.IsAsciiDigit(n[0]))
            ? [.. names.Select(n => Enum.Parse<Augmentation>(n, ignoreCase: true)).Distinct().Order()]
            : f.Wrong<IReadOnlyList<Augmentation>?>(path, "one or both of crop, flip", null);
    }
}
