using System.Security.Cryptography;
using System.Text;
using Temper.Core.Blobs;

namespace Temper.Storage.Folder;

/// <summary>
/// Mutual exclusion per key among all processes that share the folder, by locks of the operating system: the kernel frees them when their holder
/// dies, so none is ever stale. Keys share 256 lock files.
/// </summary>
internal sealed class FolderLocks(string folder)
{
    private readonly SemaphoreSlim[] _gates = [.. Enumerable.Range(0, 256).Select(_ => new SemaphoreSlim(1, 1))];

    /// <summary>Waits for the key's lock; disposing the result frees it.</summary>
    public async Task<IDisposable> TakeAsync(BlobKey key, CancellationToken ct)
    {
        var slot = SHA256.HashData(Encoding.UTF8.GetBytes(key.ToString()))[0];
        var gate = _gates[slot];
        await gate.WaitAsync(ct);
        try
        {
            return new Held(gate, await OpenAsync(Path.Combine(folder, slot.ToString("x2", System.Globalization.CultureInfo.InvariantCulture)), ct));
        }
        catch
        {
            gate.Release();
            throw;
        }
    }

    private static async Task<FileStream> OpenAsync(string path, CancellationToken ct)
    {
        for (var wait = 1; ; wait = Math.Min(wait * 2, 20))
        {
            try
            {
                return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 0);
            }
            catch (IOException error) when (DiskErrors.IsLocked(error))
            {
                await Task.Delay(wait, ct);
            }
            catch (Exception error) when (DiskErrors.Translate(error, path) is { } translated)
            {
                throw translated;
            }
        }
    }

    private sealed class Held(SemaphoreSlim gate, FileStream file) : IDisposable
    {
        public void Dispose()
        {
            file.Dispose();
            gate.Release();
        }
    }
}
