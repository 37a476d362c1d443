using Temper.Core.Ids;

namespace Temper.Core.Registry;

/// <summary>Who made something, and when.</summary>
/// <param name="Name">Their name.</param>
/// <param name="Email">Their mail address.</param>
/// <param name="AtMs">Milliseconds since 1970, UTC.</param>
/// <param name="OffsetMinutes">Distance of their clock from UTC.</param>
public sealed record PersonInfo(string Name, string Email, long AtMs, int OffsetMinutes);

/// <summary>A commit.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Tree">Root tree of its files.</param>
/// <param name="Meta">Root of its metadata tree, where there is one.</param>
/// <param name="Parents">What it follows, in order.</param>
/// <param name="Author">Who made the content.</param>
/// <param name="Committer">Who recorded it.</param>
/// <param name="Message">What was said about it.</param>
public sealed record CommitInfo(Digest Id, Digest Tree, Digest? Meta, IReadOnlyList<Digest> Parents, PersonInfo Author, PersonInfo Committer, string Message);

/// <summary>A name in a folder of a commit.</summary>
/// <param name="Mode">As git writes it: <c>040000</c>, <c>100644</c>, <c>100755</c>, <c>120000</c>.</param>
/// <param name="Name">Its name.</param>
/// <param name="Id">Of the file or folder.</param>
/// <param name="Size">Bytes, of a folder those of all files below.</param>
public sealed record TreeItem(string Mode, string Name, Digest Id, long Size);

/// <summary>A folder of a commit.</summary>
/// <param name="Commit">The commit.</param>
/// <param name="Path">The folder; empty for the root.</param>
/// <param name="Tree">Its id.</param>
/// <param name="Entries">In the order of the tree.</param>
public sealed record TreeInfo(Digest Commit, string Path, Digest Tree, IReadOnlyList<TreeItem> Entries);

/// <summary>A file that differs between two commits.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Status">A added, D deleted, M modified, T of another kind.</param>
/// <param name="Old">Its id before.</param>
/// <param name="New">Its id after.</param>
/// <param name="OldSize">Bytes before.</param>
/// <param name="NewSize">Bytes after.</param>
public sealed record FileChange(string Path, string Status, Digest? Old, Digest? New, long? OldSize, long? NewSize);

/// <summary>What is in one commit and not in another.</summary>
/// <param name="A">The first.</param>
/// <param name="B">The second.</param>
/// <param name="Base">Their best common ancestor; null when there is none.</param>
/// <param name="Ahead">Commits of the second that the first does not have.</param>
/// <param name="Behind">Commits of the first that the second does not have.</param>
/// <param name="Files">What differs from the common ancestor to the second, at most 10,000.</param>
/// <param name="Truncated">Whether there are more.</param>
public sealed record Comparison(Digest A, Digest B, Digest? Base, int Ahead, int Behind, IReadOnlyList<FileChange> Files, bool Truncated);

/// <summary>Best common ancestors of two commits.</summary>
/// <param name="Bases">None, one, or several of the same worth.</param>
public sealed record MergeBaseInfo(IReadOnlyList<Digest> Bases);

/// <summary>Body of <c>POST …/merges</c>.</summary>
/// <param name="Source">What is merged: a branch, tag or commit.</param>
/// <param name="Target">Short name of the branch that it is merged into.</param>
/// <param name="Expected">Where the branch must stand; absent: wherever it stands.</param>
/// <param name="Message">Of the merge commit; absent: made of the names.</param>
/// <param name="ForwardOnly">Whether a merge commit is refused.</param>
public sealed record MergeRequest(string Source, string Target, Digest? Expected = null, string? Message = null, bool ForwardOnly = false);

/// <summary>Answer of <c>POST …/merges</c>.</summary>
/// <param name="Commit">Where the branch stands now.</param>
/// <param name="Kind"><c>up-to-date</c>, <c>fast-forward</c> or <c>merge</c>.</param>
public sealed record MergeOutcome(Digest Commit, string Kind);
