using System.Buffers;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>
/// Local copies of model versions: <c>{root}/{model digest}/</c> holds exactly the version's files, each verified by SHA-256 while it arrived.
/// A folder appears whole (rename) or not at all; several processes may fill one root. A copy that lay there already is verified when a process
/// first asks for it, and fetched anew where it is damaged.
/// </summary>
public sealed class ModelFolderCache(RegistryClient registry, string root, TimeProvider clock)
{
    private const string Arriving = "arriving-";
    private const int Tries = 3;
    private static readonly TimeSpan Abandoned = TimeSpan.FromDays(2);
    private readonly ConcurrentDictionary<string, bool> _verified = new(StringComparer.Ordinal);

    /// <summary>Folder with the files of <paramref name="model"/> (not of its base), downloaded where it is not there yet.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c> when the bytes are not those that the version names.</exception>
    public async Task<string> GetAsync(ModelPin model, CancellationToken ct)
    {
        var folder = Path.Combine(root, model.Digest.Hex);
        if (Directory.Exists(folder) && (_verified.ContainsKey(folder) || await IsWholeAsync(model, folder, ct).ConfigureAwait(false)))
        {
            _verified[folder] = true;
            return folder;
        }
        SweepAbandoned();
        var arriving = Path.Combine(root, $"{Arriving}{Ulid.New(clock)}");
        Directory.CreateDirectory(arriving);
        try
        {
            foreach (var file in model.Files)
                await DownloadAsync(model, file, arriving, ct).ConfigureAwait(false);
            await ReplaceAsync(model, folder, arriving, ct).ConfigureAwait(false);
        }
        finally
        {
            if (Directory.Exists(arriving))
                Directory.Delete(arriving, recursive: true);
        }
        _verified[folder] = true;
        return folder;
    }

    private async Task ReplaceAsync(ModelPin model, string folder, string arriving, CancellationToken ct)
    {
        if (Directory.Exists(folder) && !await IsWholeAsync(model, folder, ct).ConfigureAwait(false))
        {
            // Aside first: whoever has the damaged files open keeps them, and nobody sees half a folder.
            var damaged = Path.Combine(root, $"{Arriving}{Ulid.New(clock)}");
            Directory.Move(folder, damaged);
            Directory.Delete(damaged, recursive: true);
        }
        try
        {
            Directory.Move(arriving, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process was first, with the same bytes.
        }
    }

    /// <summary>Removes what killed processes had begun to fetch.</summary>
    private void SweepAbandoned()
    {
        if (!Directory.Exists(root))
            return;
        foreach (var left in new DirectoryInfo(root).EnumerateDirectories(Arriving + "*").Where(d => clock.GetUtcNow() - d.LastWriteTimeUtc > Abandoned))
            left.Delete(recursive: true);
    }

    private static async Task<bool> IsWholeAsync(ModelPin model, string folder, CancellationToken ct)
    {
        foreach (var file in model.Files)
        {
            var info = new FileInfo(Path.Combine(folder, file.Path));
            if (!info.Exists || info.Length != file.Size)
                return false;
            await using var bytes = new FileStream(info.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 18, FileOptions.SequentialScan | FileOptions.Asynchronous);
            if (await Digest.OfAsync(bytes, ct).ConfigureAwait(false) != file.Sha256)
                return false;
        }
        return true;
    }

    private async Task DownloadAsync(ModelPin model, FileEntry file, string folder, CancellationToken ct)
    {
        if (file.Path.Split('/').Any(part => part is "" or "." or "..") || file.Path.Contains('\\', StringComparison.Ordinal) || Path.IsPathRooted(file.Path))
            throw new TemperException("object_corrupt", $"{model.Name}:{model.Version} names a file '{file.Path}' that would lie outside its folder.");
        var target = Path.Combine(folder, file.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await using var copy = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
        var digest = await CopyAsync(model, file, copy, ct).ConfigureAwait(false);
        if (digest != file.Sha256)
            throw new TemperException("object_corrupt", $"{file.Path} of {model.Name}:{model.Version} arrived with digest {digest.Short}, expected {file.Sha256.Short}.");
    }

    /// <summary>A connection that breaks is taken up where it broke; when the server itself broke off, its answer to that says why.</summary>
    private async Task<Digest> CopyAsync(ModelPin model, FileEntry file, FileStream target, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (var (left, begun) = (Tries, -1L); target.Length < file.Size || begun < 0;)
        {
            begun = target.Length;
            await using var source = await registry.Models.OpenFileAsync(model, file.Path, begun, ct).ConfigureAwait(false);
            if (await ReadAsync(source, hash, target, ct).ConfigureAwait(false) is not { } broken)
                break;
            left = target.Length > begun ? Tries : left - 1;
            if (left == 0)
                throw new TemperException("server_unreachable", $"The transfer of {file.Path} of {model.Name}:{model.Version} broke off {Tries} times at byte {begun}: {broken.Message}", inner: broken);
        }
        target.Flush(flushToDisk: true);
        return Digest.FromHash(hash.GetHashAndReset());
    }

    /// <summary>Copies to the end, or returns what broke the connection.</summary>
    private static async Task<Exception?> ReadAsync(Stream source, IncrementalHash hash, FileStream target, CancellationToken ct)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        try
        {
            while (true)
            {
                int read;
                try
                {
                    read = await source.ReadAsync(buffer, ct).ConfigureAwait(false);
                }
                catch (Exception e) when (e is IOException or HttpRequestException)
                {
                    return e;
                }
                if (read == 0)
                    return null;
                hash.AppendData(buffer, 0, read);
                await target.WriteAsync(buffer.AsMemory(0, read), ct).ConfigureAwait(false);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
