using Temper.Core.Ids;

namespace Temper.Versioning.Content;

/// <summary>How a file is put together: an index, no part of any id, that a later way of cutting may replace.</summary>
/// <param name="File">SHA-256 of the whole content.</param>
/// <param name="Size">Bytes: the sum of the chunks' lengths.</param>
/// <param name="Chunker">Name and version of the way of cutting, such as <c>tensors-512k-1</c>; <c>whole-1</c> for a file of one chunk or none.</param>
/// <param name="Chunks">In the order of the file.</param>
public sealed record Recipe(Digest File, long Size, string Chunker, IReadOnlyList<FileChunk> Chunks);
