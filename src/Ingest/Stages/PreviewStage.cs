using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Models;
using Temper.Storage.Cache;

namespace Temper.Ingest;

/// <summary>
/// Counts the tokens of the records to train on under one model, and shows what it sees of a few. Examples are kept in the cache that training reads,
/// under a recipe's default options, so that neither makes them twice.
/// </summary>
internal sealed class PreviewStage(IBlobStore blobs, ValidatedUpload upload, Findings found, ModelFolder model, UserRules? rules, WorkTurn turn, TimeProvider clock)
{
    private const int Batch = 256, MostShown = 5, MostSampled = 1000;
    private static readonly ExampleOptions Options = new();
    private readonly ExampleBuilder _builder = new(model.Tokenizer, model.Template, model.StopTokens, Options);
    private readonly ExampleBuilder _whole = new(model.Tokenizer, model.Template, model.StopTokens, Options with { MaxLength = int.MaxValue });
    private readonly List<(Digest Record, byte[] Body)> _waiting = [];
    private readonly List<CacheEntry> _made = [];
    private readonly List<int> _lengths = [];
    private readonly SortedDictionary<string, long> _leftOut = new(StringComparer.Ordinal), _roles = new(StringComparer.Ordinal);
    private readonly SortedList<string, SeenRecord> _seen = new(StringComparer.Ordinal);
    private readonly RecordText _text = new();
    private long _examples, _over, _total, _supervised, _sampled;

    /// <summary>The counts.</summary>
    public async Task<TokenReport> RunAsync(ModelPin pin, CancellationToken ct)
    {
        var cache = await RecordCache.OpenAsync(blobs, "tokens", ExampleCodec.Space(model.Tokenizer, model.Template, model.StopTokens, Options), clock, ct).ConfigureAwait(false);
        await upload.ReadKeptAsync(found.Repeats, (_, eval, ordinal, body) =>
        {
            if (!eval && !found.Dropped.ContainsKey(ordinal) && !found.Cut.Contains(ordinal))
                _waiting.Add((Digest.Parse(RecordHead.FullId(body)), body.ToArray()));
        }, async () =>
        {
            foreach (var (record, body) in _waiting)
                await TakeAsync(cache, record, body, ct).ConfigureAwait(false);
            _waiting.Clear();
            if (_made.Count >= Batch)
                await KeepAsync(cache, ct).ConfigureAwait(false);
        }, ct).ConfigureAwait(false);
        await KeepAsync(cache, ct).ConfigureAwait(false);
        return new(FormattableString.Invariant($"{pin.Name}:{pin.Version}"), _examples, _leftOut, Options.MaxLength, _over, Quantiles.Of(_lengths), _total, _supervised, _roles,
            EpochEstimate.Of(_examples, _total, Options.MaxLength), [.. _seen.Values]);
    }

    private async Task TakeAsync(RecordCache cache, Digest record, byte[] body, CancellationToken ct)
    {
        var known = await cache.TryGetAsync(record, ct).ConfigureAwait(false) is { } bytes ? ExampleCodec.Decode(bytes.Span) : null;
        var example = known ?? Make(record, body);
        if (example is null)
            return;
        _examples++;
        _total += example.Tokens.Length;
        _supervised += example.SupervisedCount;
        // A cut example says nothing of how long its record is.
        if (example.Tokens.Length < Options.MaxLength)
            _lengths.Add(example.Tokens.Length);
        else
            CountLong(Parse(body));
        Sample(body);
        Show(record, body, example);
    }

    private Example? Make(Digest record, byte[] body)
    {
        var parsed = Parse(body);
        var outcome = _builder.Build(parsed);
        if (outcome.Example is { } example)
        {
            _made.Add(new(record, ExampleCodec.Encode(example)));
            return example;
        }
        var code = outcome.Problem!.Code;
        _leftOut[code] = _leftOut.GetValueOrDefault(code) + 1;
        if (code == "data_too_long")
            CountLong(parsed);
        return null;
    }

    private void CountLong(CanonicalRecord record)
    {
        if (_whole.Build(record).Example is not { } whole)
            return;
        _over += whole.Tokens.Length > Options.MaxLength ? 1 : 0;
        _lengths.Add(whole.Tokens.Length);
    }

    private void Sample(byte[] body)
    {
        if (_sampled++ >= MostSampled)
            return;
        _text.Read(body);
        CountRole("system", _text.Context);
        CountRole("user", _text.Asked);
        CountRole("assistant", _text.Answered);
    }

    private void CountRole(string role, IReadOnlyList<string> texts)
    {
        foreach (var text in texts)
            _roles[role] = _roles.GetValueOrDefault(role) + model.Tokenizer.Encode(text).Length;
    }

    private void Show(Digest record, byte[] body, Example example)
    {
        if (_seen.Count == MostShown && string.CompareOrdinal(record.Hex, _seen.Keys[^1]) >= 0)
            return;
        _seen[record.Hex] = SeenRecord.Of(Parse(body).Source, example, model.Tokenizer, rules);
        if (_seen.Count > MostShown)
            _seen.RemoveAt(MostShown);
    }

    private async Task KeepAsync(RecordCache cache, CancellationToken ct)
    {
        if (_made.Count == 0)
            return;
        await cache.AppendAsync(_made, ct).ConfigureAwait(false);
        DurableSteps.Passed("ingest.tokens_written");
        _made.Clear();
        turn.Committed();
    }

    private static CanonicalRecord Parse(byte[] body) => JsonSerializer.Deserialize<CanonicalRecord>(body, Wire.Json)!;
}
