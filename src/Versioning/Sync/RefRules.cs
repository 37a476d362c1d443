using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Content;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Sync;

/// <summary>When a repository lets somebody else move its references.</summary>
/// <param name="store">Its objects.</param>
/// <param name="refs">Where its references stand.</param>
/// <param name="shallow">Its commits without parents.</param>
public sealed class RefRules(IObjectStore store, IReadOnlyDictionary<string, Digest> refs, IReadOnlyCollection<Digest> shallow)
{
    /// <summary>Why a move is refused; null when it may be made. Everything behind the new target is looked for.</summary>
    public async Task<RefOutcome?> RefuseAsync(RefMove move, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(move);
        Digest? current = refs.TryGetValue(move.Name, out var at) ? at : null;
        if (current != move.Old)
            return Stale(move.Name, current, move.Old);
        if (move.New is not { } next)
            return null;
        if (await Connectivity.FindMissingAsync(store, next, [.. refs.Values.Distinct()], shallow, ct) is { } missing)
            return new(move.Name, "missing-objects", current, missing);
        if (move.Old is { } old && old != next && !move.Force
            && (!move.Name.StartsWith(RefName.Heads, StringComparison.Ordinal) || !await Connectivity.IsFastForwardAsync(store, old, next, shallow, ct)))
            return new(move.Name, "non-fast-forward", current, $"{move.Name} stands on {old.Short}, which {next.Short} does not follow.");
        return null;
    }

    /// <summary>The answer to somebody who saw a reference stand elsewhere.</summary>
    public static RefOutcome Stale(string name, Digest? current, Digest? seen) =>
        new(name, "stale-ref", current, $"{name} stands on {current?.Short ?? "nothing"}; the caller saw {seen?.Short ?? "nothing"}.");

    /// <summary>A refusal as an error.</summary>
    public static Problem Problem(RefOutcome outcome)
    {
        ArgumentNullException.ThrowIfNull(outcome);
        return new(outcome.Status.Replace('-', '_'), outcome.Detail ?? $"{outcome.Name} was not moved.") { Path = outcome.Name, Value = outcome.Current?.Hex };
    }

    /// <summary>An error as a refusal, where it is one.</summary>
    public static RefOutcome? Outcome(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem.Path is { } name && problem.Code is "stale_ref" or "non_fast_forward" or "missing_objects"
            ? new(problem.Path!, problem.Code.Replace('_', '-'), Digest.TryParse(problem.Value, out var current) ? current : null, problem.Message)
            : null;
    }
}
