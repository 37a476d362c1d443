using System.Text.Json;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>What is known of an item that was read before.</summary>
/// <param name="Version">The backend's word for its content.</param>
/// <param name="Size">Bytes.</param>
/// <param name="Sha256">Of the content.</param>
public sealed record KnownItem(string Version, long Size, Digest Sha256);

/// <summary>
/// Digests of items by address, path and version, kept from build to build, so that what has not changed is not read again. It may be lost or stale at
/// any time: then items are read.
/// </summary>
/// <param name="folder">Where it lies.</param>
internal sealed class ItemMemo(string folder)
{
    /// <summary>What is known of a backend's items, by path; empty where nothing is, or the file cannot be understood.</summary>
    public Dictionary<string, KnownItem> Load(string address)
    {
        var file = FileOf(address);
        try
        {
            return File.Exists(file) && JsonSerializer.Deserialize<Dictionary<string, KnownItem>>(File.ReadAllBytes(file), Wire.Json) is { } known
                ? new(known, StringComparer.Ordinal) : new(StringComparer.Ordinal);
        }
        catch (JsonException)
        {
            // Half of it is as good as none: the items are read again.
            return new(StringComparer.Ordinal);
        }
    }

    /// <summary>Keeps what is known now.</summary>
    public void Save(string address, IReadOnlyDictionary<string, KnownItem> known)
    {
        Directory.CreateDirectory(folder);
        DurableFile.Write(FileOf(address), JsonSerializer.SerializeToUtf8Bytes(known, Wire.Json));
    }

    private string FileOf(string address) => Path.Combine(folder, Digest.OfText(address).Hex[..32] + ".json");
}
