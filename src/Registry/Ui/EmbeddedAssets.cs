using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Temper.Registry.Ui;

/// <summary>The dashboard's own files, embedded: they reach every host and survive any working directory.</summary>
internal static class EmbeddedAssets
{
    private static readonly Dictionary<string, (byte[] Bytes, string Type, string Hash)> Files = Load();

    /// <summary>Address that changes with the content, so that it can be cached for ever.</summary>
    public static string Url(string name) => $"/assets/{name}?v={Files[name].Hash}";

    /// <summary>The scripts that others import, as <c>temper/NAME</c>, under addresses that change with their content.</summary>
    public static string Modules { get; } = JsonSerializer.Serialize(new { imports = Files.Keys.Where(name => name.EndsWith(".js", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToDictionary(name => $"temper/{name[..^3]}", Url) });

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGet("/assets/{name}", (string name, HttpContext http) =>
    {
        if (!Files.TryGetValue(name, out var file))
            return Results.NotFound();
        http.Response.Headers.CacheControl = "public,max-age=31536000,immutable";
        return Results.Bytes(file.Bytes, file.Type);
    }).AllowAnonymous().ExcludeFromDescription();

    private static Dictionary<string, (byte[], string, string)> Load()
    {
        var assembly = typeof(EmbeddedAssets).Assembly;
        const string Prefix = "assets/";
        return assembly.GetManifestResourceNames().Where(name => name.StartsWith(Prefix, StringComparison.Ordinal)).ToDictionary(name => name[Prefix.Length..], name =>
        {
            using var stream = assembly.GetManifestResourceStream(name)!;
            var bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            var type = Path.GetExtension(name) switch { ".css" => "text/css", ".js" => "text/javascript", ".svg" => "image/svg+xml", _ => "application/octet-stream" };
            return (bytes, type, Convert.ToHexStringLower(SHA256.HashData(bytes))[..12]);
        });
    }
}
