using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Azure.Functions.Worker;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Ingest;

namespace Temper.Functions.Ingest;

/// <summary>Files sent straight to the functions: <c>PUT api/data/{dataset}/{file}</c> uploads, <c>POST api/validate?file=NAME</c> says what ingestion
/// would say of the body and keeps nothing. Both ask for the registry's API key where there is one.</summary>
public sealed class Direct(RegistryClient registry, ApiKey key)
{
    /// <summary>Most bytes of a body. The deployment tells the Functions host the same.</summary>
    public const long Largest = 256L << 20;

    /// <summary>Uploads one file; the answer is the registry's receipt.</summary>
    [Function("Upload")]
    public Task<IActionResult> Upload([HttpTrigger(AuthorizationLevel.Anonymous, "put", Route = "data/{dataset}/{file}")] HttpRequest request, string dataset, string file, CancellationToken cancellationToken) =>
        key.AskAsync(request, () => WithBodyAsync(request, async (path, _) => await registry.Uploads.PutAsync(ResourceName.Parse(dataset), file, () => File.OpenRead(path), cancellationToken), cancellationToken));

    /// <summary>Ledger, problems and quarantine of the body as one file.</summary>
    [Function("Validate")]
    public Task<IActionResult> Validate([HttpTrigger(AuthorizationLevel.Anonymous, "post", Route = "validate")] HttpRequest request, CancellationToken cancellationToken) =>
        key.AskAsync(request, () => WithBodyAsync(request, async (path, scratch) =>
        {
            var name = request.Query["file"] is [{ Length: > 0 } asked] ? asked : "data.jsonl";
            var check = await DatasetCheck.RunAsync([(name, path)], Path.Combine(scratch, "work"), new(), TimeProvider.System, cancellationToken);
            return new { check.Result.Sealed, check.Result.Ledger, check.Result.Codes, check.Result.Problems, check.SetAside };
        }, cancellationToken));

    /// <summary>The body goes through a file: what is sent on may have to be sent again, and a request's body can be read once.</summary>
    private static async Task<T> WithBodyAsync<T>(HttpRequest request, Func<string, string, Task<T>> use, CancellationToken ct)
    {
        if (request.ContentLength > Largest)
            throw TooLarge();
        var scratch = Directory.CreateTempSubdirectory("temper-direct-");
        try
        {
            var path = Path.Combine(scratch.FullName, "body");
            await SaveAsync(request.Body, path, ct);
            return await use(path, scratch.FullName);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    private static async Task SaveAsync(Stream body, string path, CancellationToken ct)
    {
        await using var file = File.Create(path);
        var buffer = new byte[64 << 10];
        for (int read; (read = await body.ReadAsync(buffer, ct)) > 0;)
        {
            if (file.Position + read > Largest)
                throw TooLarge();
            await file.WriteAsync(buffer.AsMemory(0, read), ct);
        }
    }

    private static TemperException TooLarge() =>
        new("request_invalid", $"A function takes at most {Largest >> 20} MiB.", "Put larger files into the container uploads, or use `temper upload`.");
}
