using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Training.Checkpoints;

/// <summary>Whether a run may go on from a checkpoint: base, data and every setting that the result depends on must be those that it was made with.</summary>
internal static class Continuation
{
    /// <summary>How often it is saved, measured and told, and what it may use: nothing of it is learned.</summary>
    private static readonly string[] Free =
    [
        "training.save_strategy", "training.save_steps", "training.save_total_limit", "training.eval_strategy", "training.eval_steps", "training.logging_steps",
        "training.per_device_eval_batch_size", "training.data_parallel_size", "data.prefetch", "limits", "output", "resume_from_checkpoint",
    ];

    /// <summary>May grow: the same steps, and then more. A schedule that falls to the end follows the new length from here on.</summary>
    private static readonly string[] Growing = ["training.num_train_epochs", "training.max_steps"];

    /// <summary>What is worth knowing when it may go on.</summary>
    /// <exception cref="TemperException"><c>resume_mismatch</c>, naming every field that differs.</exception>
    public static IEnumerable<(string Level, string Text)> Check(CheckpointState state, RunIdentity identity, JsonElement recipe)
    {
        var (theirs, notes, problems) = (state.Identity, new List<(string, string)>(), new List<Problem>());
        foreach (var (name, made, now) in new[] { ("base", theirs.Base, identity.Base), ("data", theirs.Data, identity.Data) })
            if (made != now)
                problems.Add(Differs(state, name, made?.Short, now?.Short));
        if (theirs.Plugins != identity.Plugins)
            problems.Add(Differs(state, "plug-ins", theirs.Plugins, identity.Plugins));
        var told = state.Recipe is { } before && Compare(state, before, recipe, problems, notes);
        if (!told && theirs.Recipe != identity.Recipe)
            problems.Add(Differs(state, "recipe", theirs.Recipe?.Short, identity.Recipe?.Short));
        if (problems.Count > 0)
            throw new TemperException(problems);
        if (theirs.NumericsId != identity.NumericsId)
            notes.Add(("warn", $"The checkpoint was computed with {theirs.NumericsId}; going on with {identity.NumericsId}, so the last bits may differ from an uninterrupted run."));
        if (theirs.CodeVersion != identity.CodeVersion)
            notes.Add(("info", $"The checkpoint was written by version {theirs.CodeVersion}; this is {identity.CodeVersion}."));
        return notes;
    }

    /// <summary>Names what differs; whether anything does.</summary>
    private static bool Compare(CheckpointState state, JsonElement made, JsonElement now, List<Problem> problems, List<(string, string)> notes)
    {
        var (before, after, any) = (Leaves(made, ""), Leaves(now, ""), false);
        foreach (var path in before.Keys.Union(after.Keys).Order(StringComparer.Ordinal))
        {
            var (old, fresh) = (before.GetValueOrDefault(path), after.GetValueOrDefault(path));
            if (old == fresh)
                continue;
            any = true;
            if (Free.Any(free => path == free || path.StartsWith(free + ".", StringComparison.Ordinal)))
                continue;
            if (Growing.Contains(path) && Grows(old, fresh))
                notes.Add(("info", $"{path} was {old} and is {fresh} now: the learning rate follows the longer schedule from here on."));
            else
                problems.Add(Differs(state, path, old, fresh));
        }
        return any;
    }

    private static bool Grows(string? old, string? fresh) =>
        double.TryParse(old, System.Globalization.CultureInfo.InvariantCulture, out var least) && double.TryParse(fresh, System.Globalization.CultureInfo.InvariantCulture, out var more) && more >= least;

    private static Problem Differs(CheckpointState state, string path, string? made, string? now) => new("resume_mismatch",
        FormattableString.Invariant($"The checkpoint of step {state.Step} was made with {path} = {made ?? "nothing"}; this run has {now ?? "nothing"}."))
    { Path = path, Value = now };

    /// <summary>Every value by its path; what is null or empty is as good as absent.</summary>
    private static Dictionary<string, string> Leaves(JsonElement value, string path)
    {
        if (value.ValueKind == JsonValueKind.Object)
            return value.EnumerateObject().SelectMany(p => Leaves(p.Value, path.Length == 0 ? p.Name : $"{path}.{p.Name}")).ToDictionary();
        return value.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined ? [] : new() { [path] = value.GetRawText() };
    }
}
