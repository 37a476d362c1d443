namespace Temper.Serving;

/// <summary>A chat request as it came over HTTP.</summary>
/// <param name="Request">What is asked.</param>
/// <param name="Stream">Whether the answer shall come in pieces.</param>
/// <param name="IncludeUsage">Whether the stream ends with usage.</param>
/// <param name="Unknown">Names of fields that were ignored.</param>
internal sealed record ChatCall(ChatRequest Request, bool Stream, bool IncludeUsage, IReadOnlyList<string> Unknown);
