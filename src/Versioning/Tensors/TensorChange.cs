using System.Text.Json.Serialization;

namespace Temper.Versioning.Tensors;

/// <summary>What happened to a tensor between two versions of a file.</summary>
public enum TensorChangeKind
{
    /// <summary>Only the new version has it.</summary>
    Added,

    /// <summary>Only the old version has it.</summary>
    Deleted,

    /// <summary>Same type and shape, other numbers.</summary>
    Modified,

    /// <summary>Another type or shape.</summary>
    Reshaped,
}

/// <summary>A tensor as a table shows it.</summary>
/// <param name="Type">The type's name in the header.</param>
/// <param name="Shape">Sizes, outermost first.</param>
/// <param name="Bytes">Of its data.</param>
public sealed record TensorForm(string Type, IReadOnlyList<long> Shape, long Bytes);

/// <summary>How far a tensor moved, in float64. Sums leave out pairs with an element that is not finite.</summary>
public sealed record TensorMoved
{
    /// <summary>Elements in all.</summary>
    public required long Elements { get; init; }

    /// <summary>Elements whose stored bits differ.</summary>
    public required long Changed { get; init; }

    /// <summary>Largest |Δ|; null where it is larger than a double.</summary>
    public double? MaxAbs { get; init; }

    /// <summary>Mean |Δ| over all finite pairs; null when there are none.</summary>
    public double? MeanAbs { get; init; }

    /// <summary>‖Δ‖ / ‖old‖; null where the old norm is zero.</summary>
    public double? RelativeL2 { get; init; }

    /// <summary>Cosine of the angle between old and new; null where a norm is zero.</summary>
    public double? Cosine { get; init; }

    /// <summary>NaNs before.</summary>
    public long OldNan { get; init; }

    /// <summary>NaNs after.</summary>
    public long NewNan { get; init; }

    /// <summary>Infinities before.</summary>
    public long OldInfinite { get; init; }

    /// <summary>Infinities after.</summary>
    public long NewInfinite { get; init; }
}

/// <summary>One tensor that is not the same in both versions.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What happened.</param>
/// <param name="Old">Before; null when it was added.</param>
/// <param name="New">After; null when it was deleted.</param>
/// <param name="Moved">How far it moved; for modified ones only.</param>
public sealed record TensorChange(string Name, TensorChangeKind Kind, TensorForm? Old, TensorForm? New, TensorMoved? Moved)
{
    /// <summary>One letter: A, D, M or R.</summary>
    [JsonIgnore]
    public char Letter => Kind switch { TensorChangeKind.Added => 'A', TensorChangeKind.Deleted => 'D', TensorChangeKind.Modified => 'M', _ => 'R' };
}

/// <summary>Everything that differs between two versions of a .safetensors file.</summary>
/// <param name="Changes">Deleted and others by name, in ordinal order.</param>
/// <param name="Unchanged">Tensors that are the same in both.</param>
/// <param name="IsReordered">The tensors that both have lie in another order.</param>
/// <param name="Metadata">Keys of <c>__metadata__</c> that differ, in ordinal order.</param>
public sealed record TensorChanges(IReadOnlyList<TensorChange> Changes, int Unchanged, bool IsReordered, IReadOnlyList<string> Metadata)
{
    /// <summary>Whether the two versions say the same.</summary>
    [JsonIgnore]
    public bool IsEmpty => Changes.Count == 0 && !IsReordered && Metadata.Count == 0;
}
