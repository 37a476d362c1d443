namespace Temper.Core.Errors;

/// <summary>Codes of suites, evaluations and gates.</summary>
internal static class EvaluationErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("suite_invalid", ErrorKind.Invalid, "The suite cannot be used: a case or a check in it is wrong.", "Correct what the message names; `temper eval --help` shows a suite."),
        new("evaluation_invalid", ErrorKind.Invalid, "A result of a suite cannot be kept as it is.", "Send the metrics that `temper eval` computes: finite numbers under names of a-z, 0-9 and _."),
        new("gate_invalid", ErrorKind.Invalid, "A gate asks for something that no suite can say.", "Write SUITE:METRIC>=NUMBER or SUITE:METRIC<=NUMBER, such as support:exact_match>=0.9."),
        new("gate_failed", ErrorKind.Refused, "An alias has gates that the version does not pass.", "Run `temper eval MODEL:VERSION SUITE`, train a better version, or change the gates with `temper gate`."),
    ];
}
