using System.Text.Json;
using Temper.Core.Work;

namespace Temper.Registry.Jobs;

/// <summary>What a job needs at the very least, from what is known before it starts.</summary>
internal static class JobMemory
{
    private const string Weights = ".safetensors";

    /// <summary>
    /// Bytes: the base's weights as they are stored (an eighth of them where the recipe quantises to four bits), and for full fine-tuning gradients and
    /// two moments of the same size. Each process of a job that several share has weights, and gradients, of its own; the first alone has moments. Activations
    /// come on top, so a job that does not fit by this does not fit at all.
    /// </summary>
    public static long LowerBound(JsonElement recipe, ModelPin model)
    {
        var processes = Processes(recipe);
        var stored = (model.Base ?? model).Files.Where(file => file.Path.EndsWith(Weights, StringComparison.OrdinalIgnoreCase)).Sum(file => file.Size);
        if (!IsSet(recipe, "lora"))
            return 2 * (processes + 1) * stored;
        return processes * (recipe.TryGetProperty("quantization", out var form) && form.ValueKind == JsonValueKind.Object ? stored / 8 : stored);
    }

    private static int Processes(JsonElement recipe) => IsSet(recipe, "training") && recipe.GetProperty("training").TryGetProperty("data_parallel_size", out var size)
        && size.ValueKind == JsonValueKind.Number && size.TryGetInt32(out var several) ? Math.Clamp(several, 1, 64) : 1;

    private static bool IsSet(JsonElement recipe, string key) => recipe.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Object;
}
