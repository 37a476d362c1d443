using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>One upload from its files to its version: register, validate, dedup (with embeddings where a model is named), seal.</summary>
internal sealed class IngestPipeline(IBlobStore blobs, IngestOptions options, IngestReferences references, TimeProvider clock)
{
    private const string SealMark = "sealed.json";

    private readonly IReadOnlyList<IRecordScorer> _scorers = RecordScorers.With(options.Scorers);

    private readonly WorkTurn _turn = new(clock, options.LongestTurn);
    private IngestPlan? _plan;

    /// <summary>Runs every stage that no earlier attempt has finished.</summary>
    /// <param name="payload">What to ingest.</param>
    /// <param name="progress">Share done, and the stage's name.</param>
    /// <param name="ct">Stops at the next safe point; what is committed stays.</param>
    public async Task<IngestResult> RunAsync(IngestPayload payload, Action<double, string> progress, CancellationToken ct)
    {
        progress(0, "register");
        var plan = await Stage("register", () => new RegisterStage(blobs, options, _scorers, references, clock).RunAsync(payload, ct)).ConfigureAwait(false);
        _plan = plan;
        var mark = new StageBlobs(blobs, plan.Keys.Seal);
        if (await SealedBeforeAsync(plan, mark, ct).ConfigureAwait(false) is { } known)
            return known;
        if (plan.Refused.Count > 0)
            return await mark.CommitAsync(SealMark, await Stage("seal", () => SealUnread(plan).RunAsync(_ => { }, ct)).ConfigureAwait(false), "ingest.sealed", ct).ConfigureAwait(false);
        var upload = await Stage("validate", () => ValidateAsync(plan, share => progress(0.01 + 0.54 * share, Reading(plan, share)), ct)).ConfigureAwait(false);
        if (plan is { Embedding: { } looks, Config.Format: RecordFormat.Image })
            await Stage("embed", () => EmbedImagesAsync(looks, upload, share => progress(0.55 + 0.2 * share, "embed"), ct)).ConfigureAwait(false);
        progress(plan.Config.Format == RecordFormat.Image ? 0.75 : 0.55, "dedup");
        await new StageBlobs(blobs, plan.Keys.Dedup).MarkUsedAsync(clock, ct).ConfigureAwait(false);
        var dedup = new DedupStage(blobs, plan, upload, options, _turn);
        var outcome = await Stage("dedup", () => dedup.RunAsync(
            plan.Embedding is { } model ? (without, stop) => Stage("embed", () => EmbedAsync(model, upload, without, share => progress(0.6 + 0.2 * share, "embed"), stop)) : null, ct)).ConfigureAwait(false);
        var repeats = await dedup.RepeatsAsync(outcome, ct).ConfigureAwait(false);
        (repeats, var elsewhere) = await new ElsewhereStage(blobs, plan, upload, repeats).RunAsync(ct).ConfigureAwait(false);
        outcome = outcome with { Report = outcome.Report with { Elsewhere = elsewhere } };
        await new StageBlobs(blobs, plan.Keys.Contamination).MarkUsedAsync(clock, ct).ConfigureAwait(false);
        var contamination = new ContaminationStage(blobs, plan, upload, repeats);
        var overlaps = await Stage("contamination", () => contamination.RunAsync(ct)).ConfigureAwait(false);
        progress(0.8, "seal");
        var found = new Findings(outcome, repeats, overlaps, plan.Config.Contamination.Action == ContaminationAction.Drop ? await contamination.OverlapsAsync(overlaps, ct).ConfigureAwait(false) : []);
        found = found with { Cut = await SampleCut.OfAsync(plan, upload, repeats, found.Dropped, ct).ConfigureAwait(false) };
        var tokens = plan.Preview is { } preview ? await Stage("preview", () => PreviewAsync(preview, upload, found, ct)).ConfigureAwait(false) : null;
        var result = await Stage("seal", () => new SealStage(blobs, plan, options, upload, found, tokens, references, _turn).RunAsync(share => progress(0.8 + 0.19 * share, "seal"), ct)).ConfigureAwait(false);
        return await mark.CommitAsync(SealMark, result, "ingest.sealed", ct).ConfigureAwait(false);
    }

    /// <summary>Of files of which none was read, the version that says why.</summary>
    private SealStage SealUnread(IngestPlan plan)
    {
        var found = new Findings(new(null, new(0, 0, 0, "off", [], []), new()), new RepeatTable(), null, new Dictionary<long, Overlap>());
        return new(blobs, plan, options, new(blobs, plan, [.. plan.Files.Select(_ => (IReadOnlyList<SliceSummary>)[])]), found, null, references, _turn);
    }

    /// <summary>How many claims of this upload ended because their turn was over.</summary>
    /// <param name="ended">The attempt of one that just did, to be noted; null to count alone.</param>
    /// <param name="ct">Stops it.</param>
    public async Task<int> CountTurnsAsync(int? ended, CancellationToken ct)
    {
        if (_plan is null)
            return 0;
        var stage = new StageBlobs(blobs, _plan.Register);
        if (ended is { } attempt)
            await stage.CommitAsync(FormattableString.Invariant($"turn-{attempt:D6}.json"), new { attempt }, "ingest.turn_ended", ct).ConfigureAwait(false);
        return await stage.CountAsync("turn-", ct).ConfigureAwait(false);
    }

    /// <summary>Removes what this upload alone needed. Slices of its files stay for the next version, until <see cref="StageSweep"/> takes them.</summary>
    public async Task SweepAsync(CancellationToken ct)
    {
        foreach (var key in _plan is null ? [] : (Digest[])[_plan.Register, _plan.Keys.Dedup, _plan.Keys.Contamination])
            await new StageBlobs(blobs, key).SweepAsync("", ct).ConfigureAwait(false);
        foreach (var begin in _plan is null ? [] : (string[])[SealProgress.Prefix, QuarantineSpool.Prefix])
            await new StageBlobs(blobs, _plan!.Keys.Seal).SweepAsync(begin, ct).ConfigureAwait(false);
    }

    /// <summary>What sealing these very files under these rules gave before, if all of it is still there.</summary>
    private async Task<IngestResult?> SealedBeforeAsync(IngestPlan plan, StageBlobs mark, CancellationToken ct)
    {
        await mark.MarkUsedAsync(clock, ct).ConfigureAwait(false);
        if (await mark.FindAsync<IngestResult>(SealMark, ct).ConfigureAwait(false) is not { } known)
            return null;
        foreach (var file in known.Files)
        {
            if (await blobs.FindAsync(BlobLayout.Dataset(plan.Dataset, plan.Keys.Version, file.Path), ct).ConfigureAwait(false) is not { } stored || stored.Size != file.Size)
                return null;
        }
        IngestTelemetry.Replays.Add(1);
        return known;
    }

    private async Task<ValidatedUpload> ValidateAsync(IngestPlan plan, Action<double> progress, CancellationToken ct)
    {
        if (plan.Config.Format == RecordFormat.Image)
        {
            using var images = new ImageStage(blobs, plan, _turn, clock);
            return new(blobs, plan, await images.RunAsync(progress, ct).ConfigureAwait(false));
        }
        await using var stage = new ValidateStage(blobs, plan, options, new RecordFilters(plan.Config.Filters, _scorers), _turn, clock);
        return new(blobs, plan, await stage.RunAsync(progress, ct).ConfigureAwait(false));
    }

    private async Task<IReadOnlyList<float[]>> EmbedAsync(ModelPin model, ValidatedUpload upload, IReadOnlySet<long> without, Action<double> progress, CancellationToken ct)
    {
        using var embedder = await options.Embedders!(model, ct).ConfigureAwait(false);
        var vectors = await new EmbedStage(blobs, options.Near, upload, embedder, _turn, clock).RunAsync(without, progress, ct).ConfigureAwait(false);
        await KeepCentroidAsync(EmbeddingReport.Of(RecordVectors.Kind.Space(embedder), vectors), ct).ConfigureAwait(false);
        return vectors;
    }

    /// <summary>Kept before the copies are, because whoever finds those embeds no more.</summary>
    private async Task KeepCentroidAsync(EmbeddingReport? centroid, CancellationToken ct)
    {
        if (centroid is not null)
            await new StageBlobs(blobs, _plan!.Keys.Dedup).CommitAsync(EmbeddingReport.Mark, centroid, "ingest.centroid_committed", ct).ConfigureAwait(false);
    }

    private async Task<long> EmbedImagesAsync(ModelPin model, ValidatedUpload upload, Action<double> progress, CancellationToken ct)
    {
        using var embedder = await options.Embedders!(model, ct).ConfigureAwait(false);
        var (made, vectors) = await new ImageVectors(blobs, options.Near, _plan!, upload, embedder, _turn, clock).RunAsync(progress, ct).ConfigureAwait(false);
        await KeepCentroidAsync(EmbeddingReport.Of(ImageVectors.Kind.Space(embedder), vectors), ct).ConfigureAwait(false);
        return made;
    }

    private async Task<TokenReport> PreviewAsync(ModelPin model, ValidatedUpload upload, Findings found, CancellationToken ct)
    {
        using var folder = await options.Previews!(model, ct).ConfigureAwait(false);
        return await new PreviewStage(blobs, upload, found, folder, _plan!.Personal, _turn, clock).RunAsync(model, ct).ConfigureAwait(false);
    }

    /// <summary>The stage and, of what takes long, how much is read.</summary>
    private static string Reading(IngestPlan plan, double share)
    {
        const double MiB = 1 << 20;
        var all = plan.Files.Sum(file => (double)file.Size) / MiB;
        return all < 1 ? "validate" : FormattableString.Invariant($"validate, {share * all:F1} of {all:F1} MiB");
    }

    private Task<T> Stage<T>(string name, Func<Task<T>> work) => IngestTelemetry.StageAsync(name, clock, work);
}
