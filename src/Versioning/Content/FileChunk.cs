using Temper.Core.Ids;

namespace Temper.Versioning.Content;

/// <summary>One chunk of a file.</summary>
/// <param name="Id">SHA-256 of its bytes.</param>
/// <param name="Length">1 to 4 MiB.</param>
public readonly record struct FileChunk(Digest Id, int Length);
