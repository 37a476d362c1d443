using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Training.Data;

/// <summary>Pairs of answers to one prompt: two documents each, the chosen answer first; labels are the tokens of the answers.</summary>
/// <param name="builder">Of the base model, with <see cref="TrainOn.Auto"/>: the prompt's own turns are left out by their weights.</param>
public sealed class PreferenceExamples(ExampleBuilder builder) : ExampleMaker
{
    /// <inheritdoc/>
    public override IReadOnlyList<Problem> Refused(IReadOnlyList<CanonicalRecord> records) =>
        [.. Any(records, record => record.Kind != RecordKind.Preference, "data_needs_pairs", "are not pairs of answers: `chosen` and `rejected` to one prompt.")];

    /// <inheritdoc/>
    protected override MadeExample Make(CanonicalRecord record)
    {
        var (chosen, rejected) = (builder.Build(With(record, record.Chosen!)), builder.Build(With(record, record.Rejected!)));
        if (chosen.Example is not { } better || rejected.Example is not { } worse)
        {
            var (which, failed) = chosen.Example is null ? ("chosen", chosen) : ("rejected", rejected);
            return new(null, failed.Problem! with { Message = $"The {which} answer: {failed.Problem.Message}" }, failed.Fatal);
        }
        if (better.Tokens.AsSpan().SequenceEqual(worse.Tokens))
            return new(null, new("REC_SAME_ANSWERS", "The chosen and the rejected answer become the same tokens."), Fatal: true);
        return new(new(record.RecId, [.. better.Tokens, .. worse.Tokens], [.. better.Supervised, .. worse.Supervised]) { Documents = [better.Tokens.Length, worse.Tokens.Length] },
            chosen.Problem ?? rejected.Problem);
    }

    /// <summary>The prompt with one of its answers, as a record of supervised text.</summary>
    private static CanonicalRecord With(CanonicalRecord record, Answer answer) => answer.Messages is { } turns
        ? new(record.RecId, RecordKind.Messages, record.Source) { Messages = [.. (record.Messages ?? []).Select(turn => turn.Role == "assistant" ? turn with { Weight = 0 } : turn), .. turns], Tools = record.Tools }
        : new(record.RecId, RecordKind.PromptCompletion, record.Source) { Prompt = record.Prompt, Completion = answer.Text };
}
