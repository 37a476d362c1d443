using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Serving;

/// <summary>One answer being written: which tokens to read next, what to make of the scores, when to end. Used by the decode loop's thread alone.</summary>
internal sealed class Sequence
{
    private readonly int[] _prompt;
    private int _read;
    private int _last;
    private int _generated;

    /// <summary>An answer to <paramref name="prompt"/>, at least one token.</summary>
    public Sequence(int[] prompt) => _prompt = prompt;

    /// <summary>Which of the request's answers.</summary>
    public required int Choice { get; init; }

    /// <summary>Most tokens to generate.</summary>
    public required int MaxTokens { get; init; }

    /// <summary>Adapter beside the base; null for the base alone.</summary>
    public required LoraAdapter? Adapter { get; init; }

    /// <summary>Tokens that end the answer and are not part of it.</summary>
    public required IReadOnlySet<int> StopTokens { get; init; }

    /// <summary>Chooses tokens.</summary>
    public required Sampler Sampler { get; init; }

    /// <summary>Tokens to whole characters.</summary>
    public required StreamDecoder Text { get; init; }

    /// <summary>Finds stop strings.</summary>
    public required StopMatcher Stops { get; init; }

    /// <summary>Where the pieces go.</summary>
    public required PieceSink Sink { get; init; }

    /// <summary>Slot of the cache, while it runs.</summary>
    public int Slot { get; set; } = -1;

    /// <summary>Tokens generated so far, the one that ends the turn among them.</summary>
    public int GeneratedCount => Volatile.Read(ref _generated);

    /// <summary>Whether the whole prompt was read, so that the scores of the last step choose a token.</summary>
    public bool WantsToken => _read == _prompt.Length;

    /// <summary>Tokens of the next step: the last one generated, or as much of the prompt as <paramref name="budget"/> still allows, possibly nothing.</summary>
    public int[] Next(ref int budget)
    {
        if (_generated > 0)
            return [_last];
        var count = Math.Min(budget, _prompt.Length - _read);
        var next = _prompt.AsSpan(_read, count).ToArray();
        _read += count;
        budget -= count;
        return next;
    }

    /// <summary>Takes the scores after the last token read; true when that ended the answer.</summary>
    public bool Accept(Span<float> logits)
    {
        try
        {
            _last = Sampler.Next(logits);
        }
        catch (TemperException e)
        {
            Sink.Fail(e);
            return true;
        }
        Volatile.Write(ref _generated, _generated + 1);
        if (StopTokens.Contains(_last))
            return End(FinishReason.Stop);
        var text = Stops.Push(Text.Push(_last));
        if (text.Length > 0)
            Sink.Write(new(Choice, text));
        if (Stops.Stopped)
            return End(FinishReason.Stop);
        return _generated == MaxTokens && End(FinishReason.Length);
    }

    private bool End(FinishReason reason)
    {
        // A character cut off by the limit is left out rather than shown as U+FFFD.
        var rest = Stops.Push(Text.Finish().TrimEnd('\uFFFD')) + Stops.Finish();
        Sink.End(new(Choice, rest, Stops.Stopped ? FinishReason.Stop : reason));
        return true;
    }
}
