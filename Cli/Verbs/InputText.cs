using System.Globalization;
using System.Runtime.CompilerServices;
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

    /// <summary>Lines of standard input as they come.</summary>
    /// <exception cref="TemperException">Code <c>REC_INVALID_UTF8</c>.</exception>
    public static async IAsyncEnumerable<string> LinesAsync([EnumeratorCancellation] CancellationToken ct)
    {
        using var input = new StreamReader(Console.OpenStandardInput(), Strict);
        while (await NextAsync() is { } line)
            yield return line;

        async Task<string?> NextAsync()
        {
            try
            {
                return await input.ReadLineAsync(ct);
            }
            catch (DecoderFallbackException e)
            {
                throw new TemperException([new Problem("REC_INVALID_UTF8", "Reading standard input: it is no UTF-8.") { File = "-" }], e);
            }
        }
    }

    /// <summary>An argument; the runtime puts U+FFFD where its bytes are no UTF-8.</summary>
    /// <exception cref="TemperException">Code <c>REC_INVALID_UTF8</c>.</exception>
    public static string Argument(string name, string text) => !text.Contains('\uFFFD', StringComparison.Ordinal) ? text
        : throw new TemperException("REC_INVALID_UTF8", $"{name} holds bytes that are no UTF-8, or the character U+FFFD, which stands for them.");

    /// <summary>Token ids with white space, commas or brackets between them.</summary>
    public static int[] Ids(string input) =>
    [
        .. input.Split([' ', ',', '\n', '\r', '\t', '[', ']'], StringSplitOptions.RemoveEmptyEntries).Select(word =>
            int.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : throw new TemperException("invalid_value", $"'{word}' is no token id.", "Write whole numbers with spaces or commas between them.")),
    ];
}
