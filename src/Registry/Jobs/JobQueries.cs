using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Registry.Jobs;

/// <summary>Reads rows of work, their metrics and logs. Safe from any thread.</summary>
public sealed class JobQueries
{
    /// <summary>Newest first; null <paramref name="kind"/>: all.</summary>
    public Task<Page<JobInfo>> ListAsync(WorkKind? kind, string? cursor, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Null when there is none.</summary>
    public Task<JobInfo?> FindAsync(WorkId id, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Points after a step, in order of steps. The cursor is the last step.</summary>
    public Task<Page<StepMetrics>> MetricsAsync(WorkId id, int afterStep, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Lines after a number, in order. The cursor is the last number.</summary>
    public Task<Page<JobLogLine>> LogAsync(WorkId id, long afterSeq, int limit, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}
