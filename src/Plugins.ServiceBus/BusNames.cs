using Temper.Core.Work;

namespace Temper.Plugins.ServiceBus;

/// <summary>Names of queues and topics; the deployment declares the same.</summary>
public static class BusNames
{
    /// <summary>Topic that gets a copy of every event.</summary>
    public const string Events = "events";

    /// <summary>Queue that rings for ingestion.</summary>
    public const string IngestStages = "ingest-stages";

    /// <summary>Queue that rings for training; the job scaler reads its length.</summary>
    public const string TrainingJobs = "training-jobs";

    /// <summary>Queue that rings for a kind of work.</summary>
    public static string QueueOf(WorkKind kind) => kind switch
    {
        WorkKind.Ingest => IngestStages,
        WorkKind.Train => TrainingJobs,
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no queue rings for this kind"),
    };
}
