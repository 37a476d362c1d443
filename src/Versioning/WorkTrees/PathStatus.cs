using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>How one path differs.</summary>
/// <param name="Path">Relative to the root; ends in <c>/</c> where it stands for a whole folder.</param>
/// <param name="Staged">The index against HEAD: <c>A</c>, <c>M</c>, <c>D</c>, <c>T</c>, or a blank; in a conflict and for untracked files git's letters.</param>
/// <param name="Unstaged">The work tree against the index, likewise.</param>
public sealed record PathStatus(string Path, char Staged, char Unstaged)
{
    /// <summary>Whether both sides of a merge changed it.</summary>
    public bool IsUnmerged => Staged == 'U' || Unstaged == 'U' || (Staged == 'A' && Unstaged == 'A') || (Staged == 'D' && Unstaged == 'D');

    /// <summary>Whether the index does not have it.</summary>
    public bool IsUntracked => Staged == '?';

    /// <summary>Whether a pattern keeps it out.</summary>
    public bool IsIgnored => Staged == '!';

    /// <summary>The letters of a conflict by the sides that the index has, a bit each from the ancestor on.</summary>
    internal static PathStatus Conflict(string path, int stages) => stages switch
    {
        0b001 => new(path, 'D', 'D'),
        0b010 => new(path, 'A', 'U'),
        0b011 => new(path, 'U', 'D'),
        0b100 => new(path, 'U', 'A'),
        0b101 => new(path, 'D', 'U'),
        0b110 => new(path, 'A', 'A'),
        _ => new(path, 'U', 'U'),
    };
}

/// <summary>How HEAD, index and work tree differ.</summary>
/// <param name="Head">What is checked out.</param>
/// <param name="Tracked">Paths of HEAD or index, in git's order; what does not differ is left out.</param>
/// <param name="Untracked">Files and folders that the index does not have, in git's order.</param>
/// <param name="Ignored">Those that patterns keep out, where they were asked for.</param>
public sealed record WorkTreeStatus(Head Head, IReadOnlyList<PathStatus> Tracked, IReadOnlyList<PathStatus> Untracked, IReadOnlyList<PathStatus> Ignored);
