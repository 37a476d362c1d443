namespace Temper.Versioning.WorkTrees;

/// <summary>How files that the index does not have are told.</summary>
public enum UntrackedFiles
{
    /// <summary>Not at all.</summary>
    No,

    /// <summary>Folders of which nothing is tracked stand for all in them.</summary>
    Normal,

    /// <summary>Each file.</summary>
    All,
}
