using Temper.Core.Ids;

namespace Temper.Versioning.Content;

/// <summary>A commit as the catalogue lists it.</summary>
public sealed record CommitRow
{
    /// <summary>Its id.</summary>
    public Digest Id { get; init; }

    /// <summary>Root tree of its files.</summary>
    public Digest Tree { get; init; }

    /// <summary>Root of its metadata tree, where there is one.</summary>
    public Digest? Meta { get; init; }

    /// <summary>1 + the largest of its parents' generations; 1 without parents.</summary>
    public long Gen { get; init; }

    /// <summary>Time of the committer, milliseconds since 1970, UTC.</summary>
    public long AtMs { get; init; }
}
