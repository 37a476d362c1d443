using System.Runtime.CompilerServices;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>
/// The files below a local folder. The folder must resolve inside the root that the host allows; symbolic links are followed inside that root alone,
/// others are left out and counted. A version is what the file system knows of a file: device, inode, size, times of content and of state.
/// </summary>
public sealed class LocalBackend : IDataBackend
{
    /// <summary>Key <c>instance_data_dir</c>.</summary>
    public static readonly DataBackendKind Kind = new("local", (request, _) => Task.FromResult<IDataBackend>(Open(request)))
    {
        Keys = [new("instance_data_dir", Required: true)],
    };

    private readonly string _root;
    private readonly string _folder;
    private Dictionary<string, long> _leftOut = [];

    /// <summary>Opens the folder.</summary>
    /// <param name="root">Folder that all data must lie in.</param>
    /// <param name="folder">The dataset's folder, absolute or relative to <paramref name="root"/>.</param>
    /// <exception cref="TemperException">Codes <c>SRC_OUTSIDE_ROOT</c>, <c>SRC_MISSING</c>, <c>permission_denied</c>.</exception>
    public LocalBackend(string root, string folder)
    {
        _root = LocalPaths.Resolve(Path.GetFullPath(root)) ?? throw Missing(root);
        var asked = Path.GetFullPath(folder, Path.GetFullPath(root));
        _folder = LocalPaths.Resolve(asked) ?? throw Missing(folder);
        if (!LocalPaths.IsInside(_folder, _root))
            throw new TemperException("SRC_OUTSIDE_ROOT", $"The folder '{folder}' is not below {root}, where local data must lie.", "Name a folder above all data with --root DIR, or move the data.");
        if (!Directory.Exists(_folder))
            throw Missing(folder);
        Address = asked;
    }

    /// <inheritdoc/>
    public string Address { get; }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, long> LeftOut => _leftOut;

    /// <inheritdoc/>
    public async IAsyncEnumerable<DataItem> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        var walk = new LocalWalk(_root, Address);
        foreach (var item in walk.Items(_folder))
        {
            ct.ThrowIfCancellationRequested();
            yield return item;
        }
        _leftOut = walk.LeftOut;
        await Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<Stream> OpenAsync(DataItem item, long offset, long? length, CancellationToken ct)
    {
        DataItem.Check(item, offset, length, ct);
        if (!ItemNames.IsSafe(item.Path))
            throw new TemperException("SRC_NAME", $"'{item.Path}' names no file of {Address}.");
        return Task.FromResult<Stream>(LocalFiles.Guard(() => Open(item, offset, length), item.Path));
    }

    /// <summary>The item of one file directly in the folder, by its name; null when there is none or it is not allowed.</summary>
    internal DataItem? Find(string name)
    {
        var real = LocalPaths.Resolve(Path.Combine(_folder, name));
        return real is not null && LocalPaths.IsInside(real, _root) && LocalFiles.Guard(() => FileState.Of(real), real) is { IsFile: true } state
            ? new(name, state.Size, state.Version)
            : null;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static LocalBackend Open(BackendRequest request) => new(request.Services.Root, request.Settings.Required("instance_data_dir"));

    private LocalStream Open(DataItem item, long offset, long? length)
    {
        var path = Path.Combine([_folder, .. item.Path.Split('/')]);
        // Before opening: what is no plain file any more, such as a pipe, must not be waited for.
        var found = FileState.Of(path) ?? throw new TemperException("SRC_MISSING", $"'{item.Path}' is not in {Address} any more.");
        if (!found.IsFile || found.Version != item.Version)
            throw LocalFiles.Changed(item.Path, Address);
        var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 1);
        try
        {
            var stream = new LocalStream(file, item, Address, length);
            file.Position = Math.Min(offset, file.Length);
            return stream;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    private static TemperException Missing(string folder) => new("SRC_MISSING", $"There is no folder '{folder}'.");
}
