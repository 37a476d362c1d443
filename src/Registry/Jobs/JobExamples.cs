using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Json;

namespace Temper.Registry.Jobs;

/// <summary>The few examples that an attempt of a job wrote down before its first step.</summary>
internal sealed class JobExamples(IBlobStore blobs)
{
    private const int Largest = 1 << 20;

    /// <summary>Of the newest attempt that wrote any; empty when there are none, or none that can be read.</summary>
    /// <param name="keys">Everything that the attempts wrote, in order.</param>
    /// <param name="ct">Ends the work.</param>
    public async Task<IReadOnlyList<ShownExample>> ReadAsync(IReadOnlyList<BlobKey> keys, CancellationToken ct)
    {
        var files = keys.Where(key => key.ToString().EndsWith("/" + BlobLayout.ExamplesFile, StringComparison.Ordinal)).ToList();
        if (files.Count == 0)
            return [];
        try
        {
            await using var stream = await blobs.OpenAsync(files[^1], 0, Largest, null, ct);
            return await JsonSerializer.DeserializeAsync<IReadOnlyList<ShownExample>>(stream, Wire.Json, ct) ?? [];
        }
        catch (Exception e) when (e is JsonException or TemperException { Code: "blob_missing" })
        {
            return [];
        }
    }
}
