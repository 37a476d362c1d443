namespace Temper.Ingest;

/// <summary>What a node of the schema becomes as JSON.</summary>
internal enum NodeShape
{
    Leaf,
    Struct,
    List,
    Map,
}

/// <summary>
/// A node of the schema as values, the wrappers of lists and maps folded in. Levels are those of Dremel (Melnik et al. 2010): a value's definition
/// level says how deep its path is there, its repetition level which list goes on.
/// </summary>
internal sealed class ParquetNode
{
    /// <summary>Name in its struct; of elements, keys and values the format's own.</summary>
    public required string Name { get; init; }

    /// <summary>Names from the root, joined by dots.</summary>
    public required string Path { get; init; }

    public required NodeShape Shape { get; init; }

    /// <summary>Whether it can be null.</summary>
    public required bool Optional { get; init; }

    /// <summary>Definition level from which it is there.</summary>
    public required int Definition { get; init; }

    /// <summary>Of a list or map: the definition level from which it has elements.</summary>
    public int ElementDefinition { get; init; }

    /// <summary>Of a list or map: the repetition level of its further elements.</summary>
    public int ElementRepetition { get; init; }

    /// <summary>Fields of a struct; the element of a list; key and value of a map.</summary>
    public ParquetNode[] Children { get; init; } = [];

    /// <summary>First column under it.</summary>
    public required int FirstLeaf { get; init; }

    /// <summary>Columns under it, one after another.</summary>
    public required int Leaves { get; init; }

    /// <summary>What it is when it cannot be read.</summary>
    public string? Refused { get; init; }

    /// <summary>Of a leaf: how values are stored.</summary>
    public LeafType? Leaf { get; init; }

    /// <summary>Refuses what cannot be read.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>FILE_UNSUPPORTED</c>.</exception>
    public void Check()
    {
        if (Refused is { } refused)
            throw ParquetFault.Unsupported($"Column '{Path}' is a {refused}, which is not read.", "Store its fields as columns, or leave the column out with `columns`.");
        foreach (var child in Children)
            child.Check();
    }
}

/// <summary>A column: how its values are stored and what they mean.</summary>
/// <param name="Path">Names from the root, wrappers of lists included, joined by dots.</param>
/// <param name="Type">Physical type.</param>
/// <param name="Length">Bytes of fixed ones; 12 for INT96.</param>
/// <param name="Logical">Meaning.</param>
/// <param name="MaxDefinition">Definition level of a value.</param>
/// <param name="MaxRepetition">Lists around a value.</param>
internal sealed record LeafType(string Path, PhysicalType Type, int Length, LogicalType Logical, int MaxDefinition, int MaxRepetition)
{
    /// <summary>As people read it: <c>string</c>, <c>int64</c>, <c>timestamp[us]</c>.</summary>
    public string Shown => Logical.Kind switch
    {
        LogicalKind.None or LogicalKind.Map or LogicalKind.List => Type switch
        {
            PhysicalType.Boolean => "bool",
            PhysicalType.ByteArray => "binary",
            PhysicalType.FixedLenByteArray => $"binary[{Length}]",
            PhysicalType.Int96 => "timestamp[ns]",
            _ => Type.ToString().ToLowerInvariant(),
        },
        LogicalKind.Integer => $"{(Logical.Signed ? "int" : "uint")}{Logical.Bits}",
        LogicalKind.Decimal => $"decimal(scale {Logical.Scale})",
        LogicalKind.Time or LogicalKind.Timestamp => $"{Logical.Kind.ToString().ToLowerInvariant()}[{Logical.Digits switch { 3 => "ms", 6 => "us", _ => "ns" }}]{(Logical.Utc ? " utc" : "")}",
        LogicalKind.Unknown => "null",
        _ => Logical.Kind.ToString().ToLowerInvariant(),
    };
}
