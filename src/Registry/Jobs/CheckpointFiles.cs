using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Http;
using Temper.Registry.Work;

namespace Temper.Registry.Jobs;

/// <summary>Checkpoints of jobs as models: an adapter's can answer while its job still runs. They are the trainer's files, where it wrote them.</summary>
internal sealed class CheckpointFiles(WorkTable work, IBlobStore blobs, TimeProvider clock)
{
    private const string Seal = "_complete.json";
    private const int LongestSeal = 1 << 20;
    private static readonly string[] Served = ["adapter_config.json", "adapter_model.safetensors"];

    /// <summary>Everything that the attempts of a job wrote.</summary>
    public async Task<IReadOnlyList<BlobKey>> KeysAsync(WorkId job, CancellationToken ct)
    {
        var keys = new List<BlobKey>();
        await foreach (var blob in blobs.ListAsync(BlobLayout.Runs(job), ct))
            keys.Add(blob.Key);
        return keys;
    }

    /// <summary>Steps of the checkpoints that are whole and still kept, and where they lie; of one step that several attempts wrote, the newest.</summary>
    public async Task<SortedDictionary<int, string>> ListAsync(WorkId job, CancellationToken ct) => Of(await KeysAsync(job, ct));

    /// <summary>The checkpoints among what a job wrote, as <see cref="ListAsync"/> gives them.</summary>
    public static SortedDictionary<int, string> Of(IEnumerable<BlobKey> keys)
    {
        var found = new SortedDictionary<int, string>();
        foreach (var key in keys.Select(key => key.ToString()))
            if (key.Split('/') is [.., var folder, Seal] && folder.StartsWith("step-", StringComparison.Ordinal)
                && int.TryParse(folder.AsSpan(5), NumberStyles.None, CultureInfo.InvariantCulture, out var step)
                && (!found.TryGetValue(step, out var other) || string.CompareOrdinal(other, key) < 0))
                found[step] = key;
        foreach (var step in found.Keys.ToList())
            found[step] = found[step][..^(Seal.Length + 1)];
        return found;
    }

    /// <summary>Whether the checkpoint that lies there can be talked to: that of an adapter.</summary>
    public async Task<bool> AnswersAsync(string prefix, CancellationToken ct)
    {
        try
        {
            return (await ServedAsync(prefix, ct)).Count == Served.Length;
        }
        catch (TemperException)
        {
            return false; // Removed just now, or damaged.
        }
    }

    /// <summary>The checkpoint as a version that has no number.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>not_supported_yet</c> (of full fine-tuning).</exception>
    public async Task<ModelVersionInfo> ResolveAsync(Reference.Checkpoint checkpoint, CancellationToken ct)
    {
        var row = await work.FindAsync(checkpoint.Job, ct) is { Kind: WorkKind.Train, WaitsFor: null } found ? found : throw new TemperException("not_found", $"There is no job {checkpoint.Job} that has trained.");
        var payload = Schema.Column.Read<TrainPayload>(row.Payload)!;
        var (prefix, _) = await FindAsync(checkpoint, ct);
        var files = await ServedAsync(prefix, ct);
        if (files.Count != Served.Length)
            throw new TemperException("not_supported_yet", $"{checkpoint} is a checkpoint of full fine-tuning; only those of adapters answer before their job ends.", "Wait for the job's end and name its model.");
        var digest = ModelDigest.Of(files);
        var pin = new ModelPin(payload.Output, 0, digest, digest, files, payload.Base) { Checkpoint = new(checkpoint.Job, checkpoint.Step) };
        return new(pin, null, [], null, [], row.Traceparent, row.StartedMs ?? clock.GetUtcNow().ToUnixTimeMilliseconds());
    }

    /// <summary>Sends a file of a checkpoint, whole or a range.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task SendAsync(HttpContext http, Reference.Checkpoint checkpoint, string path)
    {
        var (prefix, _) = await FindAsync(checkpoint, http.RequestAborted);
        var file = (await FilesAsync(prefix, http.RequestAborted)).FirstOrDefault(file => file.Path == path && Served.Contains(path))
            ?? throw new TemperException("not_found", $"{checkpoint} has no file '{path}' for others.");
        // A checkpoint may be removed when newer ones are safe, so nobody may keep it for ever.
        await VersionFile.SendAsync(http, file, (offset, length) => blobs.OpenAsync(BlobKey.Parse($"{prefix}/{path}"), offset, length, null, http.RequestAborted), isForever: false);
    }

    private async Task<(string Prefix, int Step)> FindAsync(Reference.Checkpoint checkpoint, CancellationToken ct)
    {
        var all = await ListAsync(checkpoint.Job, ct);
        return all.TryGetValue(checkpoint.Step, out var prefix) ? (prefix, checkpoint.Step)
            : throw new TemperException("not_found", $"There is no checkpoint {checkpoint}.", all.Count == 0 ? "The job has none yet." : $"The job keeps those of the steps {string.Join(", ", all.Keys)}.");
    }

    private async Task<List<FileEntry>> ServedAsync(string prefix, CancellationToken ct) =>
        [.. (await FilesAsync(prefix, ct)).Where(file => Served.Contains(file.Path)).OrderBy(file => file.Path, StringComparer.Ordinal)];

    private async Task<IReadOnlyList<FileEntry>> FilesAsync(string prefix, CancellationToken ct)
    {
        await using var stream = await blobs.OpenAsync(BlobKey.Parse($"{prefix}/{Seal}"), 0, LongestSeal, null, ct);
        try
        {
            return (await JsonSerializer.DeserializeAsync<SealFile>(stream, Wire.Json, ct))?.Files ?? [];
        }
        catch (JsonException e)
        {
            throw new TemperException("checkpoint_corrupt", $"The seal of {prefix} cannot be read: {e.Message}", inner: e);
        }
    }

    private sealed record SealFile(int Format, IReadOnlyList<FileEntry>? Files);
}
