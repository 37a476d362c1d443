using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Serving;

/// <summary>
/// Chooses the tokens of one answer. The order is that of transformers: logit_bias, repetition, frequency and presence penalties, temperature,
/// top_k, top_p, min_p, draw. The random number of a position is a pure function of (seed, choice, position).
/// </summary>
internal sealed class Sampler
{
    /// <summary>Stream of <see cref="RandomKey"/> that answers draw from; training uses others.</summary>
    private const uint AnswerStream = 0x5a;

    private readonly SamplingSettings _settings;
    private readonly double _repetition;
    private readonly RandomKey _key;
    private readonly Dictionary<int, int> _generated = [];
    private readonly HashSet<int> _seen;
    private long _position;

    /// <summary>A sampler of one choice of an answer to <paramref name="prompt"/>.</summary>
    public Sampler(SamplingSettings settings, ulong seed, int choice, IEnumerable<int> prompt)
    {
        _settings = settings;
        _repetition = settings.RepetitionPenalty ?? 1;
        _key = new(seed, AnswerStream, MicroBatch: (uint)choice);
        _seen = _repetition == 1 ? [] : [.. prompt];
    }

    /// <summary>The next token; <paramref name="logits"/> (one per id) are changed.</summary>
    /// <exception cref="TemperException">Code <c>logits_not_finite</c>.</exception>
    public int Next(Span<float> logits)
    {
        Penalise(logits);
        var best = Best(logits);
        var token = _settings.Temperature == 0 ? best : Draw(logits, logits[best]);
        _generated[token] = _generated.GetValueOrDefault(token) + 1;
        _seen.Add(token);
        _position++;
        return token;
    }

    private void Penalise(Span<float> logits)
    {
        foreach (var (id, bias) in _settings.LogitBias)
            logits[id] += (float)bias;
        if (_repetition != 1)
            foreach (var id in _seen)
                logits[id] = (float)(logits[id] > 0 ? logits[id] / _repetition : logits[id] * _repetition);
        if (_settings.FrequencyPenalty != 0 || _settings.PresencePenalty != 0)
            foreach (var (id, count) in _generated)
                logits[id] -= (float)(count * _settings.FrequencyPenalty + _settings.PresencePenalty);
    }

    private static int Best(ReadOnlySpan<float> logits)
    {
        var best = 0;
        for (var id = 0; id < logits.Length; id++)
        {
            if (float.IsNaN(logits[id]))
                throw NotFinite();
            if (logits[id] > logits[best])
                best = id;
        }
        return float.IsFinite(logits[best]) ? best : throw NotFinite();
    }

    private int Draw(ReadOnlySpan<float> logits, float best)
    {
        var candidates = Candidates.Of(logits, best, _settings);
        var uniform = Philox.Uniform(_key, _position);
        return candidates.At(uniform);
    }

    private static TemperException NotFinite() => new("logits_not_finite", "The model's scores for the next token are not finite numbers.");
}
