namespace Temper.Core.Errors;

/// <summary>Codes of ingestion and datasets.</summary>
internal static class DataErrors
{
    public static readonly ErrorEntry[] Entries =
    [
    ];
}
