namespace Temper.Ingest;

/// <summary>One row of a CSV file.</summary>
/// <param name="Line">Physical line on which it begins, 1 and up.</param>
/// <param name="Offset">Of its first byte in the file.</param>
/// <param name="Fields">Its fields; empty where <paramref name="Fault"/> is given.</param>
/// <param name="Fault">Which rule of RFC 4180 it breaks; null for none.</param>
internal sealed record CsvRow(long Line, long Offset, IReadOnlyList<string> Fields, string? Fault);
