using System.Text.Json;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>A trial that a sweep proposes.</summary>
/// <param name="Index">0 and up.</param>
/// <param name="Parameters">Settings that were chosen, by path.</param>
/// <param name="Recipe">Its whole recipe, checked.</param>
/// <param name="Job">The job that trains it.</param>
public sealed record PlannedTrial(int Index, SortedDictionary<string, JsonElement> Parameters, Recipe Recipe, JobRequest Job);

/// <summary>A sweep file, complete and checked, with all its trials. Made by <see cref="SweepReader"/>.</summary>
public sealed record SweepPlan
{
    /// <summary>Name of the sweep; by default its file's.</summary>
    public required ResourceName Name { get; init; }

    /// <summary>How trials are chosen and ended.</summary>
    public required SweepMethod Method { get; init; }

    /// <summary>What is compared.</summary>
    public required string Metric { get; init; }

    /// <summary>Which end is better. Default: less of what ends in loss or perplexity, more of everything else.</summary>
    public required SweepDirection Direction { get; init; }

    /// <summary>In the order of the proposals.</summary>
    public required IReadOnlyList<PlannedTrial> Trials { get; init; }

    /// <summary>Of halving: 1 in so many go on, 2 to 100, default 3; null for others.</summary>
    public int? Eta { get; init; }

    /// <summary>Of halving: steps of the first rung.</summary>
    public int? MinSteps { get; init; }

    /// <summary>Of halving: steps of a whole run.</summary>
    public int? MaxSteps { get; init; }

    /// <summary>Path of the suite whose metric is compared; null: none, or somebody else asks it.</summary>
    public string? Suite { get; init; }

    /// <summary>Alias that is put on the best version; null: none.</summary>
    public string? Alias { get; init; }

    /// <summary>The file as it was written.</summary>
    public required JsonElement Settings { get; init; }

    /// <summary>Steps of the rungs; null where every trial runs to its end.</summary>
    public IReadOnlyList<int>? Rungs => Method == SweepMethod.Halving ? SweepRungs.Steps(MinSteps!.Value, MaxSteps!.Value, Eta!.Value) : null;

    /// <summary>What the registry is asked for.</summary>
    public SweepRequest Request() => new(Name, Method, Metric, Direction, [.. Trials.Select(t => new SweepTrialDraft(t.Parameters, t.Job))])
    {
        Eta = Eta,
        MinSteps = MinSteps,
        MaxSteps = MaxSteps,
        Alias = Alias,
        Settings = Settings,
    };
}
