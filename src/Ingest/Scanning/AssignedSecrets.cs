using System.Buffers;

namespace Temper.Ingest;

/// <summary>Secrets that are known by what they are called: <c>password: …</c>, <c>api_key=…</c>, <c>"AccountKey": "…"</c>, <c>Authorization: Bearer …</c>.</summary>
internal static class AssignedSecrets
{
    private const int LongestName = 48;
    private static readonly SearchValues<byte> Ends = SearchValues.Create(" \t\r\n\"',;\\`&<"u8);

    private static readonly (string Name, FindingKind Kind, int Least)[] Names =
    [
        ("password", FindingKind.Password, 8), ("passwd", FindingKind.Password, 8), ("passphrase", FindingKind.Password, 8), ("pwd", FindingKind.Password, 8),
        ("passwort", FindingKind.Password, 8), ("secret", FindingKind.Password, 8), ("secret_key", FindingKind.Password, 8), ("api_key", FindingKind.Password, 8),
        ("api-key", FindingKind.Password, 8), ("apikey", FindingKind.Password, 8), ("access_key", FindingKind.Password, 8), ("access-key", FindingKind.Password, 8),
        ("private_key", FindingKind.Password, 16), ("auth_token", FindingKind.Password, 8), ("auth-token", FindingKind.Password, 8), ("authtoken", FindingKind.Password, 8),
        ("access_token", FindingKind.Password, 16), ("refresh_token", FindingKind.Password, 16), ("token", FindingKind.ApiToken, 20), ("authorization", FindingKind.ApiToken, 16),
        ("accountkey", FindingKind.AzureKey, 20), ("sharedaccesskey", FindingKind.AzureKey, 20), ("sharedaccesssignature", FindingKind.AzureKey, 20), ("accesskey", FindingKind.Password, 8),
    ];

    private static readonly string[] Placeholders = ["xxxx", "****", "...", "example", "your", "placeholder", "dummy", "redacted"];

    /// <summary>The value behind a <c>:</c> or <c>=</c>, when what stands before it names a secret.</summary>
    /// <param name="text">All of it.</param>
    /// <param name="at">Place of the colon or equals sign.</param>
    /// <param name="floor">Where the last finding ended.</param>
    /// <param name="eager">Whether any value of four characters counts.</param>
    public static Finding? At(ReadOnlySpan<byte> text, int at, int floor, bool eager)
    {
        var end = at;
        for (var spaces = 0; end > floor && text[end - 1] == ' ' && spaces < 3; spaces++)
            end--;
        if (end > floor && text[end - 1] is (byte)'"' or (byte)'\'' or (byte)'`')
            end--;
        if (end > floor && text[end - 1] == '\\')
            end--;
        var start = end;
        while (start > floor && end - start < LongestName && (Ascii.IsWord(text[start - 1]) || text[start - 1] is (byte)'-' or (byte)'.'))
            start--;
        if (end - start < 3 || Kind(text[start..end]) is not { } named)
            return null;
        var value = Value(text, at + 1, named.Name == "authorization", out var quoted);
        if (value.Length < (eager ? 4 : named.Least) || !(eager ? text[value.Start] != '[' : IsSecret(text.Slice(value.Start, value.Length), quoted)))
            return null;
        var inList = text[at] == '=' && named.Kind == FindingKind.Password && ((value.End < text.Length && text[value.End] == ';') || (start > 0 && text[start - 1] == ';'));
        return value with { Kind = inList ? FindingKind.ConnectionString : named.Kind };
    }

    /// <summary>The kind of secret that a name promises, by how it ends; null for other names.</summary>
    public static (string Name, FindingKind Kind, int Least)? Kind(ReadOnlySpan<byte> name)
    {
        (string Name, FindingKind Kind, int Least)? longest = null;
        foreach (var known in Names)
        {
            if (name.Length >= known.Name.Length && known.Name.Length > (longest?.Name.Length ?? 0) && System.Text.Ascii.EqualsIgnoreCase(name[^known.Name.Length..], known.Name))
                longest = known;
        }
        return longest;
    }

    /// <summary>Whether a value looks like one that somebody keeps: letters with digits or signs, no stand-in, no expression of a program.</summary>
    public static bool IsSecret(ReadOnlySpan<byte> value, bool quoted)
    {
        if (value[0] is (byte)'[' or (byte)'<' or (byte)'{' or (byte)'$' or (byte)'%' or (byte)'(')
            return false;
        var (digits, letters, signs) = (0, 0, 0);
        foreach (var b in value)
        {
            digits += Ascii.IsDigit(b) ? 1 : 0;
            letters += Ascii.IsLetter(b) ? 1 : 0;
            signs += b is (byte)'!' or (byte)'#' or (byte)'$' or (byte)'%' or (byte)'^' or (byte)'*' or (byte)'+' or (byte)'?' or (byte)'~' or (byte)'@' ? 1 : 0;
            if (!quoted && b is (byte)'(' or (byte)'[' or (byte)'{')
                return false;
        }
        if (letters == 0 || digits + signs == 0)
            return false;
        foreach (var placeholder in Placeholders)
        {
            for (var i = 0; i + placeholder.Length <= value.Length; i++)
            {
                if (System.Text.Ascii.EqualsIgnoreCase(value.Slice(i, placeholder.Length), placeholder))
                    return false;
            }
        }
        return true;
    }

    private static Finding Value(ReadOnlySpan<byte> text, int at, bool authorization, out bool quoted)
    {
        quoted = false;
        for (var spaces = 0; at < text.Length && text[at] == ' ' && spaces < 3; spaces++)
            at++;
        if (at < text.Length && text[at] == '\\')
            at++;
        if (at < text.Length && text[at] is (byte)'"' or (byte)'\'' or (byte)'`')
        {
            at++;
            quoted = true;
        }
        foreach (var scheme in (ReadOnlySpan<string>)(authorization ? ["Bearer ", "Basic ", "Token "] : []))
        {
            if (text.Length - at > scheme.Length && System.Text.Ascii.EqualsIgnoreCase(text.Slice(at, scheme.Length), scheme))
                at += scheme.Length;
        }
        if (at >= text.Length)
            return default;
        var length = text[at..].IndexOfAny(Ends);
        length = length < 0 ? text.Length - at : length;
        // A full stop behind the value ends the sentence, not the value.
        while (length > 0 && text[at + length - 1] is (byte)'.' or (byte)')' or (byte)':' or (byte)'?')
            length--;
        return new(FindingKind.Password, at, length);
    }
}
