using System.Text.Json;

namespace Temper.Versioning.Metadata;

/// <summary>How a conflict under a key is settled without asking.</summary>
public enum MergePolicy
{
    /// <summary>The larger number.</summary>
    Max,

    /// <summary>The smaller number.</summary>
    Min,

    /// <summary>The value of the branch that is merged into.</summary>
    Ours,

    /// <summary>The value of the branch that is merged.</summary>
    Theirs,
}

/// <summary>
/// Which arrays are sets (their items are compared as wholes, their order says nothing), which are records with a key, and which policy settles a
/// conflict where.
/// </summary>
public sealed class MergeRules
{
    private readonly Dictionary<string, MergePolicy> _policies;

    private MergeRules(Dictionary<string, MergePolicy> policies) => _policies = policies;

    /// <summary>No policies: every conflict is one.</summary>
    public static MergeRules Plain { get; } = new([]);

    /// <summary>Arrays that are sets.</summary>
    public static IReadOnlySet<string> Sets { get; } = new HashSet<string> { "tags", "languages", "limitations", "risks", "authors" };

    /// <summary>Arrays of records, with the keys that make a record the same one on both sides.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<string>> Records { get; } = new Dictionary<string, IReadOnlyList<string>>
    {
        ["metrics"] = ["name", "split", "step", "runId"],
        ["data"] = ["ref", "split"],
        ["evaluation"] = ["suite", "dataset"],
        ["files"] = ["path"],
        ["source"] = ["uri"],
        ["lineage"] = ["ref", "transform"],
    };

    /// <summary>Reads <c>merge.meta.PLACE = max|min|ours|theirs</c>; PLACE is a dotted path of keys, whatever their case, and settles all below it.</summary>
    /// <param name="settings">Names and values, such as <c>merge.meta.training.epochs</c> = <c>max</c>; others are skipped.</param>
    /// <exception cref="Temper.Core.Errors.TemperException">Code <c>settings_invalid</c>: a policy is none of the four.</exception>
    public static MergeRules From(IEnumerable<KeyValuePair<string, string>> settings)
    {
        const string Prefix = "merge.meta.";
        var policies = new Dictionary<string, MergePolicy>(StringComparer.OrdinalIgnoreCase);
        foreach (var (name, value) in settings.Where(s => s.Key.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase)))
            policies[name[Prefix.Length..]] = value.ToLowerInvariant() switch
            {
                "max" => MergePolicy.Max,
                "min" => MergePolicy.Min,
                "ours" => MergePolicy.Ours,
                "theirs" => MergePolicy.Theirs,
                _ => throw new Temper.Core.Errors.TemperException("settings_invalid", $"{name} is '{value}'; it is one of max, min, ours, theirs."),
            };
        return new(policies);
    }

    /// <summary>The value that the policy of a place chooses; null when there is none, or it cannot choose between these.</summary>
    /// <param name="place">Dotted keys from the document's root; records count by their <c>name</c>.</param>
    /// <param name="ours">Undefined where it was removed.</param>
    /// <param name="theirs">Undefined where it was removed.</param>
    internal MergePolicy? Settle(string place, JsonElement ours, JsonElement theirs)
    {
        for (var at = place; at.Length > 0; at = at[..Math.Max(0, at.LastIndexOf('.'))])
            if (_policies.TryGetValue(at, out var policy))
                return policy is MergePolicy.Ours or MergePolicy.Theirs || ours.ValueKind == JsonValueKind.Number && theirs.ValueKind == JsonValueKind.Number ? policy : null;
        return null;
    }
}
