using System.Text.Json;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Training.Objectives;
using Temper.Training.Recipes;

namespace Temper.Training.Tasks;

/// <summary>Opens a base's folder for a job.</summary>
/// <exception cref="TemperException">Everything that is wrong with the folder, at once.</exception>
public delegate JobTask JobTaskFactory(TaskSetting setting);

/// <summary>A task under its name in recipes: what a plug-in registers.</summary>
/// <param name="Name">As recipes write it, such as <c>causal_lm</c>.</param>
/// <param name="Make">Opens the base.</param>
public sealed record NamedTask(string Name, JobTaskFactory Make);

/// <summary>Tasks by name.</summary>
public static class JobTasks
{
    /// <summary>Tasks that need no plug-in.</summary>
    public static IReadOnlyList<NamedTask> BuiltIn { get; } =
    [
        new("causal_lm", setting => new CausalTask(setting)),
        new("dpo", setting => new PreferenceTask(setting, PreferenceSettings.Of(setting.Recipe))),
        new("sequence_classification", setting => EncoderFolder.Is(setting.Folder) ? new EncoderClassTask(setting, EncoderKind.Bert) : new DecoderClassTask(setting)),
        new("image_classification", Images),
        new("embedding", setting => new EmbeddingTask(setting)),
        new("pretrain", setting => new PretrainTask(setting)),
        new("orpo", setting => new PreferenceTask(setting, PreferenceSettings.Of(setting.Recipe))),
    ];

    /// <summary>The built-in tasks and those of plug-ins, by name; a plug-in's wins over a built-in one of its name.</summary>
    public static IReadOnlyDictionary<string, JobTaskFactory> With(IEnumerable<NamedTask> plugins)
    {
        var tasks = new Dictionary<string, JobTaskFactory>(StringComparer.Ordinal);
        foreach (var task in BuiltIn.Concat(plugins))
            tasks[task.Name] = task.Make;
        return tasks;
    }

    private static EncoderClassTask Images(TaskSetting setting) => EncoderFolder.Is(setting.Folder) ? new(setting, EncoderKind.Vit)
        : throw new TemperException("unsupported_architecture", "The task image_classification needs a model that reads images (ViT) as its base.");

    /// <summary>Name of a recipe's task.</summary>
    public static string NameOf(Recipe recipe) => JsonNamingPolicy.SnakeCaseLower.ConvertName(recipe.Task.ToString());

    /// <summary>The task of that name.</summary>
    /// <exception cref="TemperException">Code <c>task_unknown</c>, with all names and the nearest.</exception>
    public static JobTaskFactory Find(IReadOnlyDictionary<string, JobTaskFactory> tasks, string name)
    {
        if (tasks.TryGetValue(name, out var found))
            return found;
        var near = RecipeKeys.Nearest(name, tasks.Keys);
        throw new TemperException("task_unknown", $"There is no task '{name}'; there are {string.Join(", ", tasks.Keys.Order(StringComparer.Ordinal))}.", near is null ? null : $"Did you mean {near}?");
    }
}
