namespace Temper.Registry.Schema;

/// <summary>Tables of the registry, one text for SQLite and PostgreSQL. Times are milliseconds since 1970, flags 0 or 1, documents JSON text.</summary>
internal static class RegistrySchema
{
    public const string Version1 = Uploads + Work + Datasets + Models + Events;

    /// <summary>Finds a file of an earlier upload by its content.</summary>
    public const string UploadsByContent = "create index upload_files_by_content on upload_files (sha256);";

    /// <summary>How versions were built.</summary>
    public const string DatasetBuilds = """
        create table dataset_builds (
            name text not null,
            version bigint not null,
            facts text not null,
            created_ms bigint not null,
            primary key (name, version));

        """;

    private const string Uploads = """
        create table uploads (
            id text primary key,
            kind text not null,
            name text not null,
            files_digest text not null,
            state text not null,
            work_id text,
            model_version bigint,
            kept integer not null default 1,
            traceparent text,
            created_ms bigint not null,
            touched_ms bigint not null);
        create unique index uploads_open on uploads (kind, name, files_digest) where state = 'open';
        create index uploads_idle on uploads (touched_ms, id) where state = 'open';
        create index uploads_spent on uploads (id) where kept = 0;
        create table upload_files (
            upload_id text not null references uploads (id),
            idx bigint not null,
            path text not null,
            size bigint not null,
            sha256 text not null,
            token text,
            next_part bigint not null default 1,
            received bigint not null default 0,
            primary key (upload_id, idx));
        create table upload_parts (
            upload_id text not null,
            idx bigint not null,
            number bigint not null,
            token text not null,
            size bigint not null,
            primary key (upload_id, idx, number));

        """;

    private const string Work = """
        create table work (
            id text primary key,
            kind text not null,
            name text not null,
            payload text not null,
            payload_digest text not null,
            state text not null,
            attempt bigint not null default 0,
            handbacks bigint not null default 0,
            fence bigint not null default 0,
            worker text,
            lease_ms bigint not null default 0,
            lease_until_ms bigint not null default 0,
            cancel_requested integer not null default 0,
            phase text not null,
            progress double precision not null default 0,
            step bigint not null default 0,
            total_steps bigint not null default 0,
            log_seq bigint not null default 0,
            report_digest text,
            finish_fence bigint,
            finish_digest text,
            outcome text,
            errors text,
            traceparent text,
            created_ms bigint not null,
            started_ms bigint,
            ended_ms bigint);
        create index work_open on work (created_ms, id) where state in ('queued', 'running');
        create index work_open_by_name on work (kind, name) where state in ('queued', 'running');
        create index work_newest on work (created_ms desc, id desc);
        create index work_newest_of_kind on work (kind, created_ms desc, id desc);
        create table work_metrics (
            work_id text not null references work (id),
            step bigint not null,
            key text not null,
            value double precision not null,
            primary key (work_id, step, key));
        create table work_log (
            work_id text not null references work (id),
            seq bigint not null,
            at_ms bigint not null,
            level text not null,
            text text not null,
            primary key (work_id, seq));

        """;

    private const string Datasets = """
        create table datasets (
            name text primary key,
            versions bigint not null default 0,
            latest bigint,
            created_ms bigint not null,
            updated_ms bigint not null);
        create table dataset_versions (
            name text not null references datasets (name),
            version bigint not null,
            version_key text not null,
            sealed integer not null,
            commit_id text references commits (id),
            manifest text,
            ledger text not null,
            codes text not null,
            files text not null,
            problems text not null,
            work_id text not null,
            traceparent text,
            created_ms bigint not null,
            primary key (name, version),
            unique (name, version_key));
        create index dataset_versions_by_commit on dataset_versions (commit_id);
        create table dataset_bindings (
            dataset text primary key,
            request text not null,
            updated_ms bigint not null);

        """;

    private const string Models = """
        create table models (
            name text primary key,
            versions bigint not null default 0,
            created_ms bigint not null,
            updated_ms bigint not null);
        create table model_versions (
            name text not null references models (name),
            version bigint not null,
            commit_id text not null references commits (id),
            digest text not null,
            files text not null,
            base text,
            lineage text,
            metrics text not null,
            metadata text,
            job_id text unique,
            traceparent text,
            created_ms bigint not null,
            primary key (name, version));
        create unique index model_versions_imported on model_versions (name, digest) where job_id is null;
        create index model_versions_by_commit on model_versions (commit_id);
        create table aliases (
            model text not null references models (name),
            alias text not null,
            version bigint not null,
            updated_ms bigint not null,
            primary key (model, alias));
        create table alias_history (
            id text primary key,
            model text not null,
            alias text not null,
            from_version bigint,
            to_version bigint not null,
            at_ms bigint not null);
        create index alias_history_by_model on alias_history (model, id desc);
        create table refs (
            name text primary key,
            target text not null references commits (id),
            version bigint not null,
            updated_ms bigint not null);

        """;

    private const string Events = """
        create table event_counter (
            id integer primary key,
            last bigint not null);
        insert into event_counter (id, last) values (1, 0);
        create table events (
            seq bigint primary key,
            type text not null,
            subject text not null,
            at_ms bigint not null,
            data text not null,
            traceparent text);
        create index events_by_subject on events (subject, seq);
        create table relays (
            name text primary key,
            last_seq bigint not null,
            holder text,
            held_until_ms bigint not null default 0);

        """;
}
