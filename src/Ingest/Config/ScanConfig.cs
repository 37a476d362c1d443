using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>What happens to a record in which a scan finds something.</summary>
public enum ScanAction
{
    /// <summary>Nothing is looked for.</summary>
    Off,

    /// <summary>It is counted and shown, redacted, and kept.</summary>
    Report,

    /// <summary>What was found is replaced by its kind.</summary>
    Redact,

    /// <summary>The record is set aside.</summary>
    Quarantine,
}

/// <summary>A scan of the records' text: <c>pii</c> (personal data) or <c>secrets_scan</c> (keys and passwords).</summary>
/// <param name="Action">What happens to a record with a finding. Default report for personal data, quarantine for secrets.</param>
/// <param name="Kinds">Kinds that are looked for, by name; empty for all.</param>
public sealed record ScanConfig(ScanAction Action, IReadOnlyList<string> Kinds)
{
    /// <summary>Of personal data: further kinds, each an expression that is matched in linear time. Not written where there are none.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public SortedDictionary<string, string>? Rules { get; init; }

    /// <summary>Equal when the action, the kinds, in order, and the rules are.</summary>
    public bool Equals(ScanConfig? other) => other is not null && Action == other.Action && Kinds.SequenceEqual(other.Kinds) && (Rules ?? []).SequenceEqual(other.Rules ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Action, Kinds.Count);
}

/// <summary>Names of what the scans look for; a configuration may name no others.</summary>
public static partial class ScanKinds
{
    /// <summary>Whether a rule of the configuration's own may have a name.</summary>
    internal static bool IsName(string name) => NameShape().IsMatch(name);

    /// <summary>Personal data.</summary>
    public static IReadOnlyList<string> Pii { get; } = [.. Enum.GetValues<FindingKind>().Where(kind => !kind.IsSecret()).Select(kind => FindingKinds.Names[(int)kind])];

    /// <summary>Secrets.</summary>
    public static IReadOnlyList<string> Secrets { get; } = [.. Enum.GetValues<FindingKind>().Where(kind => kind.IsSecret()).Select(kind => FindingKinds.Names[(int)kind])];

    [GeneratedRegex(@"\A[a-z][a-z0-9_]{0,31}\z", RegexOptions.NonBacktracking)]
    private static partial Regex NameShape();
}

/// <summary>What happens to a record that another dataset holds, too.</summary>
public enum ContaminationAction
{
    /// <summary>It is counted and shown, and kept.</summary>
    Report,

    /// <summary>It is dropped and counted as filtered.</summary>
    Drop,

    /// <summary>The version is rejected.</summary>
    Fail,
}

/// <summary>The search for records that share a run of words with a dataset that is kept for evaluation.</summary>
/// <param name="Against">Names of datasets; empty for all of type eval in the same configuration.</param>
/// <param name="Ngram">Words in a run, 5 to 50. Default 13.</param>
/// <param name="Action">What happens to a record that shares one. Default report.</param>
public sealed record ContaminationConfig(IReadOnlyList<string> Against, int Ngram = 13, ContaminationAction Action = ContaminationAction.Report)
{
    /// <summary>Equal when all values are.</summary>
    public bool Equals(ContaminationConfig? other) => other is not null && Ngram == other.Ngram && Action == other.Action && Against.SequenceEqual(other.Against);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Against.Count, Ngram, Action);
}
