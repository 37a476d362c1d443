using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Repositories;
using Temper.Versioning.Safety;

namespace Temper.Versioning.WorkTrees;

/// <summary>Reads files of the work tree into a batch.</summary>
internal sealed class FileIntake(Repository repository, FileCheck check, FormatPolicy policy, IObjectBatch batch, long clock)
{
    private const int Tries = 3, Small = 64 << 10;
    private byte[] _buffer = [];

    /// <summary>What may not be kept, one problem a file. Nothing of such a file is stored.</summary>
    public List<Problem> Refused { get; } = [];

    /// <summary>What looks like a secret, by path.</summary>
    public List<KeyValuePair<string, SecretFinding>> Secrets { get; } = [];

    /// <summary>The entry of a file as it is now; null when it is gone.</summary>
    /// <exception cref="TemperException">Code <c>worktree_changed</c>: the file kept changing while it was read.</exception>
    public async Task<IndexEntry?> ReadAsync(SafePath path, IndexItem? before, CancellationToken ct)
    {
        var full = Path.Combine(repository.WorkFolder, path.ToString());
        for (var attempt = 0; attempt < Tries; attempt++)
        {
            if (ScannedFolder.StatPath(full) is not { Kind: NameKind.File or NameKind.Link } facts)
                return null;
            StoredFile? stored;
            try
            {
                stored = facts.Kind == NameKind.Link ? await LinkAsync(full, ct) : await FileAsync(full, path, facts.Size, before, ct);
            }
            catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
            {
                return null;
            }
            catch (UnauthorizedAccessException error)
            {
                throw new TemperException("permission_denied", $"'{path}' cannot be read: {error.Message}", inner: error);
            }
            if (stored is not null && ScannedFolder.StatPath(full) == facts && (facts.Kind == NameKind.Link || stored.Size == facts.Size))
                return new(path, 0, check.ModeOf(facts, before), stored.Id, stored.Size, facts.Stamp.UnlessRacy(clock));
        }
        throw new TemperException("worktree_changed", $"'{path}' kept changing while it was read.", "Add it when whoever writes it is done.");
    }

    private async Task<StoredFile> FileAsync(string full, SafePath path, long size, IndexItem? before, CancellationToken ct)
    {
        var hint = new FileHint(Path.GetFileName(full), before is { Stage: 0, Mode: not EntryMode.Link } old ? old.Id : null);
        if (size > Small)
        {
            await using var stream = new FileStream(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 0, FileOptions.SequentialScan);
            if (!await IsTakenAsync(path, stream, ct))
                return new(Digest.Of([]), size);
            return await batch.AddFileAsync(stream, hint, ct);
        }
        if (_buffer.Length == 0)
            _buffer = new byte[Small + 1];
        using var file = File.OpenHandle(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var count = RandomAccess.Read(file, _buffer.AsSpan(0, (int)size + 1), 0);
        using var small = new MemoryStream(_buffer, 0, count, writable: false);
        return await IsTakenAsync(path, small, ct) ? await batch.AddFileAsync(small, hint, ct) : new(Digest.Of([]), size);
    }

    private async Task<bool> IsTakenAsync(SafePath path, Stream content, CancellationToken ct)
    {
        var verdict = await policy.CheckAsync(path.ToString(), content, ct);
        Secrets.AddRange(verdict.Secrets.Select(secret => KeyValuePair.Create(path.ToString(), secret)));
        if (verdict.ProblemOf(path.ToString()) is not { } problem)
            return true;
        // All of them are told at once, before anything is stored: what stands for the file until then does not matter.
        Refused.Add(problem);
        return false;
    }

    private async Task<StoredFile?> LinkAsync(string full, CancellationToken ct) => new FileInfo(full).LinkTarget is { } target
        ? await batch.AddFileAsync(new MemoryStream(Encoding.UTF8.GetBytes(target)), new(), ct)
        : null;
}
