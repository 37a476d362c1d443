namespace Temper.Core.Errors;

/// <summary>Codes of what is judged over a whole dataset.</summary>
internal static class StageErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("DATA_CONTAMINATED", ErrorKind.Invalid, "The record shares a run of words with a record that is kept for evaluation.", "Leave it out, or set contamination.action to report."),
        new("DATA_NOT_A_PARENT", ErrorKind.Invalid, "The version whose records should come along is not one of this dataset.", "Requeue into the dataset that the records were set aside from."),
        new("REC_CORRECTED", ErrorKind.Invalid, "The line was quarantined in a rejected version, and the upload brings corrected lines in its stead.", "Nothing: the corrected lines are counted by themselves."),
        new("DATA_DRIFT", ErrorKind.Invalid, "The records differ much from those of the version before.", "Only a note: see the report's section on drift."),
    ];
}
