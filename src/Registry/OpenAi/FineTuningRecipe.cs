using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Work;
using Temper.Versioning.Content;

namespace Temper.Registry.OpenAi;

/// <summary>The recipe that an order means. What it leaves open is chosen here, once, so that the same order means the same recipe.</summary>
internal static class FineTuningRecipe
{
    private const int Epochs = 3;
    private const int BatchSize = 4;
    private const int Rank = 16;
    private const int MaxLength = 1024;
    private const int LongestConfig = 1 << 20;

    /// <summary>The recipe as JSON. <paramref name="context"/> is the base's context in tokens, where its configuration tells.</summary>
    public static JsonElement Of(FineTuningOrder order, int? context)
    {
        var training = OpenAiHyperparameters.ToTraining(order.Epochs ?? Epochs, order.BatchSize ?? BatchSize, order.LearningRateMultiplier ?? 1, order.Beta, lora: true);
        training["save_strategy"] = "epoch";
        if (order.ValidationFile is not null)
            training["eval_strategy"] = "epoch";
        var recipe = new JsonObject
        {
            ["version"] = 1,
            ["task"] = order.Method == "dpo" ? "dpo" : "causal_lm",
            ["data"] = new JsonObject { ["max_length"] = Math.Min(MaxLength, context ?? MaxLength) },
            ["lora"] = new JsonObject { ["r"] = Rank, ["lora_alpha"] = 2 * Rank },
            ["training"] = training,
        };
        if (order.ValidationFile is { } validation)
            recipe["data"]!["validation_dataset"] = validation;
        if (order.Seed is { } seed)
            recipe["seed"] = seed;
        return JsonSerializer.SerializeToElement(recipe);
    }

    /// <summary>Context of a model in tokens, out of its <c>config.json</c>; null where that does not tell.</summary>
    public static async Task<int?> ContextAsync(ContentStore content, ModelPin model, CancellationToken ct)
    {
        if (model.Files.FirstOrDefault(file => file.Path == "config.json") is not { Size: <= LongestConfig } config)
            return null;
        await using var stream = await content.OpenFileAsync(config.Sha256, 0, config.Size, ct);
        try
        {
            using var read = await JsonDocument.ParseAsync(stream, default, ct);
            foreach (var name in new[] { "max_position_embeddings", "n_positions" })
                if (read.RootElement.ValueKind == JsonValueKind.Object && read.RootElement.TryGetProperty(name, out var value) && value.TryGetInt32(out var positions) && positions > 0)
                    return positions;
        }
        catch (JsonException)
        {
            // The job says what is wrong with its base.
        }
        return null;
    }
}
