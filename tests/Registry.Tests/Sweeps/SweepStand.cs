using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Work;
using Temper.Storage.Sql;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.Sweeps;

/// <summary>Sweeps over HTTP, and workers whose loss at a step is a function of trial and step.</summary>
internal sealed class SweepStand(RegistryHost host, Func<int, int, double> loss)
{
    public const int Most = 12;

    /// <summary>A sweep of so many trials; of halving with rungs at 2, 4, 8 and 12 steps.</summary>
    public static SweepRequest Request(int trials, SweepMethod method = SweepMethod.Halving, string name = "lr", string metric = "eval_loss") =>
        new(ResourceName.Parse(name), method, metric, SweepDirection.Minimize, [.. Enumerable.Range(0, trials).Select(Trial)])
        {
            Eta = method == SweepMethod.Halving ? 2 : null,
            MinSteps = method == SweepMethod.Halving ? 2 : null,
            MaxSteps = method == SweepMethod.Halving ? Most : null,
        };

    public static SweepTrialDraft Trial(int index) => new(new() { ["training.learning_rate"] = Wire.ToElement(index) },
        new(Wire.ToElement(new { training = new { learning_rate = index } }), "base", "chats", ResourceName.Parse("bot")));

    public async Task<SweepInfo> FindAsync(string name = "lr") => (await host.Client.Sweeps.FindAsync(name, None))!;

    /// <summary>Lets a worker take the next trial up to where it is to stop, and tell the loss there.</summary>
    /// <param name="end">What happens instead: fail, hand_back, expire; null for none.</param>
    /// <returns>The trial; null when none waits.</returns>
    public async Task<(int Trial, int? PauseAt)?> WorkAsync(string? end = null)
    {
        if (await host.Client.Work.ClaimAsync(new("tests", [WorkKind.Train], 600, 0), None) is not { } claim)
            return null;
        var trial = claim.Payload.Deserialize<TrainPayload>(Wire.Json)!.Sweep!.Trial;
        await EndAsync(claim, trial, end);
        return (trial, claim.PauseAt);
    }

    private async Task EndAsync(WorkClaim claim, int trial, string? end)
    {
        if (end == "expire")
        {
            await host.Get<Db>().ExecuteAsync("update work set lease_until_ms = 1 where id = @id and state = 'running'", new { id = claim.Id }, None);
            await host.Get<Leases>().PutBackExpiredAsync(None);
            return;
        }
        var step = claim.PauseAt ?? Most;
        var reached = new StepMetrics(step, new() { ["loss"] = loss(trial, step) + 1, ["eval_loss"] = loss(trial, step) });
        WorkFinish finish = end switch
        {
            "fail" => new(claim.Fence, WorkState.Failed, null, [new("loss_not_finite", "The loss is not a number.")]),
            "hand_back" => new(claim.Fence, WorkState.Queued, null, null),
            _ when claim.PauseAt is not null => new(claim.Fence, WorkState.Paused, null, null) { Reached = reached },
            _ => new(claim.Fence, WorkState.Completed, Wire.ToElement(await host.TrainAsync(claim)), null) { Reached = reached },
        };
        await host.Client.Work.FinishAsync(claim.Id, finish, None);
    }

    /// <summary>Waits until the sweep's table is as asked.</summary>
    public async Task<SweepInfo> UntilAsync(Func<SweepInfo, bool> done, string name = "lr")
    {
        for (var attempt = 0; attempt < 2400; attempt++)
        {
            if (await FindAsync(name) is var sweep && done(sweep))
                return sweep;
            await Task.Delay(25);
        }
        throw new TimeoutException(JsonSerializer.Serialize(await FindAsync(name), Wire.Json));
    }

    /// <summary>Works until nothing is left to do.</summary>
    public async Task<SweepInfo> WorkToEndAsync()
    {
        for (var idle = 0; idle < 2400; idle++)
        {
            while (await WorkAsync() is not null)
                idle = 0;
            if (await FindAsync() is { Ended: true } sweep)
                return sweep;
            await Task.Delay(25);
        }
        throw new TimeoutException(JsonSerializer.Serialize(await FindAsync(), Wire.Json));
    }
}
