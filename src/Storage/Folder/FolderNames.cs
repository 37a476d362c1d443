using System.Globalization;
using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Storage.Folder;

/// <summary>
/// Blob keys as file names, reversibly, so that no two keys share a file on any file system, whatever its case rules or reserved names. Bytes
/// <c>a-z 0-9 - _ .</c> stay, others become <c>%xx</c>; so does a dot at either end and the first letter of a device's name. A folder's name ends in
/// <c>+</c>, so that the blobs <c>a</c> and <c>a/b</c> can both be; a name too long for a file system goes on in a folder whose name ends in <c>%</c>.
/// The formal rules are in docs/formats/blobs.md.
/// </summary>
internal static class FolderNames
{
    /// <summary>Marks a folder of a key's segment.</summary>
    public const char FolderMark = '+';

    /// <summary>Marks a folder that holds the rest of a long segment.</summary>
    public const char MoreMark = '%';

    private const int LongestPiece = 180;
    private static readonly HashSet<string> Devices = new(StringComparer.Ordinal)
    {
        "con", "prn", "aux", "nul", "com0", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8", "com9",
        "lpt0", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
    };

    /// <summary>Path of the blob's file, relative to the folder of blobs.</summary>
    public static string OfBlob(BlobKey key)
    {
        var segments = key.ToString().Split('/');
        return Path.Combine([.. segments[..^1].SelectMany(s => Pieces(s, folder: true)), .. Pieces(segments[^1], folder: false)]);
    }

    /// <summary>Path of the folder of these segments.</summary>
    public static string OfFolder(IEnumerable<string> segments) => Path.Combine([.. segments.SelectMany(s => Pieces(s, folder: true))]);

    /// <summary>The segment that <paramref name="encoded"/> (marks removed, pieces joined) stands for; null for a name that this store never made.</summary>
    public static string? Decode(string encoded)
    {
        var bytes = new byte[encoded.Length];
        var count = 0;
        for (var i = 0; i < encoded.Length; i++)
        {
            if (encoded[i] != '%')
                bytes[count++] = (byte)encoded[i];
            else if (i + 2 < encoded.Length && byte.TryParse(encoded.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out bytes[count]))
                (i, count) = (i + 2, count + 1);
            else
                return null;
        }
        var segment = Encoding.UTF8.GetString(bytes, 0, count);
        return segment.Length > 0 && Encode(segment) == encoded && IsSegment(segment) ? segment : null;
    }

    /// <summary>A segment in the store's alphabet.</summary>
    public static string Encode(string segment)
    {
        var bytes = Encoding.UTF8.GetBytes(segment);
        var device = Devices.Contains(segment.Split('.')[0]);
        var text = new StringBuilder(bytes.Length + 8);
        for (var i = 0; i < bytes.Length; i++)
        {
            var b = bytes[i];
            var plain = b is >= (byte)'a' and <= (byte)'z' or >= (byte)'0' and <= (byte)'9' or (byte)'-' or (byte)'_' || (b == '.' && i > 0 && i < bytes.Length - 1);
            if (plain && !(device && i == 0))
                text.Append((char)b);
            else
                text.Append('%').Append(b.ToString("x2", CultureInfo.InvariantCulture));
        }
        return text.ToString();
    }

    private static IEnumerable<string> Pieces(string segment, bool folder)
    {
        var encoded = Encode(segment);
        var start = 0;
        for (; encoded.Length - start > LongestPiece; start += LongestPiece)
            yield return encoded.Substring(start, LongestPiece) + MoreMark;
        yield return folder ? encoded[start..] + FolderMark : encoded[start..];
    }

    private static bool IsSegment(string text)
    {
        try
        {
            return !text.Contains('/', StringComparison.Ordinal) && BlobKey.Parse(text).ToString() == text;
        }
        catch (TemperException)
        {
            return false;
        }
    }
}
