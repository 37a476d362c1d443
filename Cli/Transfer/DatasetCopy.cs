using Temper.Cli.Output;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Cli.Transfer;

/// <summary>Copies of dataset versions and of cached vectors on this machine, in a blob store of their own. What is here is not fetched again.</summary>
internal sealed class DatasetCopy(RegistryClient registry, IBlobStore here, Terminal terminal)
{
    /// <summary>Brings the sealed records and the manifest of a version. Whoever reads them verifies them.</summary>
    public async Task FetchAsync(DatasetPin pin, CancellationToken ct)
    {
        var version = await registry.Datasets.FindAsync(pin.Name, pin.Version, ct) ?? throw new TemperException("not_found", $"There is no dataset {pin.Name}:{pin.Version}.");
        var files = version.Files.Where(f => f.Path == Core.Datasets.DatasetManifest.FileName || f.Path.StartsWith("records-", StringComparison.Ordinal) || f.Path.StartsWith("eval-", StringComparison.Ordinal)).ToList();
        var missing = new List<Core.Datasets.FileEntry>();
        foreach (var file in files)
        {
            if (await here.FindAsync(Key(pin, file.Path), ct) is not { } kept || kept.Size != file.Size)
                missing.Add(file);
        }
        if (missing.Count == 0)
            return;
        using var line = terminal.Progress("download");
        long done = 0, all = missing.Sum(f => f.Size);
        foreach (var file in missing)
        {
            line.Show((double)done / Math.Max(1, all), $"{file.Path}, {Format.Bytes(done)} of {Format.Bytes(all)}");
            await here.DeleteAsync(Key(pin, file.Path), null, ct);
            await using var stream = await registry.Datasets.OpenFileAsync(pin.Name, pin.Version, file.Path, ct);
            await here.CreateAsync(Key(pin, file.Path), stream, ct);
            done += file.Size;
        }
        line.Show(1, $"{Format.Bytes(all)} in {Format.Count(missing.Count, "file")}");
    }

    /// <summary>Removes a version's copy, so that it is fetched anew.</summary>
    public async Task DropAsync(DatasetPin pin, CancellationToken ct)
    {
        var keys = new List<BlobKey>();
        await foreach (var blob in here.ListAsync($"datasets/{pin.Name}/{pin.VersionKey}/", ct))
            keys.Add(blob.Key);
        foreach (var key in keys)
            await here.DeleteAsync(key, null, ct);
    }

    /// <summary>Brings the vectors of a space that the server has and this machine has not.</summary>
    public async Task FetchVectorsAsync(Digest space, CancellationToken ct)
    {
        foreach (var shard in await registry.Datasets.EmbeddingShardsAsync(space, ct))
        {
            var key = BlobLayout.Cache("embeddings", $"{space.Hex}/{shard.Name}");
            if (await here.FindAsync(key, ct) is not null)
                continue;
            await using var stream = await registry.Datasets.OpenEmbeddingShardAsync(space, shard.Name, ct);
            await here.CreateAsync(key, stream, ct);
        }
    }

    private static BlobKey Key(DatasetPin pin, string path) => BlobLayout.Dataset(pin.Name, pin.VersionKey, path);
}
