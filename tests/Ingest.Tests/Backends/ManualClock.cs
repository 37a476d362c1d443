namespace Temper.Ingest.Tests.Backends;

/// <summary>A clock that a test sets; its timers are the system's.</summary>
internal sealed class ManualClock : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Ahead;
}
