using Temper.Core.Ids;

namespace Temper.Versioning.Repositories;

/// <summary>The tree that a folder of the index has.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Size">Bytes of all files below it.</param>
internal sealed record FolderTree(Digest Id, long Size);
