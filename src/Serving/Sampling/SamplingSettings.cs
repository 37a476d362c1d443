using Temper.Models;

namespace Temper.Serving;

/// <summary>How the next token is chosen. What is null is as the model's generation_config.json says, and where that is silent as OpenAI's defaults:
/// a draw from the model's own distribution.</summary>
public sealed record SamplingSettings
{
    /// <summary>Divisor of the logits, 0 to 2. 0 takes the most probable token, the lowest id of equals.</summary>
    public double? Temperature { get; init; }

    /// <summary>Keeps the smallest set of most probable tokens with at least this mass, 0 to 1; never less than one token.</summary>
    public double? TopP { get; init; }

    /// <summary>Keeps this many most probable tokens; 0 keeps all.</summary>
    public int? TopK { get; init; }

    /// <summary>Drops tokens less probable than this share of the most probable one, 0 to 1.</summary>
    public double MinP { get; init; }

    /// <summary>Subtracted once for every time the token was generated, -2 to 2.</summary>
    public double FrequencyPenalty { get; init; }

    /// <summary>Subtracted when the token was generated at all, -2 to 2.</summary>
    public double PresencePenalty { get; init; }

    /// <summary>Divides positive and multiplies negative logits of tokens of the prompt or the answer; above 0 to 10, 1 is none.</summary>
    public double? RepetitionPenalty { get; init; }

    /// <summary>Added to the logits of these token ids, -100 to 100.</summary>
    public IReadOnlyDictionary<int, double> LogitBias { get; init; } = new Dictionary<int, double>();

    /// <summary>Same seed, same text, whatever else the server does. Null: a seed of the server's choice.</summary>
    public long? Seed { get; init; }

    /// <summary>These settings, with a model's own where none were given. <c>do_sample: false</c> is temperature 0; with a temperature asked for, a model's
    /// top_p and top_k count still.</summary>
    public SamplingSettings Over(GenerationConfig model) => this with
    {
        Temperature = Temperature ?? (model.DoSample == false ? 0 : model.Temperature ?? 1),
        TopP = TopP ?? model.TopP ?? 1,
        TopK = TopK ?? model.TopK ?? 0,
        RepetitionPenalty = RepetitionPenalty ?? model.RepetitionPenalty ?? 1,
    };
}
