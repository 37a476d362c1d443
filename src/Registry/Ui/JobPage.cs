using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Evaluations;
using Temper.Registry.Events;
using Temper.Registry.Jobs;
using Temper.Registry.Models;
using Temper.Versioning.Content;

namespace Temper.Registry.Ui;

/// <summary>A checkpoint that is whole and still kept.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Name">The reference that names it.</param>
/// <param name="Answers">Whether it can be talked to.</param>
public sealed record CheckpointView(int Step, string Name, bool Answers);

/// <summary>What a job made.</summary>
/// <param name="Version">The model version.</param>
/// <param name="Compatibility">What other programs make of its files, by program.</param>
/// <param name="Evaluations">Results of suites, newest first.</param>
public sealed record JobResultView(ModelVersionInfo Version, IReadOnlyDictionary<string, string> Compatibility, IReadOnlyList<EvaluationInfo> Evaluations);

/// <summary>A job as its page shows it.</summary>
/// <param name="Job">The row.</param>
/// <param name="Seq">Everything up to this event is on the page; the stream goes on from here.</param>
public sealed record JobView(JobInfo Job, long Seq)
{
    public SortedDictionary<string, IReadOnlyList<SeriesPiece>> Series { get; init; } = [];

    public IReadOnlyList<StepMark> Marks { get; init; } = [];

    public IReadOnlyList<JobLogLine> Log { get; init; } = [];

    public IReadOnlyList<ShownExample> Examples { get; init; } = [];

    public IReadOnlyList<CheckpointView> Checkpoints { get; init; } = [];

    public JobResultView? Result { get; init; }

    /// <summary>Of a training job: its payload.</summary>
    public TrainPayload? Training { get; init; }
}

/// <summary>Reads what the page of a job shows.</summary>
internal sealed class JobPage(JobQueries jobs, JobSeries series, JobExamples examples, CheckpointFiles checkpoints, ModelQueries models, EvaluationTable evaluations, ContentStore content, EventFeed feed)
{
    private const int MostLines = 2000, MostCheckpoints = 200, LargestDocument = 1 << 16;

    /// <summary>Null when there is no such job.</summary>
    /// <param name="text">The id as the address has it.</param>
    /// <param name="whole">False: without curves, log and examples, for a page that has them already.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<JobView?> FindAsync(string text, bool whole, CancellationToken ct)
    {
        // The number comes first: what happens while the page is read is on it, and comes once more with the stream.
        var seq = await feed.LastSeqAsync(ct);
        if (!WorkId.TryParse(text, out var id) || await jobs.FindAsync(id, ct) is not { } job)
            return null;
        var view = new JobView(job, seq);
        if (whole)
            view = view with { Log = await jobs.LastLinesAsync(id, MostLines, ct) };
        if (job.Kind != WorkKind.Train)
            return view;
        var keys = await checkpoints.KeysAsync(id, ct);
        view = view with { Training = Payload(job), Checkpoints = await CheckpointsAsync(id, keys, ct), Result = await ResultAsync(id, ct), Marks = await jobs.MarksAsync(id, JobRoutes.MostMarks, ct) };
        return whole ? view with { Series = await series.ReadAsync(id, ct), Examples = await examples.ReadAsync(keys, ct) } : view;
    }

    /// <summary>What a training job was asked for; null while its data are not ingested.</summary>
    public static TrainPayload? Payload(JobInfo job)
    {
        try
        {
            return job.Payload.TryGetProperty("recipe_digest", out _) ? job.Payload.Deserialize<TrainPayload>(Wire.Json) : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<IReadOnlyList<CheckpointView>> CheckpointsAsync(WorkId id, IReadOnlyList<BlobKey> keys, CancellationToken ct)
    {
        var found = CheckpointFiles.Of(keys);
        var answers = found.Count > 0 && await checkpoints.AnswersAsync(found.Last().Value, ct);
        return [.. found.Keys.Reverse().Take(MostCheckpoints).Select(step => new CheckpointView(step, FormattableString.Invariant($"job:{id}/step-{step}"), answers))];
    }

    private async Task<JobResultView?> ResultAsync(WorkId id, CancellationToken ct) => await models.OfJobAsync(id, ct) is not { } version ? null
        : new(version, await CompatibilityAsync(version, ct), await evaluations.ListAsync(version.Pin.Name, version.Pin.Version, ct));

    private async Task<IReadOnlyDictionary<string, string>> CompatibilityAsync(ModelVersionInfo version, CancellationToken ct)
    {
        if (version.Pin.Files.FirstOrDefault(file => file.Path == "compatibility.json") is not { Size: <= LargestDocument } file)
            return new Dictionary<string, string>();
        try
        {
            await using var stream = await content.OpenFileAsync(file.Sha256, 0, null, ct);
            using var document = await JsonDocument.ParseAsync(stream, cancellationToken: ct);
            return FlatSettings.Of(document.RootElement);
        }
        catch (JsonException e)
        {
            return new Dictionary<string, string> { [file.Path] = $"cannot be read: {e.Message}" };
        }
    }
}
