using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Temper.Core.Errors;
using Temper.Ingest;

namespace Example.Scrapbook;

/// <summary>
/// Notes of a scrapbook: one text file in which a line <c>=== name</c> begins a note. Each note is an item <c>name.txt</c>; its version is the hash of
/// its text, so that another note's change is not its own.
/// </summary>
public sealed class ScrapbookBackend : IDataBackend
{
    private const string Mark = "=== ";
    private readonly string _file;

    private ScrapbookBackend(string file) => _file = file;

    /// <inheritdoc/>
    public string Address => $"scrapbook {_file}";

    /// <summary>Opens the file that <c>scrapbook_file</c> names; it must lie below the folder that the host allows.</summary>
    public static Task<IDataBackend> OpenAsync(BackendRequest request, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(request);
        var root = Path.GetFullPath(request.Services.Root) + Path.DirectorySeparatorChar;
        var file = Path.GetFullPath(request.Settings.Required("scrapbook_file"), root);
        if (!file.StartsWith(root, StringComparison.Ordinal))
            throw new TemperException("SRC_OUTSIDE_ROOT", $"The scrapbook {file} is not below {root}.");
        return File.Exists(file)
            ? Task.FromResult<IDataBackend>(new ScrapbookBackend(file))
            : throw new TemperException("SRC_MISSING", $"There is no scrapbook {file}.");
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<DataItem> ListAsync([EnumeratorCancellation] CancellationToken ct)
    {
        foreach (var (path, text) in await NotesAsync(ct))
            yield return new(path, text.Length, Version(text));
    }

    /// <inheritdoc/>
    public async Task<Stream> OpenAsync(DataItem item, long offset, long? length, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (!(await NotesAsync(ct)).TryGetValue(item.Path, out var text))
            throw new TemperException("SRC_MISSING", $"'{item.Path}' is not in {Address} any more.");
        if (Version(text) != item.Version)
            throw new TemperException("SRC_CHANGED", $"'{item.Path}' of {Address} has changed since it was listed.");
        var from = (int)Math.Min(offset, text.Length);
        return new MemoryStream(text, from, (int)Math.Min(length ?? long.MaxValue, text.Length - from), writable: false);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private async Task<SortedDictionary<string, byte[]>> NotesAsync(CancellationToken ct)
    {
        var notes = new SortedDictionary<string, byte[]>(StringComparer.Ordinal);
        foreach (var note in ("\n" + await File.ReadAllTextAsync(_file, ct)).Split("\n" + Mark).Skip(1))
        {
            var cut = note.Split('\n', 2);
            notes[cut[0].Trim() + ".txt"] = Encoding.UTF8.GetBytes(cut.Length == 1 ? "" : cut[1].Trim());
        }
        return notes;
    }

    private static string Version(byte[] text) => Convert.ToHexStringLower(SHA256.HashData(text));
}
