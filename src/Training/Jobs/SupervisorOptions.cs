using Temper.Core.Work;

namespace Temper.Training.Jobs;

/// <summary>How a supervisor runs jobs.</summary>
public sealed record SupervisorOptions
{
    /// <summary>Executable of a job's process, usually <see cref="Environment.ProcessPath"/>.</summary>
    public required string Executable { get; init; }

    /// <summary>Arguments that make it a job's process, such as <c>run-job</c> (after the assembly's path where the executable is dotnet).</summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>Address of the registry.</summary>
    public required Uri Registry { get; init; }

    /// <summary>Where the registry asks for one.</summary>
    public string? ApiKey { get; init; }

    /// <summary>Address of the blob store.</summary>
    public required string Blobs { get; init; }

    /// <summary>Local folder for model files and logs.</summary>
    public required string CacheFolder { get; init; }

    /// <summary>Threads of a job's engine; 0 takes every processor.</summary>
    public int Threads { get; init; }

    /// <summary>Jobs that may run at once, 1 and up; with <see cref="Threads"/> 0 they share the processors evenly.</summary>
    public int MostJobs { get; init; } = 1;

    /// <summary>Memory for all jobs together, bytes: one that needs more than is free is left to others. 0: what this machine (or container) has.</summary>
    public long Memory { get; init; }

    /// <summary>Name of the engine; null is the processor's.</summary>
    public string? Engine { get; init; }

    /// <summary>Who claims, for people: host, process and role.</summary>
    public required string Worker { get; init; }

    /// <summary>How long a claim holds without a heartbeat.</summary>
    public TimeSpan Lease { get; init; } = TimeSpan.FromSeconds(60);

    /// <summary>Take one ring, run what is queued one job after another, and end, as a container of a job platform does.</summary>
    public bool Once { get; init; }

    /// <summary>Durable step at which a job's process kills itself in its first attempt (<see cref="DurableSteps"/>); null outside tests.</summary>
    public string? DieAt { get; init; }
}
