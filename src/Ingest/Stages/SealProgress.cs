using Temper.Core.Blobs;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>How far sealing came in earlier turns, and the commit of how far it came in this one.</summary>
internal sealed class SealProgress(StageBlobs stage, WorkTurn turn)
{
    /// <summary>What names of its documents begin with.</summary>
    public const string Prefix = "seal-step-";

    private int _steps;

    /// <summary>The state behind the last turn; of the first one, the begin.</summary>
    public SealStep Last { get; private set; } = new(0, 0, new(0, []), new(0, []), [], []);

    /// <summary>Reads what earlier turns left; hands each one's counts over.</summary>
    public async Task LoadAsync(Action<IReadOnlyList<FileCounts>> counts, CancellationToken ct)
    {
        for (; await stage.FindAsync<SealStep>(Name(_steps), ct).ConfigureAwait(false) is { } step; _steps++)
        {
            counts(step.Counts);
            Last = step;
        }
    }

    /// <summary>Whether the turn should end here: its time is up, and records were written in it.</summary>
    public bool IsDue(long done) => turn.Over && done > Last.Done;

    /// <summary>Commits a step and ends the turn.</summary>
    public async Task EndTurnAsync(SealStep step, CancellationToken ct)
    {
        await stage.CommitAsync(Name(_steps), step, "ingest.seal_step_committed", ct).ConfigureAwait(false);
        turn.Committed();
    }

    private static string Name(int step) => FormattableString.Invariant($"{Prefix}{step:D6}.json");
}

/// <summary>A place in the sealing of a version.</summary>
/// <param name="Done">Records of all files that were counted and written, or set aside.</param>
/// <param name="Held">How many of them are kept for evaluation.</param>
/// <param name="Train">Files of records to train on.</param>
/// <param name="Eval">Files of records for evaluation.</param>
/// <param name="Quarantine">Pieces of the quarantine's list, in order.</param>
/// <param name="Counts">Of the files of the upload whose counts changed since the step before, all that was counted.</param>
internal sealed record SealStep(long Done, long Held, ShardsDone Train, ShardsDone Eval, IReadOnlyList<StageData> Quarantine, IReadOnlyList<FileCounts> Counts);

/// <summary>Files of records that are whole.</summary>
/// <param name="From">The first record, of all that the upload has, that may belong to the file that comes next.</param>
/// <param name="Files">Those that are whole, in order.</param>
internal sealed record ShardsDone(long From, IReadOnlyList<FileEntry> Files);

/// <summary>What was counted of a file of the upload.</summary>
internal sealed record FileCounts(int File, Ledger Ledger, SortedDictionary<string, CodeTally> Codes);
