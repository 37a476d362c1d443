using System.Globalization;

namespace Temper.Hosts.Tests.Versioning;

/// <summary>Random sequences of operations, given to git and to us alike. TEMPER_GIT_SEQUENCES says how many, TEMPER_GIT_FIRST from which seed on.</summary>
[Collection("versioning")]
public sealed class GitSequenceTests
{
    private const int Steps = 80;

    [Fact]
    public void Random_sequences_leave_what_git_leaves()
    {
        var (first, count) = (Number("TEMPER_GIT_FIRST", 1), Number("TEMPER_GIT_SEQUENCES", 2));
        var failures = new List<string>();
        for (var seed = first; seed < first + count; seed++)
            if (Run(seed) is { } failure)
                failures.Add($"seed {seed}: {failure}");
        Assert.True(failures.Count == 0, string.Join("\n\n", failures));
    }

    private static ulong Number(string name, ulong otherwise) =>
        ulong.TryParse(Environment.GetEnvironmentVariable(name), NumberStyles.None, CultureInfo.InvariantCulture, out var wanted) ? wanted : otherwise;

    /// <summary>The steps up to the first difference, and the difference; null when there is none.</summary>
    internal static string? Run(ulong seed)
    {
        var source = new StepSource(seed, merges: true);
        var steps = Enumerable.Range(0, Steps).Select(_ => source.Next()).ToList();
        return Fails(steps) is { } failed ? $"{string.Join('\n', failed.Done)}\n{failed.Difference}" : null;
    }

    internal static (List<PairStep> Done, string Difference)? Fails(IReadOnlyList<PairStep> steps)
    {
        using var pair = new GitPair();
        for (var i = 0; i < steps.Count; i++)
            if (pair.Do(steps[i]) is { Length: > 0 } difference)
                return ([.. steps.Take(i + 1)], difference);
        return null;
    }
}
