using System.Globalization;
using System.Text.Json.Nodes;

namespace Temper.Core.Work;

/// <summary>What OpenAI's hyperparameters mean in a recipe: the same for a body that is sent to a server and for one that lies in a file.</summary>
public static class OpenAiHyperparameters
{
    private const int MostAtOnce = 4;

    /// <summary>Settings of a recipe's section <c>training</c>. What is null is left to the recipe's defaults.</summary>
    /// <param name="epochs">n_epochs.</param>
    /// <param name="batch">batch_size: micro-batches of 4, 3, 2 or 1 times accumulation.</param>
    /// <param name="multiplier">learning_rate_multiplier: times 2e-4 with an adapter, 2e-5 without; to twelve digits, so that 1.5 times 2e-4 is 3e-4.</param>
    /// <param name="beta">beta, of dpo.</param>
    /// <param name="lora">Whether an adapter is trained.</param>
    public static JsonObject ToTraining(int? epochs, int? batch, double? multiplier, double? beta, bool lora)
    {
        var training = new JsonObject();
        if (epochs is not null)
            training["num_train_epochs"] = epochs;
        if (batch is { } rows)
        {
            var micro = Enumerable.Range(1, MostAtOnce).Last(m => rows % m == 0);
            (training["per_device_train_batch_size"], training["gradient_accumulation_steps"]) = (micro, rows / micro);
        }
        if (multiplier is { } times)
            training["learning_rate"] = double.Parse((times * (lora ? 2e-4 : 2e-5)).ToString("G12", CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        if (beta is not null)
            training["beta"] = beta;
        return training;
    }
}
