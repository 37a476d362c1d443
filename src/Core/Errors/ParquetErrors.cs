namespace Temper.Core.Errors;

/// <summary>Codes of files whose own size claims are bounded, Parquet first.</summary>
internal static class ParquetErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("FILE_TOO_LARGE", ErrorKind.Invalid, "A part of the file asks for more memory than any real one needs.", "Write the file again with smaller row groups and pages."),
    ];
}
