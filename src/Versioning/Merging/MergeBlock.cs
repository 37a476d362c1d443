namespace Temper.Versioning.Merging;

/// <summary>Whose lines stand.</summary>
internal enum Side
{
    Ours,
    Theirs,

    /// <summary>Both sides have the same lines.</summary>
    Same,
    Conflict,
}

/// <summary>A run of lines that at least one side changed: where it is on both sides.</summary>
internal sealed class MergeBlock(Side side, int ours, int oursCount, int theirs, int theirsCount)
{
    public Side Side { get; set; } = side;

    public int Ours => ours;

    public int OursCount { get; set; } = oursCount;

    public int Theirs => theirs;

    public int TheirsCount { get; set; } = theirsCount;

    public int OursEnd => ours + OursCount;

    public int TheirsEnd => theirs + TheirsCount;
}
