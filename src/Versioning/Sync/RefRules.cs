using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Versioning.Content;
using Temper.Versioning.Repositories;
using Temper.Versioning.Safety;
using Temper.Versioning.Signing;

namespace Temper.Versioning.Sync;

/// <summary>When a repository lets somebody else move its references.</summary>
/// <param name="store">Its objects.</param>
/// <param name="refs">Where its references stand.</param>
/// <param name="shallow">Its commits without parents.</param>
public sealed class RefRules(IObjectStore store, IReadOnlyDictionary<string, Digest> refs, IReadOnlyCollection<Digest> shallow)
{
    private const int Told = 5;

    /// <summary>What new files are judged by; null: they are not.</summary>
    public FormatPolicy? Policy { get; init; }

    /// <summary>References that may lead only to what is signed; see <see cref="SignedRefs"/>.</summary>
    public IReadOnlyCollection<string> Signed { get; init; } = [];

    /// <summary>Whose signatures count.</summary>
    public TrustedKeys Trusted { get; init; } = TrustedKeys.None;

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
        return await JudgeAsync(move.Name, next, current, ct);
    }

    private async Task<RefOutcome?> JudgeAsync(string name, Digest next, Digest? current, CancellationToken ct)
    {
        var problems = new List<Problem>();
        if (Signed.Any(pattern => SignedRefs.IsMatch(pattern, name)) && (await SignedObjects.VerifyAsync(store, next, Trusted, ct)).Problem is { } unsigned)
            problems.Add(unsigned with { Message = $"{name} may lead to what is signed only. {unsigned.Message}" });
        if (Policy is not null)
            problems.AddRange(await new FileJudge(store, Policy).JudgeAsync(new([next], [.. refs.Values.Distinct()]) { Boundary = shallow }, ct));
        return problems is [var first, ..]
            ? new(name, first.Code.Replace('_', '-'), current, string.Join(' ', problems.Take(Told).Select(p => p.Message)) + (problems.Count > Told ? $" And {problems.Count - Told} more." : ""))
            : null;
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

    /// <summary>Whether a code says that what a reference would lead to is not taken, wherever it stood before.</summary>
    public static bool IsContent(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        return code is "unsafe_format" or "format_refused" or "signature_missing" or "signature_untrusted" or "signature_invalid" || code.StartsWith("safetensors_", StringComparison.Ordinal);
    }

    /// <summary>An error as a refusal, where it is one.</summary>
    public static RefOutcome? Outcome(Problem problem)
    {
        ArgumentNullException.ThrowIfNull(problem);
        return problem.Path is { } name && (problem.Code is "stale_ref" or "non_fast_forward" or "missing_objects" || IsContent(problem.Code))
            ? new(problem.Path!, problem.Code.Replace('_', '-'), Digest.TryParse(problem.Value, out var current) ? current : null, problem.Message)
            : null;
    }
}
