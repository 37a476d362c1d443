using System.Globalization;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// Which part of a split a record belongs to: a function of its content (or of its group's value) and the seed alone, so that it stays on its side when
/// others come or go, and copies are never on both. By content it is the choice that a recipe's <c>data.validation</c> makes with the same seed.
/// </summary>
internal sealed class SplitRule(SplitConfig config)
{
    /// <summary>Whether there is a part for evaluation at all.</summary>
    public bool Splits => config.Eval > 0;

    /// <summary>Column whose equal values stay together; null to go by content.</summary>
    public string? Group => Splits ? config.GroupBy : null;

    /// <summary>Whether a record of this id is for evaluation, where records go by their content.</summary>
    public bool IsEval(ReadOnlySpan<byte> body) => Splits && config.GroupBy is null && Below(RecordHead.FullId(body));

    /// <summary>Whether records with this value are for evaluation.</summary>
    /// <param name="value">JSON of the value.</param>
    public bool IsEvalGroup(ReadOnlySpan<byte> value) => Splits && Below($"group {Digest.Of(value).Hex}");

    private bool Below(string identity) =>
        ulong.Parse(Digest.OfText(FormattableString.Invariant($"held-out {config.Seed} {identity}")).Hex.AsSpan(0, 13), NumberStyles.HexNumber, CultureInfo.InvariantCulture) / (double)(1L << 52) < config.Eval;
}
