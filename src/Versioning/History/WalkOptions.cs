using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.History;

/// <summary>Which commits a walk shows.</summary>
public sealed record WalkOptions
{
    /// <summary>Where it begins; these and all that they follow.</summary>
    public required IReadOnlyList<Digest> Include { get; init; }

    /// <summary>Not these, nor anything that they follow.</summary>
    public IReadOnlyList<Digest> Exclude { get; init; } = [];

    /// <summary>The order.</summary>
    public WalkOrder Order { get; init; }

    /// <summary>Follow only the first parent of a merge.</summary>
    public bool FirstParent { get; init; }

    /// <summary>Show the chosen commits from the last to the first.</summary>
    public bool Reverse { get; init; }

    /// <summary>Leave out the first of them; 0 and more.</summary>
    public int Skip { get; init; }

    /// <summary>At most so many; null: all.</summary>
    public int? Most { get; init; }

    /// <summary>Only commits that change a file at these paths; of a merge that took one side's files as they were, that side alone is followed.</summary>
    public PathFilter? Paths { get; init; }

    /// <summary>Only commits with at least so many parents.</summary>
    public int MinParents { get; init; }

    /// <summary>Only commits with at most so many parents.</summary>
    public int MaxParents { get; init; } = int.MaxValue;

    /// <summary>Only commits for which this holds; null: all.</summary>
    public Func<Commit, bool>? Keep { get; init; }
}
