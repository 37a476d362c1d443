namespace Temper.Ingest;

/// <summary>Keys and tokens that are known by how they begin.</summary>
internal static class KeyShapes
{
    private const int LongestHeader = 48;

    private static readonly (byte[] Prefix, FindingKind Kind, int Least)[] Prefixes =
    [
        ("sk-"u8.ToArray(), FindingKind.OpenaiKey, 20), ("xoxa-"u8.ToArray(), FindingKind.SlackToken, 10), ("xoxb-"u8.ToArray(), FindingKind.SlackToken, 10),
        ("xoxp-"u8.ToArray(), FindingKind.SlackToken, 10), ("xoxr-"u8.ToArray(), FindingKind.SlackToken, 10), ("xoxs-"u8.ToArray(), FindingKind.SlackToken, 10),
        ("glpat-"u8.ToArray(), FindingKind.ApiToken, 20), ("pypi-"u8.ToArray(), FindingKind.ApiToken, 40), ("ghp_"u8.ToArray(), FindingKind.GithubToken, 20),
        ("gho_"u8.ToArray(), FindingKind.GithubToken, 20), ("ghu_"u8.ToArray(), FindingKind.GithubToken, 20), ("ghs_"u8.ToArray(), FindingKind.GithubToken, 20),
        ("ghr_"u8.ToArray(), FindingKind.GithubToken, 20), ("github_pat_"u8.ToArray(), FindingKind.GithubToken, 20), ("hf_"u8.ToArray(), FindingKind.HuggingfaceToken, 20),
        ("npm_"u8.ToArray(), FindingKind.ApiToken, 30), ("sk_live_"u8.ToArray(), FindingKind.ApiToken, 16), ("sk_test_"u8.ToArray(), FindingKind.ApiToken, 16),
        ("rk_live_"u8.ToArray(), FindingKind.ApiToken, 16), ("rk_test_"u8.ToArray(), FindingKind.ApiToken, 16), ("dop_v1_"u8.ToArray(), FindingKind.ApiToken, 40),
        ("glsa_"u8.ToArray(), FindingKind.ApiToken, 30), ("shpat_"u8.ToArray(), FindingKind.ApiToken, 24), ("whsec_"u8.ToArray(), FindingKind.ApiToken, 24),
    ];

    /// <summary>A token whose prefix ends at a <c>-</c> or <c>_</c>.</summary>
    public static Finding? Prefixed(ReadOnlySpan<byte> text, int at, int floor, bool eager)
    {
        var head = text[floor..(at + 1)];
        foreach (var (prefix, kind, least) in Prefixes)
        {
            if (!head.EndsWith(prefix) || !Ascii.BeginsAt(text, at + 1 - prefix.Length))
                continue;
            var end = Ascii.EndOf(text, at + 1, Ascii.Token);
            var body = text[(at + 1)..end];
            if (body.Length >= (eager ? Math.Min(least, 16) : least) && (eager || Ascii.IsMixed(body)))
                return new(kind, at + 1 - prefix.Length, end - at - 1 + prefix.Length);
        }
        return null;
    }

    /// <summary>A private key in PEM, to its end mark or to the end of the text.</summary>
    public static Finding? PrivateKey(ReadOnlySpan<byte> text, int at)
    {
        if (!text[at..].StartsWith("-----BEGIN "u8))
            return null;
        var name = text[at..].IndexOf("PRIVATE KEY"u8);
        if (name is < 0 or > LongestHeader)
            return null;
        var end = text[at..].IndexOf("-----END "u8);
        if (end < 0)
            return new(FindingKind.PrivateKey, at, text.Length - at);
        var behind = text[(at + end + 9)..].IndexOf("-----"u8);
        return new(FindingKind.PrivateKey, at, behind is < 0 or > LongestHeader ? end + 9 : end + 9 + behind + 5);
    }

    /// <summary>Access keys of AWS and keys of Google, which begin with an A.</summary>
    public static Finding? CloudKey(ReadOnlySpan<byte> text, int at)
    {
        var rest = text[at..];
        if (!Ascii.BeginsAt(text, at))
            return null;
        if (rest.StartsWith("AKIA"u8) || rest.StartsWith("ASIA"u8))
        {
            var end = Ascii.EndOf(text, at, Ascii.Capitals);
            return end - at == 20 && Ascii.EndsAt(text, end) ? new(FindingKind.AwsAccessKey, at, 20) : null;
        }
        if (!rest.StartsWith("AIza"u8))
            return null;
        var stop = Ascii.EndOf(text, at, Ascii.Token);
        return stop - at >= 34 ? new(FindingKind.GoogleApiKey, at, stop - at) : null;
    }

    /// <summary>A JSON Web Token around the J of its <c>eyJ</c>: two or three parts, of which the first two are objects.</summary>
    public static Finding? Jwt(ReadOnlySpan<byte> text, int at, int floor)
    {
        var start = at - 2;
        if (start < floor || text[start] != 'e' || text[start + 1] != 'y' || !Ascii.BeginsAt(text, start))
            return null;
        var head = Ascii.EndOf(text, start, Ascii.Token);
        if (head - start < 11 || head + 12 > text.Length || text[head] != '.')
            return null;
        var body = Ascii.EndOf(text, head + 1, Ascii.Token);
        if (body - head < 9)
            return null;
        var end = body < text.Length && text[body] == '.' ? Ascii.EndOf(text, body + 1, Ascii.Token) : body;
        return new(FindingKind.Jwt, start, end - start);
    }

    /// <summary>A key of SendGrid around the G of its <c>SG.</c></summary>
    public static Finding? SendGrid(ReadOnlySpan<byte> text, int at, int floor)
    {
        if (at - 1 < floor || at < 1 || text[at - 1] != 'S' || !Ascii.BeginsAt(text, at - 1) || at + 1 >= text.Length || text[at + 1] != '.')
            return null;
        var id = Ascii.EndOf(text, at + 2, Ascii.Token);
        if (id - at - 2 < 16 || id >= text.Length || text[id] != '.')
            return null;
        var end = Ascii.EndOf(text, id + 1, Ascii.Token);
        return end - id > 16 ? new(FindingKind.ApiToken, at - 1, end - at + 1) : null;
    }
}
