using System.Buffers;
using System.Security.Cryptography;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Registry;

/// <summary>
/// Local copies of model versions: <c>{root}/{model digest}/</c> holds exactly the version's files, each verified by SHA-256 while it arrived.
/// A folder appears whole (rename) or not at all; several processes may fill one root.
/// </summary>
public sealed class ModelFolderCache(RegistryClient registry, string root, TimeProvider clock)
{
    /// <summary>Folder with the files of <paramref name="model"/> (not of its base), downloaded where it is not there yet.</summary>
    /// <exception cref="TemperException">Code <c>object_corrupt</c> when the bytes are not those that the version names.</exception>
    public async Task<string> GetAsync(ModelPin model, CancellationToken ct)
    {
        var folder = Path.Combine(root, model.Digest.Hex);
        if (Directory.Exists(folder))
            return folder;
        var arriving = Path.Combine(root, $"arriving-{Ulid.New(clock)}");
        Directory.CreateDirectory(arriving);
        try
        {
            foreach (var file in model.Files)
                await DownloadAsync(model, file, arriving, ct).ConfigureAwait(false);
            Directory.Move(arriving, folder);
        }
        catch (IOException) when (Directory.Exists(folder))
        {
            // Another process was first, with the same bytes.
        }
        finally
        {
            if (Directory.Exists(arriving))
                Directory.Delete(arriving, recursive: true);
        }
        return folder;
    }

    private async Task DownloadAsync(ModelPin model, FileEntry file, string folder, CancellationToken ct)
    {
        if (file.Path.Split('/').Any(part => part is "" or "." or "..") || file.Path.Contains('\\', StringComparison.Ordinal) || Path.IsPathRooted(file.Path))
            throw new TemperException("object_corrupt", $"{model.Name}:{model.Version} names a file '{file.Path}' that would lie outside its folder.");
        var target = Path.Combine(folder, file.Path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        await using var source = await registry.Models.OpenFileAsync(model.Name, model.Version, file.Path, 0, ct).ConfigureAwait(false);
        await using var copy = new FileStream(target, FileMode.CreateNew, FileAccess.Write);
        var digest = await CopyAsync(source, copy, ct).ConfigureAwait(false);
        if (digest != file.Sha256)
            throw new TemperException("object_corrupt", $"{file.Path} of {model.Name}:{model.Version} arrived with digest {digest.Short}, expected {file.Sha256.Short}.");
    }

    private static async Task<Digest> CopyAsync(Stream source, FileStream target, CancellationToken ct)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 18);
        int read;
        while ((read = await source.ReadAsync(buffer, ct).ConfigureAwait(false)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            await target.WriteAsync(buffer.AsMemory(0, read), ct).ConfigureAwait(false);
        }
        ArrayPool<byte>.Shared.Return(buffer);
        target.Flush(flushToDisk: true);
        return Digest.FromHash(hash.GetHashAndReset());
    }
}
