using Temper.Core.Ids;

namespace Temper.Versioning.History;

/// <summary>A commit that a walk passes.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Parents">Those of its parents along which the walk goes on.</param>
/// <param name="Changes">Whether it changes a file that the walk is about.</param>
internal sealed record WalkStep(CommitNode Commit, IReadOnlyList<Digest> Parents, bool Changes);
