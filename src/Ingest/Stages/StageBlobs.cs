using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// What one stage leaves for the next, under <c>cache/ingest/{key}/</c>. A document is committed with one create-only put: the first writer wins,
/// and everyone goes on with the winner's.
/// </summary>
internal sealed class StageBlobs(IBlobStore blobs, Digest key)
{
    /// <summary>Prefix of all of a stage's blobs.</summary>
    public string Prefix => BlobLayout.Cache("ingest", key.Hex).ToString() + "/";

    /// <summary>A committed document, or null.</summary>
    public async Task<T?> FindAsync<T>(string name, CancellationToken ct) where T : class
    {
        if (await blobs.FindAsync(Key(name), ct).ConfigureAwait(false) is null)
            return null;
        await using var stream = await blobs.OpenAsync(Key(name), 0, null, null, ct).ConfigureAwait(false);
        return await JsonSerializer.DeserializeAsync<T>(stream, Wire.Json, ct).ConfigureAwait(false);
    }

    /// <summary>Commits a document and returns the one that is stored, which may be another worker's.</summary>
    public async Task<T> CommitAsync<T>(string name, T document, string step, CancellationToken ct) where T : class
    {
        using var bytes = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(document, Wire.Json));
        if (await blobs.CreateAsync(Key(name), bytes, ct).ConfigureAwait(false) is not null)
        {
            DurableSteps.Passed(step);
            return document;
        }
        IngestTelemetry.Conflicts.Add(1);
        return await FindAsync<T>(name, ct).ConfigureAwait(false) ?? throw new TemperException("blob_missing", $"{Key(name)} vanished while it was read.");
    }

    /// <summary>Stores bulk data under a name that holds its digest, so that equal data meet and different data never do.</summary>
    public async Task<StageData> PutAsync(string name, ByteBuffer bytes, CancellationToken ct)
    {
        var data = new StageData($"{name}-{Digest.Of(bytes.Written).Hex[..16]}", bytes.Length);
        using var stream = bytes.AsStream();
        await blobs.CreateAsync(Key(data.Name), stream, ct).ConfigureAwait(false);
        return data;
    }

    /// <summary>Opens bulk data.</summary>
    public Task<Stream> OpenAsync(StageData data, CancellationToken ct) => blobs.OpenAsync(Key(data.Name), 0, null, null, ct);

    /// <summary>Opens a part of bulk data.</summary>
    public Task<Stream> OpenAsync(StageData data, long offset, long length, CancellationToken ct) => blobs.OpenAsync(Key(data.Name), offset, length, null, ct);

    /// <summary>Says that the entry is in use today, which keeps <see cref="StageSweep"/> away from it. One empty blob a day.</summary>
    public Task MarkUsedAsync(TimeProvider clock, CancellationToken ct) =>
        blobs.CreateAsync(Key(StageSweep.UsedOn(clock.GetUtcNow())), Stream.Null, ct);

    /// <summary>Removes one document, so that the next attempt makes it again.</summary>
    public Task ForgetAsync(string name, CancellationToken ct) => blobs.DeleteAsync(Key(name), null, ct);

    /// <summary>How many blobs have a name that begins so.</summary>
    public async Task<int> CountAsync(string begin, CancellationToken ct)
    {
        var count = 0;
        await foreach (var _ in blobs.ListAsync(Prefix + begin, ct).ConfigureAwait(false))
            count++;
        return count;
    }

    /// <summary>Removes all of it whose name begins so.</summary>
    public async Task SweepAsync(string begin, CancellationToken ct)
    {
        var keys = new List<BlobKey>();
        await foreach (var blob in blobs.ListAsync(Prefix + begin, ct).ConfigureAwait(false))
            keys.Add(blob.Key);
        foreach (var stored in keys)
            await blobs.DeleteAsync(stored, null, ct).ConfigureAwait(false);
    }

    private BlobKey Key(string name) => BlobLayout.Cache("ingest", $"{key.Hex}/{name}");
}

/// <summary>Bulk data of a stage.</summary>
/// <param name="Name">Under the stage's prefix.</param>
/// <param name="Size">Bytes.</param>
internal sealed record StageData(string Name, long Size);
