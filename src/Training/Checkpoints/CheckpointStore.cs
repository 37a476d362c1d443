using System.Globalization;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;

namespace Temper.Training.Checkpoints;

/// <summary>
/// Checkpoints of one run: <c>{under}/step-N/…</c>, and <c>_complete.json</c> (sizes and SHA-256 of the others) last. One without it, or with a file
/// that differs from it, does not exist.
/// </summary>
/// <param name="blobs">Where they are kept; a folder store for use without a registry.</param>
/// <param name="under">Key prefix of those that this attempt writes, such as <c>runs/{job}/{fence}/checkpoints</c>.</param>
/// <param name="all">Key prefix of those that any attempt of the run wrote, such as <c>runs/{job}/</c>.</param>
/// <param name="scratch">Local folder for files on their way.</param>
public sealed class CheckpointStore(IBlobStore blobs, string under, string all, string scratch)
{
    internal const string Seal = "_complete.json";

    /// <summary>Key prefix of this attempt's checkpoints.</summary>
    public string Under => under;

    /// <summary>Local folder for files on their way.</summary>
    public string Scratch => scratch;

    /// <summary>Sealed checkpoints of all attempts, newest first. Their files are not verified here.</summary>
    public async Task<IReadOnlyList<StoredCheckpoint>> ListAsync(CancellationToken ct)
    {
        var found = new List<StoredCheckpoint>();
        await foreach (var blob in blobs.ListAsync(all, ct).ConfigureAwait(false))
            if (StepOf(blob.Key) is { } step)
                found.Add(new(step, blob.Key.ToString()[..^(Seal.Length + 1)]));
        return [.. found.OrderByDescending(c => c.Step).ThenByDescending(c => c.Prefix, StringComparer.Ordinal)];
    }

    /// <summary>Writes the files of a checkpoint, each durable before the next, and the seal last. An unsealed one of the same step is replaced.</summary>
    internal async Task WriteAsync(int step, IReadOnlyList<(string Name, Func<Stream> Open)> files, CancellationToken ct)
    {
        var prefix = FormattableString.Invariant($"{under}/step-{step}");
        await DeleteAsync(prefix, ct).ConfigureAwait(false);
        var entries = new List<FileEntry>();
        foreach (var (name, open) in files)
        {
            await using var content = open();
            var digest = await Digest.OfAsync(content, ct).ConfigureAwait(false);
            content.Position = 0;
            entries.Add(new(name, content.Length, digest));
            await CreateAsync(BlobKey.Parse($"{prefix}/{name}"), content, ct).ConfigureAwait(false);
            DurableSteps.Passed("train.checkpoint_file");
        }
        using var seal = new MemoryStream(JsonSerializer.SerializeToUtf8Bytes(new CheckpointSeal(1, entries), Wire.Json));
        await CreateAsync(BlobKey.Parse($"{prefix}/{Seal}"), seal, ct).ConfigureAwait(false);
        DurableSteps.Passed("train.checkpoint_done");
    }

    /// <summary>Copies a sealed checkpoint to <paramref name="folder"/>, every byte verified.</summary>
    /// <exception cref="TemperException"><c>checkpoint_corrupt</c>, naming the file.</exception>
    internal async Task ReadAsync(StoredCheckpoint checkpoint, string folder, CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in await SealOfAsync(checkpoint, ct).ConfigureAwait(false))
        {
            if (file.Path.AsSpan().IndexOfAny('/', '\\') >= 0 || file.Path is "" or "." or "..")
                throw Corrupt(checkpoint, $"it names a file '{file.Path}'");
            var path = Path.Combine(folder, file.Path);
            try
            {
                await using var source = await blobs.OpenAsync(BlobKey.Parse($"{checkpoint.Prefix}/{file.Path}"), 0, null, null, ct).ConfigureAwait(false);
                await using var target = new FileStream(path, FileMode.Create, FileAccess.ReadWrite);
                await source.CopyToAsync(target, ct).ConfigureAwait(false);
                target.Position = 0;
                if (target.Length != file.Size || await Digest.OfAsync(target, ct).ConfigureAwait(false) != file.Sha256)
                    throw Corrupt(checkpoint, $"{file.Path} is not the file that was written");
            }
            catch (TemperException e) when (e.Code == "blob_missing")
            {
                throw Corrupt(checkpoint, $"{file.Path} is missing");
            }
        }
    }

    /// <summary>Removes the oldest checkpoints of this attempt and of earlier ones, so that <paramref name="keep"/> stay, and besides them those of <paramref name="kept"/>.</summary>
    internal async Task PruneAsync(int keep, IReadOnlySet<int> kept, CancellationToken ct)
    {
        var own = (await ListAsync(ct).ConfigureAwait(false)).Where(c => string.CompareOrdinal(c.Prefix, under + "/~") <= 0);
        foreach (var old in own.Skip(keep).Where(c => !kept.Contains(c.Step)))
            await DeleteAsync(old.Prefix, ct).ConfigureAwait(false);
    }

    private async Task<IReadOnlyList<FileEntry>> SealOfAsync(StoredCheckpoint checkpoint, CancellationToken ct)
    {
        try
        {
            await using var stream = await blobs.OpenAsync(BlobKey.Parse($"{checkpoint.Prefix}/{Seal}"), 0, 1 << 20, null, ct).ConfigureAwait(false);
            var seal = await JsonSerializer.DeserializeAsync<CheckpointSeal>(stream, Wire.Strict, ct).ConfigureAwait(false);
            return seal is { Format: 1, Files: not null } ? seal.Files : throw Corrupt(checkpoint, $"{Seal} has another format");
        }
        catch (JsonException e)
        {
            throw Corrupt(checkpoint, $"{Seal} cannot be read: {e.Message}");
        }
        catch (TemperException e) when (e.Code == "blob_missing")
        {
            throw Corrupt(checkpoint, $"{Seal} is missing");
        }
    }

    /// <summary>The seal goes first: without it the rest is nothing.</summary>
    private async Task DeleteAsync(string prefix, CancellationToken ct)
    {
        await blobs.DeleteAsync(BlobKey.Parse($"{prefix}/{Seal}"), null, ct).ConfigureAwait(false);
        var rest = new List<BlobKey>();
        await foreach (var blob in blobs.ListAsync(prefix + "/", ct).ConfigureAwait(false))
            rest.Add(blob.Key);
        foreach (var key in rest)
            await blobs.DeleteAsync(key, null, ct).ConfigureAwait(false);
    }

    private async Task CreateAsync(BlobKey key, Stream content, CancellationToken ct)
    {
        if (await blobs.CreateAsync(key, content, ct).ConfigureAwait(false) is null)
            throw new TemperException("lease_lost", $"{key} was written by another process: this attempt is not the only one with its fence.");
    }

    private static int? StepOf(BlobKey key)
    {
        var parts = key.ToString().Split('/');
        return parts is [.., var folder, Seal] && folder.StartsWith("step-", StringComparison.Ordinal)
            && int.TryParse(folder.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var step) ? step : null;
    }

    private static TemperException Corrupt(StoredCheckpoint checkpoint, string why) => new("checkpoint_corrupt", $"The checkpoint {checkpoint.Prefix} cannot be used: {why}.");
}

/// <summary>A sealed checkpoint.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Prefix">Key prefix of its files, without the last slash.</param>
public sealed record StoredCheckpoint(int Step, string Prefix);
