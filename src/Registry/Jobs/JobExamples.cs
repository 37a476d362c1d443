using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Registry.Jobs;

/// <summary>A stretch of an example's text.</summary>
/// <param name="Text">As the tokens say it.</param>
/// <param name="Learnt">Whether training learns it.</param>
public sealed record SeenPiece(string Text, bool Learnt);

/// <summary>An example as the model reads it.</summary>
/// <param name="File">Where its record came from; null when nobody knows.</param>
/// <param name="Line">1 and up.</param>
/// <param name="Tokens">How many.</param>
/// <param name="Supervised">Of them, labels.</param>
/// <param name="Pieces">Its text.</param>
public sealed record SeenExample(string? File, long Line, int Tokens, int Supervised, IReadOnlyList<SeenPiece> Pieces);

/// <summary>The few examples that an attempt of a job wrote down before its first step.</summary>
internal sealed class JobExamples(IBlobStore blobs)
{
    private const int Largest = 1 << 20;

    /// <summary>Of the newest attempt that wrote any; empty when there are none, or none that can be read.</summary>
    /// <param name="keys">Everything that the attempts wrote, in order.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<IReadOnlyList<SeenExample>> ReadAsync(IReadOnlyList<BlobKey> keys, CancellationToken ct)
    {
        var files = keys.Where(key => key.ToString().EndsWith("/" + BlobLayout.ExamplesFile, StringComparison.Ordinal)).ToList();
        if (files.Count == 0)
            return [];
        try
        {
            await using var stream = await blobs.OpenAsync(files[^1], 0, Largest, null, ct);
            return await JsonSerializer.DeserializeAsync<IReadOnlyList<SeenExample>>(stream, Wire.Json, ct) ?? [];
        }
        catch (Exception e) when (e is JsonException or TemperException { Code: "blob_missing" })
        {
            return [];
        }
    }
}
