using System.Security.Cryptography;
using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Names as sources write them, checked against the rules of blob keys.</summary>
internal static class ItemNames
{
    /// <summary>Whether items may be called so.</summary>
    public static bool IsSafe(string name)
    {
        try
        {
            BlobKey.Parse(name);
            return !name.Contains('\uFFFD', StringComparison.Ordinal);
        }
        catch (TemperException)
        {
            return false;
        }
    }

    /// <summary>A listed item that says why the file called <paramref name="name"/> cannot be had, under a safe name that no other file has.</summary>
    public static DataItem Refused(string name, string where)
    {
        var shown = new string([.. name.Take(60).Select(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_' ? c : '?')]);
        var digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.Unicode.GetBytes(name)))[..12];
        return new($"{shown}~{digest}", null, "")
        {
            Problem = new("SRC_NAME", $"A file of {where} has a name that cannot be stored safely: '{shown}'.") { File = shown },
        };
    }
}
