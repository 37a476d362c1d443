using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;

namespace Temper.Registry.Http;

/// <summary>
/// Where an API key is set, asks every route for it, but health and those marked <c>AllowAnonymous</c>. A program sends it as bearer token; the
/// dashboard adds a proof of its own to <see cref="OtherProofs"/>.
/// </summary>
public sealed class ApiKeyGate
{
    private readonly byte[]? _key;

    internal ApiKeyGate(string? key) => _key = key is null ? null : SHA256.HashData(Encoding.UTF8.GetBytes(key));

    /// <summary>Whether a key is asked for.</summary>
    public bool IsClosed => _key is not null;

    /// <summary>Other ways to show that the key is known, such as a signed cookie. Filled before the host starts.</summary>
    public IList<Func<HttpContext, bool>> OtherProofs { get; } = [];

    /// <summary>Where a browser that asks for a page is sent to show the key; null: it is refused as everyone.</summary>
    internal string? LoginPage { get; set; }

    /// <summary>Compares in constant time.</summary>
    public bool IsKey(string? offered) =>
        _key is null || (offered is not null && CryptographicOperations.FixedTimeEquals(_key, SHA256.HashData(Encoding.UTF8.GetBytes(offered))));

    /// <summary>A key for one purpose, which tells nothing about the API key.</summary>
    internal byte[] Derive(string purpose) => HMACSHA256.HashData(_key ?? [], Encoding.UTF8.GetBytes(purpose));

    internal async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        if (IsOpen(context))
            await next(context);
        else if (LoginPage is { } page && HttpMethods.IsGet(context.Request.Method) && context.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
            context.Response.Redirect($"{page}?next={Uri.EscapeDataString(context.Request.Path + context.Request.QueryString)}");
        else
            await ProblemHandler.WriteAsync(context, new TemperException("unauthorised", "This server asks for an API key, and this one is missing or wrong."));
    }

    private bool IsOpen(HttpContext context) =>
        !IsClosed || context.Request.Path.StartsWithSegments("/health") || context.GetEndpoint()?.Metadata.GetMetadata<IAllowAnonymous>() is not null
        || IsKey(Bearer(context)) || OtherProofs.Any(proof => proof(context));

    private static string? Bearer(HttpContext context) =>
        context.Request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header["Bearer ".Length..].Trim() : null;
}
