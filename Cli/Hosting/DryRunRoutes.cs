using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Ingest;
using Temper.Registry.Uploads;

namespace Temper.Cli.Hosting;

/// <summary><c>POST /api/v1/datasets/validate?dryRun=true&amp;file=NAME</c>: what ingestion would say of the body as one file. Nothing is stored or registered.</summary>
internal static class DryRunRoutes
{
    private const long Largest = 256L << 20;

    public static void MapDryRun(this IEndpointRouteBuilder routes) => routes.MapPost("/api/v1/datasets/validate", async (HttpContext http, bool? dryRun, string? file, CancellationToken ct) =>
    {
        if (dryRun != true)
            throw new TemperException("request_invalid", "Only a dry run validates without an upload.", "Add ?dryRun=true, or send the file with PUT /api/v1/uploads/{dataset}/{file}.");
        var name = file ?? "data.jsonl";
        UploadRules.Check(new(UploadKind.Dataset, ResourceName.Parse("dry-run"), [new(name, 0, Digest.Of([]))]), Ulid.New(TimeProvider.System), Largest);
        var scratch = Directory.CreateTempSubdirectory("temper-dry-run-");
        try
        {
            var path = Path.Combine(scratch.FullName, "body");
            await using (var content = File.Create(path))
                await CopyAsync(http.Request.Body, content, ct);
            var check = await DatasetCheck.RunAsync([(name, path)], Path.Combine(scratch.FullName, "work"), new(), TimeProvider.System, ct);
            return Results.Json(new { check.Result.Sealed, check.Result.Ledger, check.Result.Codes, check.Result.Problems, check.Warnings, check.SetAside }, Wire.Json);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }).WithTags("datasets").Produces<CheckedFolder>();

    private static async Task CopyAsync(Stream body, Stream file, CancellationToken ct)
    {
        var buffer = new byte[64 << 10];
        long all = 0;
        for (int read; (read = await body.ReadAsync(buffer, ct)) > 0; await file.WriteAsync(buffer.AsMemory(0, read), ct))
        {
            if ((all += read) > Largest)
                throw new TemperException("request_invalid", $"A dry run over HTTP takes at most {Largest >> 20} MiB.", "Use `temper upload PATH --dry-run`.");
        }
    }
}
