using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;

namespace Temper.Versioning.Safety;

/// <summary>Something in a text that looks like a secret.</summary>
/// <param name="Line">Where, 1 and up.</param>
/// <param name="Kind">What it looks like.</param>
/// <param name="Masked">Its first characters.</param>
public sealed record SecretFinding(int Line, string Kind, string Masked);

/// <summary>
/// Finds keys and tokens in texts by the marks that their issuers give them, and long random values next to words such as <c>password</c>. It warns;
/// what it does not find may be a secret all the same.
/// </summary>
public static partial class SecretScan
{
    private const int Most = 20;

    // One pass over the text: nearly all texts hold none of these.
    private static readonly SearchValues<string> Marks = SearchValues.Create(
        ["AKIA", "ASIA", "hf_", "ghp_", "gho_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk-", "sk_live_", "AIza", "npm_", "pypi-", "msk_", "PRIVATE KEY-----",
         "secret", "token", "passw", "api_key", "apikey", "api-key"], StringComparison.OrdinalIgnoreCase);

    /// <summary>What the first bytes of a text hold, at most 20 findings.</summary>
    public static IReadOnlyList<SecretFinding> Find(ReadOnlySpan<byte> text)
    {
        var chars = Encoding.Latin1.GetString(text);
        if (chars.AsSpan().IndexOfAny(Marks) < 0)
            return [];
        var found = new List<SecretFinding>();
        foreach (Match match in Known().Matches(chars))
            Add(found, chars, match.Index, Kind(match.Value), match.Value);
        foreach (Match match in Named().Matches(chars))
            if (Bits(match.Groups[1].Value) >= 3.5 && !Known().IsMatch(match.Groups[1].Value))
                Add(found, chars, match.Groups[1].Index, "a long random value", match.Groups[1].Value);
        return found;
    }

    private static void Add(List<SecretFinding> found, string text, int at, string kind, string value)
    {
        if (found.Count < Most)
            found.Add(new(text.AsSpan(0, at).Count('\n') + 1, kind, value.StartsWith('-') ? "-----BEGIN" : value[..Math.Min(6, value.Length / 3)] + "…"));
    }

    private static string Kind(string value) => value switch
    {
        ['-', ..] => "a private key",
        ['A', 'K' or 'S', 'I', 'A', ..] => "an AWS access key",
        ['h', 'f', '_', ..] => "a Hugging Face token",
        ['g', 'h' or 'i', ..] => "a GitHub token",
        ['g', 'l', ..] => "a GitLab token",
        ['x', 'o', 'x', ..] => "a Slack token",
        ['A', 'I', 'z', 'a', ..] => "a Google API key",
        ['m', 's', 'k', '_', ..] => "an API key of a registry",
        _ => "an access token",
    };

    /// <summary>Entropy of the characters of a value, in bits a character.</summary>
    internal static double Bits(string value) => value.GroupBy(c => c).Sum(g => -(double)g.Count() / value.Length * Math.Log2((double)g.Count() / value.Length));

    [GeneratedRegex(@"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----|\b(?:(?:AKIA|ASIA)[0-9A-Z]{16}|hf_[A-Za-z0-9]{30,}|gh[pos]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{50,}|glpat-[A-Za-z0-9_-]{20,}|xox[bp]-[A-Za-z0-9-]{20,}|sk-[A-Za-z0-9_-]{32,}|sk_live_[A-Za-z0-9]{20,}|AIza[A-Za-z0-9_-]{35}|npm_[A-Za-z0-9]{36}|pypi-[A-Za-z0-9_-]{50,}|msk_[A-Za-z0-9_-]{32,})\b", RegexOptions.None, 2000)]
    private static partial Regex Known();

    [GeneratedRegex(@"(?:secret|token|passw(?:or)?d|api[_-]?key)\w*[""']?[ \t]*[:=][ \t]*[""']?([A-Za-z0-9+/_=-]{20,200})(?![A-Za-z0-9+/_=-])", RegexOptions.IgnoreCase, 2000)]
    private static partial Regex Named();
}
