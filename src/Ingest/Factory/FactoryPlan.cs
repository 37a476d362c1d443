using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>One step of a plan.</summary>
/// <param name="Step">1 and up.</param>
/// <param name="Id">The dataset.</param>
/// <param name="Type">What it is.</param>
/// <param name="Backend">Kind of its backend.</param>
/// <param name="From">Where its files are, for people; empty for a store, which lies in the server's own cache.</param>
/// <param name="Action">What is done.</param>
/// <param name="Why">Why it stands here.</param>
public sealed record PlanStep(int Step, string Id, DatasetType Type, string Backend, string From, string Action, string Why)
{
    /// <summary>Items that the backend lists; null where it was not asked.</summary>
    public long? Items { get; init; }

    /// <summary>Bytes of those whose size is known.</summary>
    public long? Bytes { get; init; }

    /// <summary>Items that cannot be had, and links that were left out, by reason or code.</summary>
    public SortedDictionary<string, long> LeftOut { get; init; } = [];
}

/// <summary>What will be built, in which order, from where and why.</summary>
/// <param name="File">The configuration.</param>
/// <param name="Steps">In order.</param>
/// <param name="BackendCounts">Datasets by kind of backend.</param>
/// <param name="Pairings">Conditioning pictures and their sources.</param>
/// <param name="Problems">What would stop the building.</param>
/// <param name="Warnings">What should be known.</param>
public sealed record FactoryPlan(string File, IReadOnlyList<PlanStep> Steps, SortedDictionary<string, int> BackendCounts, IReadOnlyList<PairingReport> Pairings,
    IReadOnlyList<Problem> Problems, IReadOnlyList<Problem> Warnings);

/// <summary>Makes plans.</summary>
/// <param name="opener">Opens backends; null where they are not looked at.</param>
public sealed class FactoryPlanner(BackendOpener? opener)
{
    /// <summary>The plan of a configuration. Faults of backends are collected, so that one run shows all.</summary>
    public async Task<FactoryPlan> PlanAsync(FactoryConfig config, IProgress<string> progress, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(config);
        ArgumentNullException.ThrowIfNull(progress);
        var problems = new List<Problem>();
        var steps = new List<PlanStep>();
        foreach (var entry in config.Order)
        {
            progress.Report(entry.Id);
            steps.Add(await StepAsync(entry, steps.Count + 1, config, problems, ct).ConfigureAwait(false));
        }
        problems.AddRange(config.Order.OfType<VideoEntry>().Select(v => FilmProbe.Unavailable(v.Id, config.File, v.Line)).OfType<Problem>());
        var pairings = new List<PairingReport>();
        if (opener is not null && problems.Count == 0)
        {
            foreach (var (source, conditioning) in PairingCheck.PairsOf(config))
                pairings.Add(await new PairingCheck(opener).RunAsync(source, conditioning, ct).ConfigureAwait(false));
        }

        var counts = new SortedDictionary<string, int>(config.Order.GroupBy(e => e.Backend.Type).ToDictionary(g => g.Key, g => g.Count()), StringComparer.Ordinal);
        return new(config.File, steps, counts, pairings, problems, config.Warnings);
    }

    private async Task<PlanStep> StepAsync(DatasetEntry entry, int number, FactoryConfig config, List<Problem> problems, CancellationToken ct)
    {
        var step = new PlanStep(number, entry.Id, entry.Type, entry.Backend.Type, "", Action(entry), Why(entry, config));
        if (entry is StoreEntry || opener is null)
            return step;
        try
        {
            await using var backend = await opener.OpenAsync(entry, ct).ConfigureAwait(false);
            var (items, bytes, left) = (0L, 0L, new SortedDictionary<string, long>(StringComparer.Ordinal));
            await foreach (var item in backend.ListAsync(ct).ConfigureAwait(false))
            {
                items++;
                bytes += item.Size ?? 0;
                if (item.Problem is { } problem)
                    left[problem.Code] = left.GetValueOrDefault(problem.Code) + 1;
            }
            foreach (var (reason, count) in backend.LeftOut)
                left[reason] = left.GetValueOrDefault(reason) + count;
            return step with { From = backend.Address, Items = items, Bytes = bytes, LeftOut = left };
        }
        catch (TemperException e)
        {
            problems.AddRange(e.Problems.Select(p => p with { File = config.File, Line = p.Line ?? entry.Line }));
            return step;
        }
    }

    private static string Action(DatasetEntry entry) => entry switch
    {
        StoreEntry { Generated: true } => "made: no text store is configured",
        StoreEntry => "filled when embeddings are first asked for",
        EvalEntry => "uploaded and ingested; never trained on",
        _ => "uploaded and ingested",
    };

    private static string Why(DatasetEntry entry, FactoryConfig config)
    {
        var users = config.Order.Where(e => e.Edges.Any(edge => edge.To == entry.Id)).Select(e => $"{e.Edges.First(edge => edge.To == entry.Id).Key} of {e.Id}").ToList();
        var after = entry.Edges.Count == 0 ? "place in the file" : $"after {string.Join(", ", entry.Edges.Select(e => $"{e.To} ({e.Key})"))}";
        return users.Count == 0 ? after : $"{after}; {string.Join(", ", users)}";
    }
}
