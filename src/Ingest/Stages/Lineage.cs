using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// <c>lineage.json</c>: what a version comes from. The version's key does not hold it, so that the same upload is the same version whatever came between;
/// the first who seals writes it, and everyone else goes on with what it says.
/// </summary>
/// <param name="Format">1.</param>
/// <param name="Parent">Newest sealed version of the dataset when this one was first sealed; of requeued lines the version that they were set aside from.</param>
/// <param name="Requeued">Whether the parent's accepted records are part of this version.</param>
/// <param name="Against">Versions that were compared with: whose records must not be trained on, or are dropped.</param>
/// <param name="Embedding">Digest of the model that embedded, in hex.</param>
/// <param name="Preview">Digest of the model whose tokens are counted, in hex.</param>
internal sealed record Lineage(int Format, DatasetPin? Parent, bool Requeued, IReadOnlyList<DatasetPin> Against, string? Embedding, string? Preview)
{
    /// <summary>The stored lineage, or a new one that is stored now.</summary>
    public static async Task<(Lineage Lineage, FileEntry File)> FixAsync(IBlobStore blobs, IngestPlan plan, IngestReferences references, CancellationToken ct)
    {
        var key = BlobLayout.Dataset(plan.Dataset, plan.Keys.Version, DatasetManifest.LineageName);
        if (await blobs.FindAsync(key, ct).ConfigureAwait(false) is null)
        {
            var parent = plan.Requeued ?? await references.LatestAsync(plan.Dataset, ct).ConfigureAwait(false);
            var made = new Lineage(1, parent?.VersionKey == plan.Keys.Version ? null : parent, plan.Requeued is not null, [.. plan.Against, .. plan.DedupAgainst], plan.Embedding?.Digest.Hex, plan.Preview?.Digest.Hex);
            using var bytes = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(made, Wire.Json));
            await blobs.CreateAsync(key, bytes, ct).ConfigureAwait(false);
            DurableSteps.Passed("ingest.lineage_written");
        }
        await using var stream = await blobs.OpenAsync(key, 0, null, null, ct).ConfigureAwait(false);
        using var stored = new MemoryStream();
        await stream.CopyToAsync(stored, ct).ConfigureAwait(false);
        var entry = new FileEntry(DatasetManifest.LineageName, stored.Length, Core.Ids.Digest.Of(stored.GetBuffer().AsSpan(0, (int)stored.Length)));
        return (JsonSerializer.Deserialize<Lineage>(stored.GetBuffer().AsSpan(0, (int)stored.Length), Wire.Json)!, entry);
    }
}
