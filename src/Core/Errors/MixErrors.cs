namespace Temper.Core.Errors;

/// <summary>Codes of the order of training: several datasets, their state, and reading ahead.</summary>
internal static class MixErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("mix_invalid", ErrorKind.Invalid, "The datasets of a run cannot be mixed as asked.", "Correct the setting that the message names."),
        new("schedule_gap", ErrorKind.Invalid, "At some step no dataset is active, although data or steps remain.", "Let the windows (start_step, end_step, start_epoch, end_epoch) of the datasets meet or overlap."),
        new("zero_batches", ErrorKind.Invalid, "A bucket has too few items to fill one batch, so it would never be trained on.", "Raise repeats to the number in the message, pad the bucket, or lower the batch."),
        new("data_state_mismatch", ErrorKind.Refused, "A saved data state belongs to other data or settings.", "Start anew, or force it: --force-data-state takes over what fits."),
        new("data_state_invalid", ErrorKind.Integrity, "A saved data state is not what this version writes.", "Resume from an earlier checkpoint."),
        new("batch_unreadable", ErrorKind.Failed, "A record could not be read while batches were prepared.", "The message names dataset, record and file; on_runtime_error: substitute_next goes on with the next record and keeps a note."),
    ];
}
