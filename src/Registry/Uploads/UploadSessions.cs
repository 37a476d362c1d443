using System.Diagnostics;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Uploads;

/// <summary>Opens uploads and tells how much of them has arrived.</summary>
internal sealed class UploadSessions(Db db, UploadReuse reuse, RegistryOptions options, TimeProvider clock)
{
    /// <summary>Largest piece, bytes.</summary>
    public const int PartSize = 8 << 20;

    private const string Insert = """
        insert into uploads (id, kind, name, files_digest, state, traceparent, created_ms, touched_ms)
        values (@id, @kind, @name, @digest, 'open', @traceparent, @now, @now) on conflict do nothing
        """;

    private const string Unfinished = "select id from uploads where kind = @kind and name = @name and files_digest = @digest and state = 'open'";

    /// <summary>Opens an upload, or finds the unfinished one of the same files.</summary>
    /// <exception cref="TemperException">Those of <see cref="UploadRules.Check"/>.</exception>
    public async Task<UploadSession> OpenAsync(UploadRequest request, CancellationToken ct)
    {
        var id = Ulid.New(clock);
        UploadRules.Check(request, id, options.LargestFile);
        var upload = new
        {
            id,
            kind = Column.Word(request.Kind),
            name = request.Name,
            digest = CanonicalJson.DigestOf(Wire.ToElement(request.Files.OrderBy(file => file.Path, StringComparer.Ordinal))),
            traceparent = Activity.Current?.Id,
            now = clock.GetUtcNow().ToUnixTimeMilliseconds(),
        };
        var open = await db.InTransactionAsync(async (session, token) =>
        {
            if (await session.ExecuteAsync(Insert, upload, token) == 0)
                return await session.ScalarAsync<string>(Unfinished, upload, token);
            await session.ExecuteAsync(UploadFileRow.Insert, request.Files.Select((file, n) =>
                new { UploadId = id, Idx = (long)n, file.Path, file.Size, file.Sha256, Received = 0L }).ToList(), token);
            return id;
        }, ct);
        if (open is null)
            return await OpenAsync(request, ct);
        if (open == id && request.Kind == UploadKind.Dataset)
            await reuse.FillAsync(new() { Id = id, Kind = request.Kind, Name = request.Name }, ct);
        return await GetAsync(open, ct);
    }

    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<UploadSession> GetAsync(string id, CancellationToken ct)
    {
        var upload = await UploadRow.FindAsync(db, id, ct) ?? throw Unknown(id);
        var files = await UploadFileRow.ListAsync(db, id, ct);
        return new(id, upload.Kind, upload.Name, PartSize, upload.Completed, [.. files.Select(file => file.Progress)]);
    }

    public static TemperException Unknown(string id) => new("not_found", $"There is no upload '{(id.Length > 40 ? id[..40] : id)}'.");
}
