using Temper.Core.Registry;

namespace Temper.Registry.Sweeps;

/// <summary>A trial as decisions see it.</summary>
/// <param name="Index">0 and up.</param>
/// <param name="Rung">Rung that it has entered.</param>
/// <param name="Status">Where it stands.</param>
/// <param name="Value">What is compared; null where there is none.</param>
internal sealed record TrialFacts(int Index, int Rung, TrialStatus Status, double? Value);

/// <summary>What follows for a sweep from where its trials stand. A function of durable rows alone: whoever asks, and how often, gets the same answer.</summary>
internal abstract record SweepDecision
{
    private SweepDecision() { }

    /// <summary>Some trial is still on its way.</summary>
    public sealed record Wait : SweepDecision;

    /// <summary>The rung is decided.</summary>
    /// <param name="Next">Rung that the best enter.</param>
    /// <param name="Up">Indices of those who go on, best first.</param>
    /// <param name="Out">Indices of those that are held and go no further, best first, with their places among all that got so far.</param>
    /// <param name="Among">How many got so far.</param>
    public sealed record Promote(int Next, IReadOnlyList<int> Up, IReadOnlyList<(int Index, int? Place)> Out, int Among) : SweepDecision;

    /// <summary>All trials have ended.</summary>
    /// <param name="Best">Index of the best; null where none has a value.</param>
    public sealed record Finish(int? Best) : SweepDecision;

    /// <summary>The decision.</summary>
    /// <param name="trials">All of them.</param>
    /// <param name="direction">Which end is better.</param>
    /// <param name="rung">Rung that is decided next.</param>
    /// <param name="last">The last rung; 0 where there are none.</param>
    /// <param name="eta">1 in so many go on.</param>
    public static SweepDecision Of(IReadOnlyList<TrialFacts> trials, SweepDirection direction, int rung, int last, int eta)
    {
        var entered = trials.Where(t => t.Rung == rung && t.Status != TrialStatus.Stopped).ToList();
        if (entered.Any(t => !IsSettled(t.Status)) || trials.Any(t => t.Status is TrialStatus.Evaluating))
            return new Wait();
        if (rung >= last)
            return new Finish(Ranked(trials, direction).Where(t => t.Status == TrialStatus.Completed).Select(t => (int?)t.Index).FirstOrDefault());
        var ranked = Ranked(entered, direction).ToList();
        var up = ranked.Take(SweepRungs.Kept(entered.Count, eta)).Select(t => t.Index).ToList();
        var places = ranked.Select((t, at) => (t.Index, Place: at + 1)).ToDictionary(p => p.Index, p => p.Place);
        var stays = entered.Where(t => t.Status == TrialStatus.Held && !up.Contains(t.Index)).Select(t => (t.Index, Place: places.TryGetValue(t.Index, out var place) ? place : (int?)null));
        return new Promote(up.Count <= 1 ? last : rung + 1, up, [.. stays.OrderBy(t => t.Place ?? int.MaxValue).ThenBy(t => t.Index)], ranked.Count);
    }

    /// <summary>Those that have got somewhere and have a value: who came further first, then the better value, then the lower index.</summary>
    public static IEnumerable<TrialFacts> Ranked(IEnumerable<TrialFacts> trials, SweepDirection direction) => trials
        .Where(t => t.Value is not null && t.Status is TrialStatus.Held or TrialStatus.Completed or TrialStatus.Stopped)
        .OrderByDescending(t => t.Rung).ThenBy(t => direction == SweepDirection.Minimize ? t.Value!.Value : -t.Value!.Value).ThenBy(t => t.Index);

    private static bool IsSettled(TrialStatus status) => status is TrialStatus.Held or TrialStatus.Completed or TrialStatus.Failed or TrialStatus.Cancelled;
}
