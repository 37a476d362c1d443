namespace Temper.Versioning.Diffing;

/// <summary>A run of lines that another run takes the place of.</summary>
/// <param name="OldStart">First line that goes, from 0.</param>
/// <param name="OldCount">Lines that go.</param>
/// <param name="NewStart">First line that comes, from 0.</param>
/// <param name="NewCount">Lines that come.</param>
internal readonly record struct LineChange(int OldStart, int OldCount, int NewStart, int NewCount)
{
    public int OldEnd => OldStart + OldCount;

    public int NewEnd => NewStart + NewCount;
}
