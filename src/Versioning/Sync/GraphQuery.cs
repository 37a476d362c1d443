using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Sync;

/// <summary>Which part of the graph one repository lacks of another.</summary>
/// <param name="Want">Commits, tags, trees or files that it wants.</param>
/// <param name="Have">Commits that it has, with everything behind them; those that the other does not know are passed over.</param>
public sealed record GraphQuery(IReadOnlyCollection<Digest> Want, IReadOnlyCollection<Digest> Have)
{
    /// <summary>Commits that it has without their parents.</summary>
    public IReadOnlyCollection<Digest> Shallow { get; init; } = [];

    /// <summary>Commits that the store which is asked has without their parents.</summary>
    public IReadOnlyCollection<Digest> Boundary { get; init; } = [];

    /// <summary>How many commits from each wanted one; null: all.</summary>
    public int? Depth { get; init; }

    /// <summary>Files with more bytes are left to be asked for when they are needed; null: none.</summary>
    public long? LargestFile { get; init; }

    /// <summary>Which files are wanted, by path; null: all. Not asked of a remote.</summary>
    public Func<string, bool>? Wanted { get; init; }
}

/// <summary>One object of the part that is lacking.</summary>
/// <param name="Kind">Commit, tree, tag or recipe; a chunk stands for a file of one chunk.</param>
/// <param name="Id">Of the object; of a recipe: of its file.</param>
/// <param name="Body">Its encoded body; empty for a chunk, which is fetched apart.</param>
/// <param name="Cut">A commit whose parents are left out because of the depth.</param>
/// <param name="Size">Bytes of a file of one chunk, where they are known.</param>
/// <param name="Path">Where a file was first met, where that is known.</param>
public sealed record GraphItem(ObjectKind Kind, Digest Id, ReadOnlyMemory<byte> Body, bool Cut = false, long Size = 0, string? Path = null);
