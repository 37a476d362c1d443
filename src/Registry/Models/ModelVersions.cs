using Temper.Core.Ids;
using Temper.Registry.Events;
using Temper.Registry.Publishing;
using Temper.Storage.Sql;

namespace Temper.Registry.Models;

/// <summary>Gives model versions their number and moves what points at the newest one.</summary>
internal sealed class ModelVersions(Aliases aliases)
{
    private const string Number = """
        insert into models (name, versions, created_ms, updated_ms) values (@name, 1, @now, @now)
        on conflict (name) do update set versions = models.versions + 1, updated_ms = @now returning versions
        """;

    /// <summary>Adds a version on top of <paramref name="parent"/> and moves <c>latest</c> to it, in the caller's transaction.</summary>
    /// <exception cref="ReferenceMovedException">Another version came in between.</exception>
    public async Task<ModelVersionRow> AddAsync(ModelVersionRow version, Digest? parent, DbSession session, EventDrafts events, CancellationToken ct)
    {
        var number = await session.ScalarAsync<long>(Number, new { name = version.Name, now = version.CreatedMs }, ct);
        var numbered = version with { Version = number };
        await session.ExecuteAsync(ModelVersionRow.Insert, numbered, ct);
        await References.MoveAsync(session, References.OfModel(version.Name), parent, version.CommitId, version.CreatedMs, ct);
        events.Add("model.version.created", $"model/{version.Name}",
            new { name = version.Name, version = number, commit = version.CommitId, digest = version.Digest, job = version.JobId }, version.Traceparent);
        await aliases.MoveAsync(session, events, version.Name, "latest", (int)number, version.Traceparent, ct);
        RegistryTelemetry.Versions.Add(1, new KeyValuePair<string, object?>("kind", "model"));
        return numbered;
    }
}
