using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>Sends a dataset's files from its backend to the server and waits for ingestion. Called again after an interruption, it continues where the server stands.</summary>
internal sealed class DatasetUpload(RegistryClient registry, TimeProvider clock)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(250);

    /// <summary>The newest version, if it is sealed and of exactly these files.</summary>
    public async Task<DatasetVersionInfo?> FindSameAsync(ResourceName name, ListedDataset listed, CancellationToken ct)
    {
        var newest = (await registry.Datasets.VersionsAsync(name, null, ct).ConfigureAwait(false))?.Items is { Count: > 0 } versions ? versions[0] : null;
        if (newest is not { Sealed: true })
            return null;
        await using var stream = await registry.Datasets.OpenFileAsync(name, newest.Version, DatasetManifest.FileName, ct).ConfigureAwait(false);
        var manifest = await JsonSerializer.DeserializeAsync<DatasetManifest>(stream, Wire.Json, ct).ConfigureAwait(false);
        return manifest is not null && ListedDataset.Content(manifest.Sources).SequenceEqual(ListedDataset.Content(listed.Entries)) ? newest : null;
    }

    /// <summary>The row that ingested the files, in its final state, and the bytes that were sent.</summary>
    /// <exception cref="TemperException">Codes <c>SRC_CHANGED</c>, and what the server refuses.</exception>
    public async Task<(JobInfo Job, long Sent)> RunAsync(ResourceName name, IDataBackend backend, ListedDataset listed, IProgress<BuildProgress> progress, CancellationToken ct)
    {
        var session = await registry.Uploads.OpenAsync(new(UploadKind.Dataset, name, listed.Entries), ct).ConfigureAwait(false);
        var (held, sent, total) = (session.Files.Sum(f => f.Received), 0L, Math.Max(1, listed.Bytes));
        var piece = new byte[session.PartSize];
        for (var i = 0; i < session.Files.Count; i++)
        {
            var (entry, offset) = (listed.Entries[i], session.Files[i].Received);
            if (offset >= entry.Size)
                continue;
            await using var content = await DatasetCopy.OpenAsync(backend, listed, entry, offset, ct).ConfigureAwait(false);
            while (offset < entry.Size)
            {
                var read = await content.ReadAtLeastAsync(piece, (int)Math.Min(piece.Length, entry.Size - offset), throwOnEndOfStream: false, ct).ConfigureAwait(false);
                if (read == 0)
                    throw new TemperException("SRC_CHANGED", $"{entry.Path} became shorter while it was sent.", "Build again.");
                offset = (await registry.Uploads.SendAsync(session.Id, i, offset, piece.AsMemory(0, (int)Math.Min(read, entry.Size - offset)), ct).ConfigureAwait(false)).Received;
                sent += read;
                progress.Report(new(name.ToString(), "sending", Math.Min(0.999, (double)(held + sent) / total), entry.Path));
            }
        }
        var receipt = await registry.Uploads.CompleteAsync(session.Id, ct).ConfigureAwait(false);
        return (await WaitAsync(name, receipt.Work ?? throw new InvalidOperationException("A dataset upload has work."), progress, ct).ConfigureAwait(false), sent);
    }

    private async Task<JobInfo> WaitAsync(ResourceName name, WorkId work, IProgress<BuildProgress> progress, CancellationToken ct)
    {
        while (true)
        {
            var job = await registry.Jobs.FindAsync(work, ct).ConfigureAwait(false) ?? throw new TemperException("not_found", $"There is no job {work}.");
            if (job.State is WorkState.Completed or WorkState.Failed or WorkState.Cancelled)
                return job;
            progress.Report(new(name.ToString(), "ingesting", job.Progress, job.State == WorkState.Queued ? "queued" : job.Phase));
            await Task.Delay(Pause, clock, ct).ConfigureAwait(false);
        }
    }
}
