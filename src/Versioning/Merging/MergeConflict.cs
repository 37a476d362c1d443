using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Merging;

/// <summary>Why a path could not be merged.</summary>
public enum ConflictKind
{
    /// <summary>Both sides changed the same lines of a text, or the mode.</summary>
    Content,

    /// <summary>Both sides added it, differently.</summary>
    AddAdd,

    /// <summary>One side deleted what the other changed.</summary>
    ModifyDelete,

    /// <summary>One side has a folder where the other has the file, which was moved aside.</summary>
    FileDirectory,

    /// <summary>A file on one side, a link on the other.</summary>
    DistinctTypes,

    /// <summary>Both sides changed a file that is no text: ours stands, theirs lies beside it.</summary>
    Binary,
}

/// <summary>A path that a person has to decide: what the index keeps at its stages 1, 2 and 3.</summary>
/// <param name="Path">Where it is now, which is beside its old place where a folder took that.</param>
/// <param name="Kind">Why.</param>
/// <param name="Base">As both sides found it.</param>
/// <param name="Ours">As the side that is merged into has it.</param>
/// <param name="Theirs">As the side that is merged has it.</param>
public sealed record MergeConflict(SafePath Path, ConflictKind Kind, TreeEntry? Base, TreeEntry? Ours, TreeEntry? Theirs);

/// <summary>What a merge made.</summary>
/// <param name="Tree">The files as the work tree shows them; texts in conflict with markers.</param>
/// <param name="Conflicts">In the order of their paths; none: the tree may be committed.</param>
/// <param name="Messages">What happened, for people, in the order of the paths.</param>
public sealed record MergeResult(Digest Tree, IReadOnlyList<MergeConflict> Conflicts, IReadOnlyList<string> Messages)
{
    /// <summary>The merged metadata tree, where there is one.</summary>
    public Digest? Meta { get; init; }

    /// <summary>Metadata in conflict, as <see cref="MetadataTreeMerge"/> names it.</summary>
    public IReadOnlyList<string> MetadataConflicts { get; init; } = [];

    /// <summary>Theirs of binary conflicts: files to lay beside ours, outside the tree, under these paths.</summary>
    public IReadOnlyList<KeyValuePair<SafePath, TreeEntry>> Beside { get; init; } = [];

    /// <summary>Whether nothing is left to decide.</summary>
    public bool IsClean => Conflicts.Count == 0 && MetadataConflicts.Count == 0;
}
