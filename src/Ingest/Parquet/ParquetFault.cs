using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>The errors of a Parquet file: each belongs to the whole file, because a footer at its end describes every byte.</summary>
internal static class ParquetFault
{
    public static TemperException Corrupt(string message) => new("FILE_CORRUPT", message, "Write the file again; a Parquet file is not read in part.");

    public static TemperException Truncated(string message) => new("FILE_TRUNCATED", message, "Upload it again whole.");

    public static TemperException TooLarge(string message) => new("FILE_TOO_LARGE", message, "Write it again with smaller row groups and pages.");

    public static TemperException Unsupported(string message, string hint) => new("FILE_UNSUPPORTED", message, hint);
}
