using System.Collections.Concurrent;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>What a scan of the work tree found. Filled from several threads.</summary>
internal sealed class ScanResult
{
    /// <summary>Tracked files that differ from the index, with M, D or T.</summary>
    public ConcurrentBag<ChangedFile> Changed { get; } = [];

    /// <summary>Files, and folders with a slash at their end, that the index does not have.</summary>
    public ConcurrentBag<string> Untracked { get; } = [];

    /// <summary>What patterns keep out.</summary>
    public ConcurrentBag<string> Ignored { get; } = [];

    /// <summary>Entries whose file was hashed and found unchanged, with its stamp of now.</summary>
    public ConcurrentBag<IndexEntry> Verified { get; } = [];
}

/// <summary>A tracked file that is not what the index says.</summary>
/// <param name="Path">Where.</param>
/// <param name="Change">M, D or T.</param>
internal sealed record ChangedFile(string Path, char Change);
