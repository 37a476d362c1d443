using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.History;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Diffing;

/// <summary>One side of a compared file.</summary>
/// <param name="Mode">What it is.</param>
/// <param name="Id">SHA-256 of its content.</param>
/// <param name="Size">Bytes.</param>
/// <param name="OpenAsync">Reads its content.</param>
public sealed record FileVersion(EntryMode Mode, Digest Id, long Size, Func<CancellationToken, ValueTask<Stream>> OpenAsync)
{
    /// <summary>A file of a store.</summary>
    public static FileVersion? Of(IObjectStore store, TreeEntry? entry) =>
        entry is null ? null : new(entry.Mode, entry.Id, entry.Size, ct => entry.Size == 0 ? ValueTask.FromResult(Stream.Null) : store.OpenFileAsync(entry.Id, 0, null, ct));
}

/// <summary>A file that differs between two versions.</summary>
/// <param name="Path">From the root of the tree.</param>
/// <param name="Old">Null: it was added.</param>
/// <param name="New">Null: it was deleted.</param>
public sealed record FileDifference(string Path, FileVersion? Old, FileVersion? New)
{
    /// <summary>Whether it is in conflict, and has no one version in the index.</summary>
    public bool IsUnmerged { get; init; }

    /// <summary><c>A</c> added, <c>D</c> deleted, <c>M</c> modified, <c>T</c> of another type, <c>U</c> in conflict.</summary>
    public char Status => IsUnmerged ? 'U' : Old is null ? 'A' : New is null ? 'D' : (Old.Mode == EntryMode.Link) != (New.Mode == EntryMode.Link) ? 'T' : 'M';

    /// <summary>A change between two trees of a store.</summary>
    public static FileDifference Of(IObjectStore store, TreeChange change)
    {
        ArgumentNullException.ThrowIfNull(change);
        return new(change.Path.ToString(), FileVersion.Of(store, change.Old), FileVersion.Of(store, change.New));
    }
}
