using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;
using Temper.Registry.Http;

namespace Temper.Registry.Ui;

/// <summary>
/// A browser that showed the API key once: a cookie <c>temper</c> = <c>expiry.signature</c>, where the signature is HMAC-SHA256 over the expiry (ms
/// since 1970) under a key derived from the API key. It holds no state, so it survives a restart, and another API key ends every session. Scripts
/// cannot read it (HttpOnly) and other sites cannot use it: it is SameSite=Strict, and whatever changes something must come from a page of this host.
/// </summary>
internal sealed class Session(ApiKeyGate gate, TimeProvider clock)
{
    public const string Cookie = "temper";
    private static readonly TimeSpan Life = TimeSpan.FromDays(7);

    public void Begin(HttpContext context)
    {
        var expiry = (clock.GetUtcNow() + Life).ToUnixTimeMilliseconds().ToString(CultureInfo.InvariantCulture);
        context.Response.Cookies.Append(Cookie, $"{expiry}.{Sign(expiry)}", Options(context, Life));
    }

    public static void End(HttpContext context) => context.Response.Cookies.Delete(Cookie, Options(context, null));

    /// <summary>Whether a request carries a session that holds, and may do with it what it asks for.</summary>
    public bool Proves(HttpContext context)
    {
        if (!context.Request.Cookies.TryGetValue(Cookie, out var value) || value.Split('.') is not [var expiry, var signature])
            return false;
        var isOurs = CryptographicOperations.FixedTimeEquals(Encoding.ASCII.GetBytes(Sign(expiry)), Encoding.ASCII.GetBytes(signature));
        return isOurs && long.TryParse(expiry, NumberStyles.None, CultureInfo.InvariantCulture, out var until) && until > clock.GetUtcNow().ToUnixTimeMilliseconds()
            && (IsRead(context.Request) || IsFromHere(context.Request));
    }

    /// <summary>Whether a page of this very host sent the request; browsers say so in headers that pages cannot set.</summary>
    public static bool IsFromHere(HttpRequest request) => request.Headers.TryGetValue("Sec-Fetch-Site", out var site)
        ? site == "same-origin"
        : request.Headers.Origin.ToString() is { Length: > 0 } origin && Uri.TryCreate(origin, UriKind.Absolute, out var page) && page.Authority == request.Host.Value;

    private static bool IsRead(HttpRequest request) => HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method);

    private string Sign(string expiry) => Base64Url.EncodeToString(HMACSHA256.HashData(gate.Derive("dashboard session"), Encoding.ASCII.GetBytes(expiry)));

    private static CookieOptions Options(HttpContext context, TimeSpan? life) =>
        new() { HttpOnly = true, SameSite = SameSiteMode.Strict, Secure = context.Request.IsHttps, Path = "/", MaxAge = life, IsEssential = true };
}
