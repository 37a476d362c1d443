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
            await foreach (var sent in SendFileAsync(session, i, files[i].Info, ct))
                progress.Show(total == 0 ? 1 : (double)(done += sent) / total, $"{Format.Bytes(done)} of {Format.Bytes(total)}");
        progress.Show(1, $"{Format.Bytes(total)} in {Format.Count(files.Count, "file")}");
        return await registry.Uploads.CompleteAsync(session.Id, ct);
    }

    private async IAsyncEnumerable<long> SendFileAsync(UploadSession session, int index, FileInfo info, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken ct)
    {
        var offset = session.Files[index].Received;
        await using var content = info.OpenRead();
        content.Position = offset;
        var piece = new byte[(int)Math.Min(session.PartSize, Math.Max(1, info.Length))];
        while (offset < session.Files[index].Size)
        {
            var read = await content.ReadAtLeastAsync(piece, (int)Math.Min(piece.Length, session.Files[index].Size - offset), throwOnEndOfStream: false, ct);
            if (read == 0)
                throw new TemperException("UPLOAD_HASH_MISMATCH", $"{info.FullName} became shorter while it was sent.", "Send it again.");
            var state = await registry.Uploads.SendAsync(session.Id, index, offset, piece.AsMemory(0, read), ct);
            yield return state.Received - offset;
            offset = state.Received;
        }
    }
}
