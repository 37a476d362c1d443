using System.Collections.Concurrent;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Serving.Tests;

/// <summary>The routes of a registry that serving needs, over HTTP on loopback, with versions that are folders.</summary>
internal sealed class FolderRegistry : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, (ModelVersionInfo Version, string Folder)> _versions = new();
    private readonly WebApplication _app;
    private int _resolved;

    private FolderRegistry(WebApplication app) => _app = app;

    public Uri Address => new(_app.Urls.First());

    /// <summary>How often a reference was resolved.</summary>
    public int Resolved => _resolved;

    public static async Task<FolderRegistry> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        var registry = new FolderRegistry(builder.Build());
        registry._app.MapGet("/api/v1/resolve/model", (HttpContext http) => registry.ResolveAsync(http));
        registry._app.MapGet("/api/v1/models", (HttpContext http) => registry.ListAsync(http));
        registry._app.MapGet("/api/v1/models/{name}/versions/{version}/files/{file}",
            (string name, int version, string file) => Results.File(Path.GetFullPath(Path.Combine(registry._versions[$"{name}:{version}"].Folder, file))));
        await registry._app.StartAsync();
        return registry;
    }

    public ModelPin Add(string name, int version, string folder, ModelPin? on = null, string? traceparent = null)
    {
        var pin = TinyModels.Pin(name, version, folder, on);
        _versions[$"{name}:{version}"] = (new(pin, null, [], null, [], traceparent, 1_700_000_000_000), folder);
        return pin;
    }

    /// <summary>Lets <c>name@alias</c> stand on a version.</summary>
    public void Move(string name, string alias, int version) => _versions[$"{name}@{alias}"] = _versions[$"{name}:{version}"];

    public ValueTask DisposeAsync() => _app.DisposeAsync();

    private Task ResolveAsync(HttpContext http)
    {
        Interlocked.Increment(ref _resolved);
        var reference = (string?)http.Request.Query["ref"] ?? "";
        if (_versions.TryGetValue(reference, out var found))
            return http.Response.WriteAsJsonAsync(found.Version, Wire.Json);
        http.Response.StatusCode = 404;
        return http.Response.WriteAsJsonAsync(ProblemDocument.From(new TemperException("not_found", $"There is no model '{reference}'.")), Wire.Json, ProblemDocument.MediaType);
    }

    private Task ListAsync(HttpContext http) => http.Response.WriteAsJsonAsync(new Page<ModelInfo>(
        [.. _versions.Values.Select(entry => entry.Version.Pin).DistinctBy(pin => (pin.Name, pin.Version)).GroupBy(pin => pin.Name).OrderBy(group => group.Key.ToString(), StringComparer.Ordinal)
            .Select(group => new ModelInfo(group.Key, group.Count(), [], 1_700_000_000_000))], null), Wire.Json);
}
