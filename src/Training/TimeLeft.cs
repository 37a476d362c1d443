namespace Temper.Training;

/// <summary>How long the rest of a run will take, from the mean of its last 32 steps, everything between them included.</summary>
internal sealed class TimeLeft(TimeProvider clock, int total)
{
    private const int Steps = 32;
    private readonly Queue<long> _ends = new([clock.GetTimestamp()]);

    /// <summary>After <paramref name="done"/> steps are done; called once a step.</summary>
    public TimeSpan After(int done)
    {
        var now = clock.GetTimestamp();
        _ends.Enqueue(now);
        if (_ends.Count > Steps + 1)
            _ends.Dequeue();
        return clock.GetElapsedTime(_ends.Peek(), now) / (_ends.Count - 1) * (total - done);
    }
}
