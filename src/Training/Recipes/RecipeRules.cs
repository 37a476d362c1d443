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
        if (t.EvalStrategy != Cadence.No && recipe.Data.Validation == 0)
            f.Fail("requires", "training.eval_strategy", "eval_strategy asks for measurements, but nothing is held out.", "Set `data: {validation: 0.05}`, or `eval_strategy: no`.", 0);
        if (t.Bf16 && recipe.Lora is null)
            f.Fail("requires", "training.bf16", "bf16 is for weights that are not trained, and without lora all are.", "Write a `lora:` section, or set bf16 to false.", 0);
        if (recipe.Data.StopOn == StopOn.MaxSteps && t.MaxSteps is null)
            f.Fail("requires", "data.stop_on", "stop_on: max_steps has no end without max_steps.", "Set `training: {max_steps: N}`.", 0);
        if (recipe.Data.SamplingAlpha is not null && recipe.Data.Sampling != MixStrategy.Temperature)
            f.Fail("requires", "data.sampling_alpha", "sampling_alpha is of the strategy temperature alone.", "Write `sampling: temperature`, or remove it.", 0);
        if (f.Problems.Count == 0 && recipe.Data.Datasets is { } datasets)
            Mixed(f, recipe, datasets);
        if (t.MaxSteps is { } most && t.WarmupSteps > most)
            f.Outside("training.warmup_steps", $"at most max_steps, which is {most}", 0);
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
