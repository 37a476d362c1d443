using Temper.Cli.Output;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;

namespace Temper.Cli.Transfer;

/// <summary>Sends a file or a folder; called again after any interruption it continues with what the server has not got yet.</summary>
internal sealed class Uploader(RegistryClient registry, Terminal terminal)
{
    /// <summary>Sends everything at <paramref name="path"/>, but for what <paramref name="leaveOut"/> gives a reason to leave out, and completes the upload.</summary>
    /// <exception cref="TemperException">Those of <see cref="UploadSelection.Of"/>, and what the server refuses.</exception>
    public Task<UploadReceipt> SendAsync(UploadKind kind, ResourceName name, string path, CancellationToken ct, Func<string, string?>? leaveOut = null) =>
        SendAsync(kind, name, UploadSelection.Of(path, terminal, leaveOut).Files, ct);

    /// <summary>Sends files and completes the upload.</summary>
    /// <exception cref="TemperException">What the server refuses.</exception>
    public async Task<UploadReceipt> SendAsync(UploadKind kind, ResourceName name, IReadOnlyList<(string Relative, FileInfo Info)> files, CancellationToken ct)
    {
        using var span = VerbSpan.Begin("upload");
        var total = files.Sum(file => file.Info.Length);
        using var progress = terminal.Progress("upload");
        var entries = new List<FileEntry>();
        foreach (var (relative, info) in files)
        {
            progress.Show(0, $"hashing {relative}");
            await using var content = info.OpenRead();
            entries.Add(new(relative, info.Length, await Digest.OfAsync(content, ct)));
        }
        var session = await registry.Uploads.OpenAsync(new(kind, name, entries), ct);
        var done = session.Files.Sum(file => file.Received);
        if (done > 0 && !session.Completed)
            terminal.Note($"continuing an upload: {Format.Bytes(done)} of {Format.Bytes(total)} are there");
        for (var i = 0; i < session.Files.Count; i++)
        {
            await using var content = files[i].Info.OpenRead();
            await foreach (var sent in registry.Uploads.SendRestAsync(session, i, content, ct))
                progress.Show(total == 0 ? 1 : (double)(done += sent) / total, $"{Format.Bytes(done)} of {Format.Bytes(total)}");
        }
        progress.Show(1, $"{Format.Bytes(total)} in {Format.Count(files.Count, "file")}");
        return await registry.Uploads.CompleteAsync(session.Id, ct);
    }
}
