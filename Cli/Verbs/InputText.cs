using System.Globalization;
using System.Text;
using Temper.Core.Errors;

namespace Temper.Cli.Verbs;

/// <summary>Text that a verb reads: a file, or standard input for "-".</summary>
internal static class InputText
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    public static async Task<string> ReadAsync(string path, CancellationToken ct)
    {
        try
        {
            if (path != "-")
                return Strict.GetString(await File.ReadAllBytesAsync(path, ct)).TrimStart('\uFEFF');
            using var all = new MemoryStream();
            await using var input = Console.OpenStandardInput();
            await input.CopyToAsync(all, ct);
            return Strict.GetString(all.GetBuffer(), 0, (int)all.Length);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new TemperException("not_found", $"There is no file {Path.GetFullPath(path)}.", "Check the spelling.");
        }
        catch (DecoderFallbackException e)
        {
            throw new TemperException([new Problem("REC_INVALID_UTF8", $"Reading {(path == "-" ? "standard input" : path)}: byte {e.Index + 1} is no UTF-8.") { File = path }], e);
        }
    }

    /// <summary>Token ids with white space, commas or brackets between them.</summary>
    public static int[] Ids(string input) =>
    [
        .. input.Split([' ', ',', '\n', '\r', '\t', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(word =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw new TemperException("invalid_value", $"'{word}' is no token id.", "Write whole numbers with spaces or commas between them.")),
    ];
}
