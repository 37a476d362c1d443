namespace Temper.Registry.Sweeps;

/// <summary>Tables of sweeps, one text for SQLite and PostgreSQL. Where a trial stands is said by its row of work; only what the sweep decided is kept here.</summary>
internal static class SweepSchema
{
    public const string Version1 = """
        create table sweeps (
            id text primary key,
            name text not null unique,
            digest text not null,
            method text not null,
            metric text not null,
            direction text not null,
            trials bigint not null,
            eta bigint,
            rungs text,
            rung bigint not null default 0,
            status text not null,
            alias text,
            settings text,
            best bigint,
            note text,
            traceparent text,
            created_ms bigint not null,
            ended_ms bigint);
        create index sweeps_newest on sweeps (created_ms desc, id desc);
        create index sweeps_running on sweeps (id) where status = 'running';
        create table sweep_trials (
            sweep_id text not null references sweeps (id),
            idx bigint not null,
            job_id text not null unique references work (id),
            parameters text not null,
            rung bigint not null default 0,
            stopped integer not null default 0,
            metric double precision,
            reason text,
            primary key (sweep_id, idx));
        """;

    /// <summary>Which suite of its name a sweep compares.</summary>
    public const string SuiteDigests = "alter table sweeps add column suite_digest text;";
}
