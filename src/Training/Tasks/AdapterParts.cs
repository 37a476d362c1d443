using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Training.Tasks;

/// <summary>What all tasks share that may train an adapter: how a recipe's words become its settings.</summary>
internal static class AdapterParts
{
    /// <summary>The adapter that a recipe asks for; null for full fine-tuning.</summary>
    /// <param name="setting">What is asked for.</param>
    /// <param name="taskType">PEFT's word for the task; null where it has none (images).</param>
    public static LoraConfig? Lora(TaskSetting setting, string? taskType) => setting.Recipe.Lora is not { } lora ? null : new LoraConfig
    {
        Rank = lora.R,
        Alpha = lora.LoraAlpha,
        Dropout = lora.LoraDropout,
        TargetModules = lora.TargetModules,
        UseRsLora = lora.UseRslora,
        UseDora = lora.UseDora,
        GaussianInit = lora.InitLoraWeights == "gaussian",
        ExcludeModules = lora.ExcludeModules ?? [],
        ModulesToSave = lora.ModulesToSave ?? [],
        RankPattern = lora.RankPattern ?? new Dictionary<string, int>(),
        AlphaPattern = lora.AlphaPattern ?? new Dictionary<string, double>(),
        Layers = lora.LayersToTransform ?? [],
        LayersPattern = lora.LayersPattern ?? [],
        BaseModel = setting.BaseName,
        TaskType = taskType,
    };

    /// <summary>What keeps an adapter from fitting its base, at its place in the recipe.</summary>
    public static IEnumerable<Problem> Placed(IEnumerable<Problem> problems) => problems.Select(problem => problem with { Path = problem.Path ?? "lora.target_modules" });
}
