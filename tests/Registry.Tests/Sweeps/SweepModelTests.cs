using Temper.Core.Registry;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.Sweeps;

/// <summary>Random lives of a sweep, with workers that die, trials that fail, people who pause, and a registry that is started again between any two steps.</summary>
public sealed class SweepModelTests
{
    private const int Trials = 7;

    [Theory]
    [InlineData("sqlite", 1)]
    [InlineData("sqlite", 3)]
    [InlineData("postgres", 4)]
    public async Task Whatever_happens_on_the_way_the_table_is_that_of_an_undisturbed_sweep(string database, int seed)
    {
        using var folder = new TempFolder();
        var options = await RegistryHost.OptionsAsync(database, folder);
        var chance = new Chance((ulong)seed);
        // Which trials fail, and at which rung, is settled before; everything else must not matter.
        var fails = Enumerable.Range(0, Trials).ToDictionary(trial => trial, _ => chance.Below(4) == 0 ? chance.Below(3) : -1);
        double Loss(int trial, int step) => (trial * 37 + step * 11) % 19 / 19.0;
        var (done, host) = (new HashSet<(int, int)>(), await (await RegistryHost.StartAsync(options)).WithInputsAsync());
        try
        {
            await host.Client.Sweeps.CreateAsync(SweepStand.Request(Trials), None);
            for (var step = 0; step < 400 && !(await new SweepStand(host, Loss).FindAsync()).Ended; step++)
            {
                var stand = new SweepStand(host, Loss);
                switch (chance.Below(9))
                {
                    case 0:
                        await host.DisposeAsync();
                        host = await RegistryHost.StartAsync(options);
                        await host.Client.Sweeps.CreateAsync(SweepStand.Request(Trials), None);
                        break;
                    case 1:
                        await stand.WorkAsync(chance.Below(2) == 0 ? "hand_back" : "expire");
                        break;
                    case 2:
                        await TryAsync(() => host.Client.Sweeps.PauseAsync("lr", None));
                        break;
                    case 3 or 4:
                        await TryAsync(() => host.Client.Sweeps.ResumeAsync("lr", None));
                        break;
                    default:
                        await LiveAsync(host, stand, fails, done);
                        break;
                }
            }
            var ended = await new SweepStand(host, Loss).UntilAsync(sweep => sweep.Ended);
            Assert.Equal(Expected(fails, Loss), ended.Trials.Select(t => $"{t.Index} {t.Status} {t.Rung} {(t.Status == TrialStatus.Failed ? 0 : t.Steps)}"));
            Assert.Equal(ended.Trials.Count(t => t.Status == TrialStatus.Completed), (await host.Client.Models.VersionsAsync(Core.Ids.ResourceName.Parse("bot"), None))?.Items.Count ?? 0);
        }
        finally
        {
            await host.DisposeAsync();
        }
    }

    /// <summary>The next trial goes to its stop, or fails where it must. Nobody trains the same stretch twice.</summary>
    private static async Task LiveAsync(RegistryHost host, SweepStand stand, Dictionary<int, int> fails, HashSet<(int, int)> done)
    {
        var next = (await host.Client.Jobs.ListAsync(Core.Work.WorkKind.Train, null, None)).Items.Where(job => job.State == Core.Work.WorkState.Queued)
            .OrderBy(job => job.CreatedMs).ThenBy(job => job.Id.ToString(), StringComparer.Ordinal).FirstOrDefault();
        if (next is null)
        {
            await Task.Delay(20);
            return;
        }
        var trial = (await stand.FindAsync()).Trials.Single(t => t.JobId == next.Id);
        var worked = await stand.WorkAsync(fails[trial.Index] == trial.Rung ? "fail" : null);
        Assert.Equal(trial.Index, worked!.Value.Trial);
        Assert.True(done.Add((trial.Index, worked.Value.PauseAt ?? SweepStand.Most)), $"trial {trial.Index} trained to {worked.Value.PauseAt} twice");
    }

    /// <summary>Successive halving written down once more, without time.</summary>
    private static List<string> Expected(Dictionary<int, int> fails, Func<int, int, double> loss)
    {
        var (steps, alive, rows) = (new[] { 2, 4, 8, 12 }, Enumerable.Range(0, Trials).ToList(), new string[Trials]);
        for (var rung = 0; alive.Count > 0; rung = alive.Count == 1 ? 3 : rung + 1)
        {
            foreach (var trial in alive.Where(trial => fails[trial] == rung))
                rows[trial] = $"{trial} Failed {rung} 0";
            var ranked = alive.Where(trial => fails[trial] != rung).OrderBy(trial => loss(trial, steps[rung])).ThenBy(trial => trial).ToList();
            foreach (var trial in ranked)
                rows[trial] = $"{trial} {(rung == 3 ? "Completed" : "Stopped")} {rung} {steps[rung]}";
            alive = rung == 3 ? [] : [.. ranked.Take(Math.Max(1, alive.Count / 2))];
        }
        return [.. rows];
    }

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Core.Errors.TemperException e) when (e.Code is "sweep_not_paused" or "sweep_ended")
        {
            // Another wish of this life stands already.
        }
    }

    private sealed class Chance(ulong seed)
    {
        private ulong _state = seed;

        public int Below(int limit)
        {
            _state = (_state * 6364136223846793005UL) + 1442695040888963407UL;
            return (int)((_state >> 33) % (ulong)limit);
        }
    }
}
