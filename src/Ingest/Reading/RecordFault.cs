namespace Temper.Ingest;

/// <summary>Why one record cannot be accepted.</summary>
internal sealed record RecordFault(string Code, string Message, string? Pointer = null);

/// <summary>Why a file as a whole cannot be trusted.</summary>
/// <param name="Code">FILE_…</param>
/// <param name="Message">What was found, and where.</param>
/// <param name="Partial">Whether what was read before the fault may be accepted when the configuration says so.</param>
internal sealed record FileFault(string Code, string Message, bool Partial = false);
