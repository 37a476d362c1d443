namespace Temper.Registry.Evaluations;

/// <summary>Tables of results and gates, one text for SQLite and PostgreSQL.</summary>
internal static class EvaluationSchema
{
    public const string Version1 = """
        create table evaluations (
            id text primary key,
            model text not null,
            version bigint not null,
            suite text not null,
            suite_digest text not null,
            metrics text not null,
            report text,
            created_ms bigint not null,
            foreign key (model, version) references model_versions (name, version));
        create index evaluations_by_version on evaluations (model, version, suite, id);
        create table alias_gates (
            model text not null references models (name),
            alias text not null,
            suite text not null,
            metric text not null,
            at_least double precision,
            at_most double precision,
            created_ms bigint not null,
            primary key (model, alias, suite, metric));

        """;
}
