using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Temper.Ingest;

/// <summary>Addresses of people and machines: e-mail, IPv6, names and passwords in addresses of servers.</summary>
internal static class AddressShapes
{
    private const int LongestUserInfo = 200;
    private static readonly SearchValues<byte> Local = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._%+-"u8);
    private static readonly SearchValues<byte> Address = SearchValues.Create("0123456789abcdefABCDEF:"u8);

    /// <summary>Endings of files, which follow an @ in names such as icon@2x.png.</summary>
    private static readonly string[] Endings = ["png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "ts", "json", "html", "md"];

    /// <summary>An e-mail address around an <c>@</c>.</summary>
    public static Finding? Email(ReadOnlySpan<byte> text, int at, int floor)
    {
        var start = at;
        while (start > floor && Local.Contains(text[start - 1]))
            start--;
        while (start < at && !Ascii.IsWord(text[start]))
            start++;
        // A name without a password, as in ssh://git@host, is a user of a machine.
        if (start == at || text[at - 1] == '.' || text[start..at].SequenceEqual("git"u8) || text[..start].EndsWith("://"u8))
            return null;
        var end = at + 1;
        while (end < text.Length && (Ascii.IsDigit(text[end]) || Ascii.IsLetter(text[end]) || text[end] is (byte)'-' or (byte)'.' or >= 0x80))
            end++;
        while (end > at + 1 && text[end - 1] is (byte)'.' or (byte)'-')
            end--;
        var host = text[(at + 1)..end];
        var dot = host.LastIndexOf((byte)'.');
        if (dot < 1 || host[0] is (byte)'-' or (byte)'.' || host.IndexOf(".."u8) >= 0 || !IsEnding(host[(dot + 1)..]))
            return null;
        return new(FindingKind.Email, start, end - start);
    }

    /// <summary>Name and password of <c>scheme://name:password@host</c>.</summary>
    public static Finding? UserInfo(ReadOnlySpan<byte> text, int at, int floor)
    {
        var start = at;
        var colon = false;
        for (; start > floor && at - start < LongestUserInfo && text[start - 1] is not ((byte)'/' or <= (byte)' ' or (byte)'"' or (byte)'\'' or (byte)'<' or (byte)'>' or (byte)'@'); start--)
            colon |= text[start - 1] == ':' && start < at;
        if (!colon || start < 3 || !text[(start - 3)..start].SequenceEqual("://"u8) || text[start..at].StartsWith("["u8))
            return null;
        return new(FindingKind.ConnectionString, start, at - start);
    }

    /// <summary>An IPv6 address around a colon, but for loopback and none.</summary>
    public static Finding? Ipv6(ReadOnlySpan<byte> text, int at, int floor)
    {
        if (at + 1 >= text.Length || !Address.Contains(text[at + 1]))
            return null;
        var start = at;
        while (start > floor && at - start < 8 && Address.Contains(text[start - 1]))
            start--;
        var end = Math.Min(Ascii.EndOf(text, at, Address), start + 40);
        while (end > start && text[end - 1] == ':' && (end < start + 2 || text[end - 2] != ':'))
            end--;
        var address = text[start..end];
        if (address.Length < 7 || !Ascii.BeginsAt(text, start) || !Ascii.EndsAt(text, end) || (address.IndexOf("::"u8) < 0 && address.Count((byte)':') != 7))
            return null;
        var digits = 0;
        foreach (var b in address)
            digits += Ascii.IsDigit(b) ? 1 : 0;
        return digits > 0 && IPAddress.TryParse(Encoding.ASCII.GetString(address), out var ip) && ip.AddressFamily == AddressFamily.InterNetworkV6 && !IPAddress.IsLoopback(ip)
            ? new(FindingKind.IpAddress, start, end - start) : null;
    }

    private static bool IsEnding(ReadOnlySpan<byte> ending)
    {
        if (ending.Length is < 2 or > 24)
            return false;
        foreach (var b in ending)
        {
            if (!Ascii.IsLetter(b) && b < 0x80)
                return false;
        }
        foreach (var file in Endings)
        {
            if (System.Text.Ascii.EqualsIgnoreCase(ending, file))
                return false;
        }
        return true;
    }
}
