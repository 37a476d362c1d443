namespace Temper.Versioning.Merging;

/// <summary>Whose change stands where both sides changed the same.</summary>
public enum MergeFavor
{
    /// <summary>Nobody's: it is a conflict.</summary>
    None,

    /// <summary>The side that is merged into.</summary>
    Ours,

    /// <summary>The side that is merged.</summary>
    Theirs,
}
