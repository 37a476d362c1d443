using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Storage.Cache;
using Temper.Training.Recipes;

namespace Temper.Training.Data;

/// <summary>Texts, completions and chats: one document each, supervised tokens marked.</summary>
/// <param name="builder">Of the base model.</param>
/// <param name="cache">Tokens of earlier runs; null for none.</param>
/// <param name="recipe">What is asked for.</param>
public sealed class CausalExamples(ExampleBuilder builder, RecordCache? cache, Recipe recipe) : ExampleMaker
{
    /// <inheritdoc/>
    public override IReadOnlyList<Problem> Refused(IReadOnlyList<CanonicalRecord> records) =>
    [
        .. Any(records, record => record.Kind is RecordKind.Preference or RecordKind.Unpaired, "data_needs_preference_training", "compare or judge answers; supervised training would learn the bad ones, too."),
        .. Any(records, record => record.Kind == RecordKind.Labelled, "data_wrong_format", "are texts with a class each; task: sequence_classification learns those."),
        .. Any(records, record => record.Kind == RecordKind.Image, "data_needs_image_training", "are images; there is no text to learn from."),
    ];

    /// <inheritdoc/>
    public override async Task<MadeExample[]> MakeAsync(IReadOnlyList<CanonicalRecord> records, CancellationToken ct)
    {
        var made = new MadeExample[records.Count];
        for (var i = 0; i < made.Length && cache is not null; i++)
            if (cache.Contains(records[i].RecId) && await cache.TryGetAsync(records[i].RecId, ct).ConfigureAwait(false) is { } bytes && TokenCache.Decode(bytes.Span) is { } example)
                made[i] = new(Of(records[i], example), null);
        var missing = Enumerable.Range(0, made.Length).Where(i => made[i] is null).ToArray();
        Parallel.ForEach(missing, new ParallelOptions { CancellationToken = ct }, i => made[i] = Guarded(records[i]));
        var fresh = missing.Where(i => made[i] is { Example: not null, Problem: null }).Select(i => new CacheEntry(records[i].RecId, TokenCache.Encode(new(made[i].Example!.Tokens, made[i].Example!.Supervised)))).ToArray();
        if (cache is not null && fresh.Length > 0)
            await cache.AppendAsync(fresh, ct).ConfigureAwait(false);
        return made;
    }

    /// <inheritdoc/>
    protected override MadeExample Make(CanonicalRecord record)
    {
        var fits = recipe.Data.Format switch
        {
            DataFormat.Text => record.Kind == RecordKind.Text,
            DataFormat.Messages => record.Kind == RecordKind.Messages,
            DataFormat.PromptCompletion => record.Kind == RecordKind.PromptCompletion,
            DataFormat.Instruction => record.Kind is RecordKind.Messages or RecordKind.PromptCompletion,
            _ => true,
        };
        if (!fits)
            return new(null, new("data_wrong_format", $"The record is {record.Kind}, but data.format is {recipe.Data.Format}."), Fatal: true);
        var (example, problem, fatal) = builder.Build(record);
        return new(example is null ? null : Of(record, example), problem, fatal);
    }

    private static TrainExample Of(CanonicalRecord record, Example example) => new(record.RecId, example.Tokens, example.Supervised);
}
