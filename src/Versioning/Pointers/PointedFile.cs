using Temper.Versioning.Paths;

namespace Temper.Versioning.Pointers;

/// <summary>A file that another tool keeps outside its work tree, found and checked.</summary>
/// <param name="Path">Where it belongs in the tree.</param>
/// <param name="Content">Full path of its content in the other tool's cache.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Pointer">Full path of the file that named it.</param>
public sealed record PointedFile(SafePath Path, string Content, long Size, string Pointer);
