namespace Temper.Versioning.History;

/// <summary>In which order a walk shows commits.</summary>
public enum WalkOrder
{
    /// <summary>The latest known one first; a commit may come before one that follows it, where clocks were wrong.</summary>
    Date,

    /// <summary>No commit before all that follow it, and each line of history in one piece.</summary>
    Topological,

    /// <summary>No commit before all that follow it, otherwise the latest first.</summary>
    TopologicalDate,
}
