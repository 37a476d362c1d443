using System.Text.Json.Serialization;

namespace Temper.Core.Datasets;

/// <summary>
/// What became of every record of an upload. The identity <c>records_in = accepted + quarantined + duplicates + filtered</c> holds
/// for every sealed version, and is checked before sealing.
/// </summary>
/// <param name="RecordsIn">Records found, whatever their state. Blank lines are not records.</param>
/// <param name="Accepted">Sealed into the version.</param>
/// <param name="Quarantined">Set aside with a reason each.</param>
/// <param name="Duplicates">Copies of an accepted record, exact or near.</param>
/// <param name="Filtered">Dropped by a rule of the dataset's own configuration.</param>
public sealed record Ledger(long RecordsIn, long Accepted, long Quarantined, long Duplicates, long Filtered)
{
    /// <summary>Nothing yet.</summary>
    public static readonly Ledger Empty = new(0, 0, 0, 0, 0);

    /// <summary>Whether the identity holds.</summary>
    [JsonIgnore]
    public bool Closes => RecordsIn == Accepted + Quarantined + Duplicates + Filtered && Accepted >= 0 && Quarantined >= 0 && Duplicates >= 0 && Filtered >= 0;

    /// <summary>Two ledgers of different records, added.</summary>
    public static Ledger operator +(Ledger a, Ledger b) =>
        new(a.RecordsIn + b.RecordsIn, a.Accepted + b.Accepted, a.Quarantined + b.Quarantined, a.Duplicates + b.Duplicates, a.Filtered + b.Filtered);

    /// <summary>As the operator.</summary>
    public static Ledger Add(Ledger left, Ledger right) => left + right;
}
