namespace Temper.Core.Safetensors;

/// <summary>One tensor of a safetensors file.</summary>
/// <param name="Name">Key in the header. Any text: it is never used as a path.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Sizes, outermost first; empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the start of the data area.</param>
/// <param name="End">Byte after the last.</param>
public sealed record StoredTensor(string Name, StoredType Type, IReadOnlyList<long> Shape, long Begin, long End)
{
    /// <summary>Number of elements.</summary>
    public long Count => (End - Begin) / Type.Bytes();
}
