using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Registry.Jobs;

/// <summary>Starts, stops and binds jobs.</summary>
public sealed class JobCommands
{
    /// <summary>Pins base and dataset and queues a train row under the current trace.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>not_found</c>, <c>reference_invalid</c>.</exception>
    public Task<JobInfo> CreateAsync(JobRequest request, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>A queued row ends at once, a running one at its next safe point.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>not_found</c>, <c>job_ended</c>.</exception>
    public Task<JobInfo> CancelAsync(WorkId id, CancellationToken ct) => throw new NotSupportedException("not filled in yet");

    /// <summary>Every sealed version of the dataset starts this job from now on.</summary>
    public Task BindAsync(ResourceName dataset, JobRequest recipe, CancellationToken ct) => throw new NotSupportedException("not filled in yet");
}
