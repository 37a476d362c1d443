using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>A download that arrived whole, in a temporary file that goes with it.</summary>
/// <param name="Content">From its beginning.</param>
/// <param name="Sha256">Of the content.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Extension">By its first bytes: <c>png</c>, <c>jpg</c>, …</param>
public sealed record FetchedFile(Stream Content, Digest Sha256, long Size, string Extension) : IAsyncDisposable
{
    /// <inheritdoc/>
    public ValueTask DisposeAsync() => Content.DisposeAsync();
}

/// <summary>Why something was not downloaded.</summary>
/// <param name="Code">A code <c>FETCH_…</c>.</param>
/// <param name="Reason">One sentence.</param>
/// <param name="Status">The server's status, when it answered.</param>
/// <param name="MayPass">Whether it may be otherwise in a while.</param>
/// <param name="RetryAfter">How long the server asks to wait; null when it does not say.</param>
public sealed record FetchRefusal(string Code, string Reason, int? Status = null, bool MayPass = false, TimeSpan? RetryAfter = null)
{
    /// <summary>As a problem to show.</summary>
    public Problem ToProblem() => new(Code, Reason) { Hint = ErrorCatalogue.Find(Code)?.Remedy };
}

/// <summary>One of both.</summary>
/// <param name="File">What arrived; null when nothing did.</param>
/// <param name="Refusal">Why nothing arrived; null when something did.</param>
public sealed record FetchResult(FetchedFile? File, FetchRefusal? Refusal);
