namespace Temper.Ingest;

/// <summary>
/// The time that one claim may take before its row goes back to the others: a host that is stopped every few minutes, such as a function, still brings
/// any upload to its end, because each turn commits at least one piece of work.
/// </summary>
/// <param name="clock">Time.</param>
/// <param name="most">How long; <see cref="Timeout.InfiniteTimeSpan"/> for no end.</param>
internal sealed class WorkTurn(TimeProvider clock, TimeSpan most)
{
    private readonly long _began = clock.GetTimestamp();

    /// <summary>Whether the time is up.</summary>
    public bool Over => most != Timeout.InfiniteTimeSpan && clock.GetElapsedTime(_began) >= most;

    /// <summary>Called right behind a commit.</summary>
    /// <exception cref="TurnOverException">The time is up: the next claim goes on behind what was committed.</exception>
    public void Committed()
    {
        if (Over)
            throw new TurnOverException();
    }
}

/// <summary>Ends a turn, not the work.</summary>
internal sealed class TurnOverException : Exception
{
    public TurnOverException() : base("The turn is over; the next claim goes on.") { }
}
