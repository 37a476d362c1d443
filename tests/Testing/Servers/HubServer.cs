using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Logging;

namespace Temper.Testing.Servers;

/// <summary>A request that a <see cref="HubServer"/> got.</summary>
/// <param name="Host">hub or store.</param>
/// <param name="Path">Path and query.</param>
/// <param name="Range">Range header, or empty.</param>
/// <param name="IfRange">If-Range header, or empty.</param>
/// <param name="Authorization">Authorization header, or empty.</param>
public sealed record HubRequest(string Host, string Path, string Range, string IfRange, string Authorization);

/// <summary>A hub with Hugging Face's routes, and a store of another address to which it sends those who want large files. Faults are set in between.</summary>
public sealed partial class HubServer : IAsyncDisposable
{
    /// <summary>Its one repository.</summary>
    public const string Repository = "our-org/Tiny-Model";

    private readonly WebApplication _hub, _store;

    private HubServer(string folder)
    {
        Folder = folder;
        (_hub, _store) = (Make(HubAsync), Make(StoreAsync));
    }

    /// <summary>The files of the repository; those of 1000 bytes and more that are no JSON lie in the store.</summary>
    public string Folder { get; }

    /// <summary>What main and v1.0 stand for.</summary>
    public string Commit { get; set; } = new('a', 40);

    /// <summary>Address of the hub.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>All requests, in order.</summary>
    public ConcurrentQueue<HubRequest> Requests { get; } = new();

    /// <summary>Called before an answer, with "hub" or "store"; true when it answered itself.</summary>
    public Func<string, HttpContext, Task<bool>> Fault { get; set; } = (_, _) => Task.FromResult(false);

    /// <summary>Changes the listing before it is sent.</summary>
    public Func<string, string> Listing { get; set; } = json => json;

    /// <summary>Token that is asked for, or null.</summary>
    public string? Token { get; set; }

    /// <summary>Whether the store answers ranges.</summary>
    public bool Ranges { get; set; } = true;

    /// <summary>Starts it over the files of a folder.</summary>
    public static async Task<HubServer> StartAsync(string folder)
    {
        var server = new HubServer(folder);
        await server._hub.StartAsync();
        await server._store.StartAsync();
        server.Address = new(server._hub.Urls.First());
        return server;
    }

    /// <summary>Sends the first bytes of an answer of the store and breaks the connection.</summary>
    public static async Task<bool> BreakAsync(HttpContext context, byte[] content, int bytes, string etag)
    {
        context.Response.ContentLength = content.Length;
        context.Response.Headers.ETag = etag;
        await context.Response.Body.WriteAsync(content.AsMemory(0, bytes));
        await context.Response.Body.FlushAsync();
        // What was sent shall arrive: an abort throws away what is still on the way.
        await Task.Delay(100);
        context.Abort();
        return true;
    }

#pragma warning disable CA5350, CA5351 // Git and stores use them as names.
    /// <summary>The store's ETag of a file.</summary>
    public static string EtagOf(byte[] content) => $"\"{Convert.ToHexStringLower(MD5.HashData(content))}\"";

    private static string BlobId(byte[] content) => Convert.ToHexStringLower(SHA1.HashData([.. Encoding.ASCII.GetBytes($"blob {content.Length}\0"), .. content]));
#pragma warning restore CA5350, CA5351

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _hub.DisposeAsync();
        await _store.DisposeAsync();
    }

    private WebApplication Make(Func<HttpContext, Task> answer)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        app.Run(context => answer(context));
        return app;
    }

    private async Task<bool> HandledAsync(string host, HttpContext context)
    {
        var headers = context.Request.Headers;
        Requests.Enqueue(new(host, context.Features.Get<IHttpRequestFeature>()!.RawTarget, headers.Range.ToString(), headers.IfRange.ToString(), headers.Authorization.ToString()));
        return await Fault(host, context);
    }

    private async Task HubAsync(HttpContext context)
    {
        if (await HandledAsync("hub", context)) return;
        var path = context.Features.Get<IHttpRequestFeature>()!.RawTarget.Split('?')[0];
        if (Token is not null && context.Request.Headers.Authorization != $"Bearer {Token}") await RefuseAsync(context, 401, "RepoNotFound", "Invalid username or password.");
        else if (await AnswersDatasetAsync(context, path)) return;
        else if (path == $"/api/models/{Repository}/revision/main" || path == $"/api/models/{Repository}/revision/v1.0" || path == $"/api/models/{Repository}/revision/{Commit}")
            await context.Response.WriteAsync(Listing(Describe()));
        else if (path.StartsWith($"/api/models/{Repository}/", StringComparison.Ordinal)) await RefuseAsync(context, 404, "RevisionNotFound", "Invalid rev id");
        else if (path.StartsWith($"/{Repository}/resolve/{Commit}/", StringComparison.Ordinal)) await ResolveAsync(context, Folder, Commit, Uri.UnescapeDataString(path[$"/{Repository}/resolve/{Commit}/".Length..]));
        else await RefuseAsync(context, 404, "RepoNotFound", "Repository not found");
    }

    private async Task ResolveAsync(HttpContext context, string folder, string commit, string file)
    {
        if (!File.Exists(Path.Combine(folder, file)))
        {
            await RefuseAsync(context, 404, "EntryNotFound", "Entry not found");
            return;
        }
        var content = await File.ReadAllBytesAsync(Path.Combine(folder, file));
        context.Response.Headers["X-Repo-Commit"] = commit;
        if (IsLarge(file, content))
        {
            context.Response.Headers["X-Linked-Etag"] = $"\"{Sha256(content)}\"";
            context.Response.Headers["X-Linked-Size"] = content.Length.ToString(CultureInfo.InvariantCulture);
            context.Response.Redirect($"{_store.Urls.First()}/{string.Join('/', file.Split('/').Select(Uri.EscapeDataString))}?signature=secret{(folder == Folder ? "" : $"&commit={commit}")}");
        }
        else await SendAsync(context, content, $"\"{BlobId(content)}\"");
    }

    private async Task StoreAsync(HttpContext context)
    {
        if (await HandledAsync("store", context)) return;
        var folder = context.Request.Query["commit"].FirstOrDefault() is { } commit ? Dataset!.Commits[commit] : Folder;
        var content = await File.ReadAllBytesAsync(Path.Combine(folder, context.Request.Path.Value!.TrimStart('/')));
        await SendAsync(context, content, EtagOf(content));
    }

    private async Task SendAsync(HttpContext context, byte[] content, string etag)
    {
        context.Response.Headers.ETag = etag;
        var range = context.Request.GetTypedHeaders().Range?.Ranges.FirstOrDefault();
        if (Ranges && range?.From is { } from && (context.Request.Headers.IfRange.Count == 0 || context.Request.Headers.IfRange == etag))
        {
            if (from >= content.Length)
            {
                context.Response.StatusCode = 416;
                return;
            }
            var to = Math.Min(range.To ?? content.Length - 1, content.Length - 1);
            context.Response.StatusCode = 206;
            context.Response.Headers.ContentRange = string.Create(CultureInfo.InvariantCulture, $"bytes {from}-{to}/{content.Length}");
            content = content[(int)from..((int)to + 1)];
        }
        context.Response.ContentLength = content.Length;
        await context.Response.Body.WriteAsync(content);
    }

    private static Task RefuseAsync(HttpContext context, int status, string code, string message)
    {
        context.Response.StatusCode = status;
        context.Response.Headers["X-Error-Code"] = code;
        context.Response.Headers["X-Error-Message"] = message;
        return context.Response.WriteAsync(JsonSerializer.Serialize(new { error = message }));
    }

    private string Describe() => JsonSerializer.Serialize(new
    {
        id = Repository,
        sha = Commit,
        siblings = Directory.GetFiles(Folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(path =>
        {
            var (name, content) = (Path.GetRelativePath(Folder, path).Replace('\\', '/'), File.ReadAllBytes(path));
            return IsLarge(name, content)
                ? (object)new { rfilename = name, size = content.Length, blobId = new string('b', 40), lfs = new { sha256 = Sha256(content), size = content.Length, pointerSize = 130 } }
                : new { rfilename = name, size = content.Length, blobId = BlobId(content) };
        }),
    });

    private static bool IsLarge(string file, byte[] content) => content.Length >= 1000 && !file.EndsWith(".json", StringComparison.Ordinal);

    private static string Sha256(byte[] content) => Convert.ToHexStringLower(SHA256.HashData(content));
}
