namespace Temper.Core.Errors;

/// <summary>Codes of sweeps.</summary>
internal static class SweepErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("sweep_exists", ErrorKind.Refused, "A sweep of that name asks for something else.", "Give the new one another name: `name:` in its file, or --name NAME."),
        new("sweep_invalid", ErrorKind.Invalid, "A sweep breaks a rule of the registry.", "The message names the rule; `temper sweep FILE --dry-run` shows the trials."),
        new("sweep_duplicate", ErrorKind.Invalid, "Two trials of a sweep have the same recipe.", "Remove one of the values that lead to the same settings."),
        new("sweep_ended", ErrorKind.Refused, "The sweep has already ended.", "Start another under another name."),
        new("sweep_not_paused", ErrorKind.Refused, "The sweep is not paused.", "Nothing to do: its trials wait or run by themselves."),
        new("sweep_without_result", ErrorKind.Failed, "No trial of the sweep gave the number that is compared.", "`temper sweeps show NAME` gives each trial's reason."),
    ];
}
