namespace Temper.Training.Recipes;

/// <summary>Which settings are of which task.</summary>
internal static class TaskRules
{
    private static readonly TrainingTask[] Preferences = [TrainingTask.Dpo, TrainingTask.Orpo];
    private static readonly TrainingTask[] Classes = [TrainingTask.SequenceClassification, TrainingTask.ImageClassification];
    private static readonly TrainingTask[] Pictures = [TrainingTask.ImageClassification];
    private static readonly TrainingTask[] Words = [TrainingTask.CausalLm, TrainingTask.Pretrain, .. Preferences];

    private static readonly (string Path, TrainingTask[] Tasks)[] Of =
    [
        ("training.beta", Preferences),
        ("training.freeze_backbone", Classes),
        ("training.unfreeze_at_epoch", Classes),
        ("training.unfreeze_last_layers", Classes),
        ("training.layerwise_lr_decay", Classes),
        ("training.head", Classes),
        ("training.class_weights", Classes),
        ("training.balance_classes", Classes),
        ("training.augment", Pictures),
        ("training.neftune_noise_alpha", Words),
        ("data.chat_template", [TrainingTask.CausalLm, .. Preferences]),
        ("data.packing", [TrainingTask.CausalLm, TrainingTask.Pretrain]),
    ];

    public static void Check(RecipeFields f, Recipe recipe)
    {
        foreach (var (path, tasks) in Of)
            if (f.Has(path) && f.Node(path)!.Shown is not ("false" or "0" or "model") && !tasks.Contains(recipe.Task))
                f.Fail(path == "data.packing" ? "exclusive" : "requires", path, $"{f.Written(path)} is of the task {string.Join(" or ", tasks.Select(Name))}; this one is {Name(recipe.Task)}.", "Remove it, or write another `task`.", 0);
        Loss(f, recipe);
        if (Preferences.Contains(recipe.Task) && recipe.Data.Format is not (DataFormat.Auto or DataFormat.Preference))
            f.Fail("requires", "data.format", $"The task {Name(recipe.Task)} learns from preferences.", "Write `format: preference` or `auto`.", 0);
        else if (recipe.Data.Format == DataFormat.Preference && !Preferences.Contains(recipe.Task))
            f.Fail("requires", "data.format", $"Preferences are learned from by dpo and orpo; this task is {Name(recipe.Task)}.", "Write `task: dpo`, or another format.", 0);
        if (recipe.Data.Format == DataFormat.ImageFolder != (recipe.Task == TrainingTask.ImageClassification) && recipe.Data.Format != DataFormat.Auto)
            f.Fail("requires", "data.format", $"The format {f.Text("data.format")} does not fit the task {Name(recipe.Task)}.", "Write `format: auto`.", 0);
        if (recipe is { Task: TrainingTask.Pretrain, Lora: not null })
            f.Fail("exclusive", "task", "From random weights all of them are trained: lora has nothing to stand on.", "Remove the lora settings.", 0);
        if (recipe.Training is { FreezeBackbone: false } t && (t.UnfreezeAtEpoch is not null || t.UnfreezeLastLayers is not null))
            f.Fail("requires", t.UnfreezeAtEpoch is not null ? "training.unfreeze_at_epoch" : "training.unfreeze_last_layers", "Only a frozen backbone can be unfrozen.", "Add `freeze_backbone: true`.", 0);
        if (recipe is { Training.Head: not (null or "linear"), Lora: not null })
            f.Fail("exclusive", "training.head", "An adapter keeps the linear classifier whole and nothing else; another head is trained with the whole model, or alone by `freeze_backbone`.", "Remove one of the two.", 0);
        if (recipe is { Training.FreezeBackbone: true, Lora: not null })
            f.Fail("exclusive", "training.freeze_backbone", "With lora the backbone is frozen anyway.", "Remove one of the two.", 0);
    }

    private static void Loss(RecipeFields f, Recipe recipe)
    {
        if (f.Has("training.loss_kwargs") && !f.Has("training.loss_type"))
            f.Fail("requires", "training.loss_kwargs", "loss_kwargs is of a loss that is named.", "Add `loss_type: NAME`, or remove it.", 0);
        if (recipe.Training.LossType is not { } name)
            return;
        if (f.Parts.Losses[name] is var loss && !loss.Tasks.Contains(recipe.Task))
        {
            string[] own = [.. f.Parts.Losses.Names.Where(n => f.Parts.Losses[n].Tasks.Contains(recipe.Task))];
            f.Fail("requires", "training.loss_type", $"The loss {name} is of the task {string.Join(" or ", loss.Tasks.Select(Name))}; this one is {Name(recipe.Task)}.",
                own.Length == 0 ? "Remove it: this task has one loss." : $"Write one of {string.Join(", ", own)}, or remove it.", 0);
        }
        else if (recipe.Training.LabelSmoothingFactor != 0 && (loss.Make is not null || name == "ipo"))
            f.Fail("exclusive", "training.label_smoothing_factor", $"The loss {name} spreads no target.", "Remove one of the two.", 0);
    }

    private static string Name(TrainingTask task) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(task.ToString());
}
