using System.Globalization;
using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Storage.Folder;

/// <summary>
/// Parts of unfinished blobs: a folder per token with a file <c>key</c> that says what it is for, and one file per part named by its number and
/// the digest of its content.
/// </summary>
internal sealed class FolderParts(string folder, FolderFiles files, TimeProvider clock)
{
    private const int MostParts = 50_000;

    public async Task<string> BeginAsync(BlobKey key, CancellationToken ct)
    {
        var token = Ulid.New(clock);
        files.EnsureFolder(Path.Combine(folder, token));
        using var name = new MemoryStream(Encoding.UTF8.GetBytes(key.ToString()));
        var written = await files.WriteAsync(name, DateTime.MinValue, ct);
        files.Name(written.Path, Path.Combine(folder, token, "key"));
        return token;
    }

    public async Task<BlobPart> StageAsync(BlobKey key, string token, int number, Stream content, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(content);
        ArgumentOutOfRangeException.ThrowIfLessThan(number, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, MostParts);
        var place = Existing(key, token);
        var (written, digest) = await files.WriteHashedAsync(content, ct);
        var name = Name(number, digest.Hex);
        files.Name(written.Path, Path.Combine(place, name));
        foreach (var older in Directory.EnumerateFiles(place, Name(number, "*")))
            if (Path.GetFileName(older) != name)
                FolderFiles.Discard(older);
        return new(number, digest.Hex, written.Size);
    }

    /// <summary>A synced temp file with all parts in order.</summary>
    public async Task<string> JoinAsync(BlobKey key, string token, IReadOnlyList<BlobPart> parts, CancellationToken ct)
    {
        var place = Existing(key, token);
        var paths = new List<string>();
        foreach (var part in parts.OrderBy(p => p.Number))
        {
            var path = Digest.TryParse(part.Token, out var digest) ? Path.Combine(place, Name(part.Number, digest.Hex)) : place;
            if (!File.Exists(path) || new FileInfo(path).Length != part.Size)
                throw new TemperException("blob_missing", $"Part {part.Number} of the unfinished blob '{key}' is not in the store.", hint: "Send that part again.");
            paths.Add(path);
        }
        await using var joined = new JoinedFiles(paths);
        return (await files.WriteAsync(joined, DateTime.MinValue, ct)).Path;
    }

    /// <summary>Removes the parts; nothing happens when they are gone.</summary>
    public void Drop(BlobKey key, string token)
    {
        if (Find(key, token) is { } place)
            FolderFiles.Guarded(place, () =>
            {
                // The name goes first: a folder without it belongs to no token, whatever else is left in it.
                File.Delete(Path.Combine(place, "key"));
                Directory.Delete(place, recursive: true);
            });
    }

    /// <summary>The blob that a folder of parts is for; null when it is for none.</summary>
    public static BlobKey? KeyOf(string place)
    {
        try
        {
            return BlobKey.Parse(File.ReadAllText(Path.Combine(place, "key")));
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException or TemperException)
        {
            return null;
        }
    }

    private string Existing(BlobKey key, string token) => Find(key, token)
        ?? throw new TemperException("blob_missing", $"The store has no unfinished blob '{key}' under the token '{token}'.", hint: "Begin the upload again.");

    private string? Find(BlobKey key, string token)
    {
        // The token comes from a client: it must look like one of ours before it becomes part of a path.
        if (token is null || !Ulid.IsValid(token))
            return null;
        var place = Path.Combine(folder, token);
        return FolderFiles.Guarded(place, () => KeyOf(place)) == key ? place : null;
    }

    private static string Name(int number, string digest) => string.Create(CultureInfo.InvariantCulture, $"{number:D6}-{digest}");
}
