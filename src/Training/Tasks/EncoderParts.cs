using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Training.Tasks;

/// <summary>What all tasks on encoders share: how a recipe's words become an adapter's settings.</summary>
internal static class EncoderParts
{
    /// <summary>The adapter that a recipe asks for; null for full fine-tuning.</summary>
    /// <param name="setting">What is asked for.</param>
    /// <param name="taskType">PEFT's word for the task; null where it has none (images).</param>
    public static LoraConfig? Lora(TaskSetting setting, string? taskType) => DecoderParts.Lora(setting) is { } lora ? lora with { TaskType = taskType } : null;

    /// <summary>What keeps an adapter from fitting the base.</summary>
    /// <param name="folder">The base.</param>
    /// <param name="labels">Names of the classes; null where none are learned.</param>
    /// <param name="lora">The adapter.</param>
    public static IEnumerable<Problem> Problems(EncoderFolder folder, IReadOnlyList<string>? labels, LoraConfig lora) =>
        folder.Check(labels, lora).Select(problem => problem with { Path = problem.Path ?? "lora.target_modules" });
}
