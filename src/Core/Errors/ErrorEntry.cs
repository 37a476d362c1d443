namespace Temper.Core.Errors;

/// <summary>One line of the catalogue behind <c>temper explain CODE</c>.</summary>
/// <param name="Code">Stable, lower or upper snake case; what programs compare.</param>
/// <param name="Kind">What it means to the caller.</param>
/// <param name="Meaning">One sentence: what happened.</param>
/// <param name="Remedy">One sentence: what to do.</param>
public sealed record ErrorEntry(string Code, ErrorKind Kind, string Meaning, string Remedy);
