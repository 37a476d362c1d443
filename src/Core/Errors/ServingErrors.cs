namespace Temper.Core.Errors;

/// <summary>Codes of answering requests.</summary>
internal static class ServingErrors
{
    public static readonly ErrorEntry[] Entries =
    [
    ];
}
