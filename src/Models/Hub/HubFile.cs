namespace Temper.Models;

/// <summary>A file of a repository at a commit, as the hub describes it.</summary>
/// <param name="Path">Path in the repository.</param>
/// <param name="Size">Bytes; null when the hub does not say.</param>
/// <param name="Sha256">SHA-256 of files in large file storage, 64 lower-case hex digits; else null.</param>
/// <param name="BlobId">Git's id of the blob, 40 lower-case hex digits: of a small file itself, of a large one its pointer.</param>
public sealed record HubFile(string Path, long? Size, string? Sha256, string? BlobId);

/// <summary>A repository at a commit.</summary>
/// <param name="Repository">OWNER/NAME.</param>
/// <param name="Commit">40 lower-case hex digits: what the revision stood for.</param>
/// <param name="Files">Every file.</param>
public sealed record HubListing(string Repository, string Commit, IReadOnlyList<HubFile> Files);

/// <summary>Files of a repository on this machine, each verified.</summary>
/// <param name="Folder">Where they lie.</param>
/// <param name="Listing">Where they are from.</param>
/// <param name="Files">Those that were needed.</param>
public sealed record HubSnapshot(string Folder, HubListing Listing, IReadOnlyList<HubFile> Files);

/// <summary>How far a download is.</summary>
/// <param name="File">What arrives.</param>
/// <param name="Done">Bytes of all files that are here.</param>
/// <param name="Total">Bytes of all files.</param>
public sealed record HubProgress(string File, long Done, long Total);
