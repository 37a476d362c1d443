using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Work;
using Temper.Storage.Sql;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.JobLife;

/// <summary>Whatever can happen to a job, done over HTTP where people or workers do it.</summary>
internal sealed class JobStand(RegistryHost host)
{
    public static readonly string[] States = ["queued", "running", "cancelling", "pausing", "paused", "completed", "failed", "cancelled"];

    public static readonly string[] Happenings =
        ["cancel", "pause", "resume", "claim", "beat", "report", "complete", "fail", "end_cancelled", "hand_back", "end_paused", "expire", "old_beat", "old_finish"];

    /// <summary>What the row must be afterwards, or the code that the asker must hear (the row stays). Written from the specification, not from the code.</summary>
    public static string After(string state, string happening) => (state, happening) switch
    {
        ("completed" or "failed" or "cancelled", "cancel" or "pause" or "resume") => "job_ended",
        (_, "old_beat" or "old_finish") => "lease_lost",
        ("queued" or "paused", "cancel") => "cancelled",
        ("running" or "cancelling" or "pausing", "cancel") => "cancelling",
        ("queued" or "paused", "pause") => "paused",
        ("running" or "pausing", "pause") => "pausing",
        ("cancelling", "pause") => "job_cancelling",
        ("paused", "resume") => "queued",
        ("pausing", "resume") => "running",
        ("queued" or "running" or "cancelling", "resume") => "job_not_paused",
        ("queued", "claim") => "running",
        (_, "claim") => "nothing",
        (_, "expire") => state switch { "running" => "queued", "cancelling" => "cancelled", "pausing" => "paused", _ => state },
        ("running" or "cancelling" or "pausing", "beat" or "report") => state,
        ("running" or "cancelling" or "pausing", "complete") => "completed",
        ("running" or "cancelling" or "pausing", "fail") => "failed",
        ("running" or "cancelling" or "pausing", "end_cancelled") => "cancelled",
        ("running", "hand_back" or "end_paused") => "queued",
        ("cancelling", "hand_back" or "end_paused") => "cancelled",
        ("pausing", "hand_back" or "end_paused") => "paused",
        _ => "lease_lost",
    };

    /// <summary>A job in that state, and the last claim of it.</summary>
    public async Task<(WorkId Id, WorkClaim? Claim)> BringToAsync(string state)
    {
        var id = (await host.StartJobAsync()).Id;
        if (state is "queued" or "paused")
            return state == "paused" ? ((await host.Client.Jobs.PauseAsync(id, None)).Id, null) : (id, null);
        var claim = await ClaimAsync(id);
        foreach (var step in state switch { "cancelling" => ["cancel"], "pausing" => ["pause"], "completed" => ["complete"], "failed" => ["fail"], "cancelled" => ["cancel", "end_cancelled"], _ => Array.Empty<string>() })
            await DoAsync(step, id, claim);
        return (id, claim);
    }

    /// <summary>Makes it happen; the error's code, or "nothing" where a claim found none, or null.</summary>
    public async Task<(string? Refused, WorkClaim? Claim)> DoAsync(string happening, WorkId id, WorkClaim? claim)
    {
        var fence = claim?.Fence ?? 0;
        try
        {
            switch (happening)
            {
                case "cancel": await host.Client.Jobs.CancelAsync(id, None); break;
                case "pause": await host.Client.Jobs.PauseAsync(id, None); break;
                case "resume": await host.Client.Jobs.ResumeAsync(id, None); break;
                case "claim": return await ClaimAsync(id) is { } next ? (null, next) : ("nothing", null);
                case "beat": await host.Client.Work.HeartbeatAsync(id, new(fence, 0.3, "train"), None); break;
                case "report": await host.Client.Work.ReportAsync(id, new(fence, 3, 10, [], []), None); break;
                case "complete": await host.FinishAsync(claim ?? new(id, WorkKind.Train, 0, 0, 1, default, null), claim is null ? new([], true, 0, 0, null, "", "", null) : await host.TrainAsync(claim)); break;
                case "fail": await EndAsync(id, fence, WorkState.Failed, [new("loss_not_finite", "The loss is not a number.")]); break;
                case "end_cancelled": await EndAsync(id, fence, WorkState.Cancelled); break;
                case "hand_back": await EndAsync(id, fence, WorkState.Queued); break;
                case "end_paused": await EndAsync(id, fence, WorkState.Paused); break;
                case "old_beat": await host.Client.Work.HeartbeatAsync(id, new(fence - 1, 0.9, "zombie"), None); break;
                case "old_finish": await EndAsync(id, fence - 1, WorkState.Failed, [new("internal", "A zombie speaks.")]); break;
                default: await ExpireAsync(id); break;
            }
            return (null, claim);
        }
        catch (TemperException e)
        {
            return (e.Code, claim);
        }
    }

    public async Task<JobInfo> FindAsync(WorkId id) => (await host.Client.Jobs.FindAsync(id, None))!;

    private async Task ExpireAsync(WorkId id)
    {
        await host.Get<Db>().ExecuteAsync("update work set lease_until_ms = 1 where id = @id and state = 'running'", new { id }, None);
        await host.Get<Leases>().PutBackExpiredAsync(None);
        // The registry's own look may have taken the row a moment before, and not be done with it.
        for (var look = 0; look < 600 && await host.Get<Db>().ScalarAsync<long>("select count(*) from work where id = @id and state = 'running' and lease_until_ms = 1", new { id }, None) > 0; look++)
            await Task.Delay(50);
    }

    private Task<WorkOutcome> EndAsync(WorkId id, long fence, WorkState state, IReadOnlyList<Problem>? errors = null) => host.Client.Work.FinishAsync(id, new(fence, state, null, errors), None);

    private Task<WorkClaim?> ClaimAsync(WorkId id) => host.Client.Work.ClaimAsync(new("tests", [WorkKind.Train], 600, 0, id), None);
}
