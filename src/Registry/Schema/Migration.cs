using Temper.Core.Errors;
using Temper.Registry.Evaluations;
using Temper.Registry.OpenAi;
using Temper.Registry.Repositories;
using Temper.Registry.Sweeps;
using Temper.Storage.Sql;
using Temper.Versioning.Content;

namespace Temper.Registry.Schema;

/// <summary>Brings a database to the schema of this version: each step once, in order, all in one transaction.</summary>
internal static class Migration
{
    private const string VersionTable = "create table if not exists registry_schema (id integer primary key, version bigint not null)";

    // Any fixed number: it only has to be the same in every registry process.
    private const string OneAtATime = "select pg_advisory_xact_lock(7305518)";

    private static readonly string[] Steps = [VersioningSchema.Version1 + RegistrySchema.Version1, RegistrySchema.DatasetBuilds, RegistrySchema.UploadsByContent, RepositorySchema.Version1, RepositorySchema.Settings, EvaluationSchema.Version1,
        JobSchema.Version1, OpenAiSchema.Version1, VersioningSchema.Collection + RepositorySchema.Collection,
        JobSchema.PausesAtSteps + SweepSchema.Version1, JobSchema.Series, SweepSchema.SuiteDigests];

    /// <summary>Number of the newest schema that this version knows.</summary>
    public static int Newest => Steps.Length;

    /// <exception cref="TemperException">Code <c>schema_newer</c>.</exception>
    public static Task RunAsync(Db db, CancellationToken ct) => db.InTransactionAsync(async (session, token) =>
    {
        if (db.IsPostgres)
            await session.ExecuteAsync(OneAtATime, null, token);
        await session.ExecuteAsync(VersionTable, null, token);
        var found = await session.ScalarAsync<long>("select version from registry_schema where id = 1", null, token);
        if (found > Newest)
            throw new TemperException("schema_newer", $"The database {db.Address} has schema {found}; this version knows schemas up to {Newest}.");
        for (var next = found; next < Newest; next++)
            await session.ExecuteAsync(Steps[next], null, token);
        await session.ExecuteAsync("insert into registry_schema (id, version) values (1, @version) on conflict (id) do update set version = excluded.version",
            new { version = (long)Newest }, token);
    }, ct);
}
