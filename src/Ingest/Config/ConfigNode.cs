namespace Temper.Ingest;

/// <summary>A value of a configuration file, with the line where it stands.</summary>
/// <param name="Pointer">JSON pointer from the file's root.</param>
/// <param name="Line">1 and up.</param>
internal abstract record ConfigNode(string Pointer, int Line)
{
    /// <summary>Text, number, true/false or null (<paramref name="Value"/> is null): string, long, double or bool.</summary>
    internal sealed record Scalar(string Pointer, int Line, object? Value) : ConfigNode(Pointer, Line);

    /// <summary>Keys and values in the file's order.</summary>
    internal sealed record Map(string Pointer, int Line, IReadOnlyList<KeyValuePair<string, ConfigNode>> Members) : ConfigNode(Pointer, Line);

    /// <summary>Values in order.</summary>
    internal sealed record Sequence(string Pointer, int Line, IReadOnlyList<ConfigNode> Items) : ConfigNode(Pointer, Line);

    /// <summary>Pointer to a member of this node.</summary>
    public string PointerTo(string key) => $"{Pointer}/{key.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal)}";

    /// <summary>What it is, for messages.</summary>
    public string Kind => this switch
    {
        Map => "a mapping",
        Sequence => "a list",
        Scalar { Value: null } => "null",
        Scalar { Value: string } => "text",
        Scalar { Value: bool } => "true/false",
        Scalar { Value: long } => "a whole number",
        _ => "a number",
    };
}
