using System.Text;
using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>What people see of a bad line: short, printable, secrets taken out.</summary>
internal static partial class Excerpts
{
    /// <summary>Longest excerpt in characters.</summary>
    public const int Longest = 200;

    /// <summary>Bytes that are looked at: more than are shown, so that a secret is seen whole before it is cut.</summary>
    public const int Window = 2048;

    /// <summary>At most <paramref name="longest"/> characters of a line; what is not text becomes U+FFFD, control characters become spaces.</summary>
    public static string Of(ReadOnlySpan<byte> line, int longest = Longest)
    {
        var text = Redact(Encoding.UTF8.GetString(line[..Math.Min(line.Length, Window)]));
        var cut = text.Length > longest;
        if (cut)
            text = text[..(char.IsHighSurrogate(text[longest - 2]) ? longest - 2 : longest - 1)] + "…";
        return Controls().Replace(text, " ");
    }

    /// <summary>Text with the shapes of well-known secrets replaced.</summary>
    public static string Redact(string text) => Assigned().Replace(Tokens().Replace(text, "[secret]"), "$1[secret]");

    [GeneratedRegex(@"sk-[A-Za-z0-9_\-]{16,}|AKIA[0-9A-Z]{16}|gh[pousr]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|xox[abprs]-[A-Za-z0-9\-]{10,}|AIza[A-Za-z0-9_\-]{30,}|eyJ[A-Za-z0-9_\-]{8,}\.[A-Za-z0-9_\-]{8,}(\.[A-Za-z0-9_\-]*)?|-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*", RegexOptions.NonBacktracking)]
    private static partial Regex Tokens();

    [GeneratedRegex(@"((?i:password|passwd|secret|api[_\-]?key|access[_\-]?key|auth[_\-]?token)\\?""?\s{0,3}[:=]\s{0,3}\\?""?)[^\s"",;\\]{4,}", RegexOptions.NonBacktracking)]
    private static partial Regex Assigned();

    [GeneratedRegex(@"[\x00-\x1F\x7F]", RegexOptions.NonBacktracking)]
    private static partial Regex Controls();
}
