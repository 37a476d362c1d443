namespace Temper.Core.Work;

/// <summary>What a row of the work table asks for.</summary>
public enum WorkKind
{
    /// <summary>Turn an upload into a sealed dataset version.</summary>
    Ingest,

    /// <summary>Turn a recipe, a base and a dataset version into a model version.</summary>
    Train,
}

/// <summary>Where a row of the work table stands. The last three are final.</summary>
public enum WorkState
{
    /// <summary>A job that waits for its data to be ingested; no worker sees it.</summary>
    Validating,

    /// <summary>Waiting for a worker, or put back after a lease ran out.</summary>
    Queued,

    /// <summary>Leased.</summary>
    Running,

    /// <summary>Set aside on request; no worker sees it until it is resumed.</summary>
    Paused,

    /// <summary>Ended with a result.</summary>
    Completed,

    /// <summary>Ended with an error.</summary>
    Failed,

    /// <summary>Ended on request.</summary>
    Cancelled,
}
