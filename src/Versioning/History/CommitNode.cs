using Temper.Core.Ids;

namespace Temper.Versioning.History;

/// <summary>A commit as walks of the history see it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Tree">Root tree of its files.</param>
/// <param name="Parents">What it follows, in order; none where the history was cut off.</param>
/// <param name="AtMs">Time of the committer, milliseconds since 1970, UTC.</param>
public sealed record CommitNode(Digest Id, Digest Tree, IReadOnlyList<Digest> Parents, long AtMs);
