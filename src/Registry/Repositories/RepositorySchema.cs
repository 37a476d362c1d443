namespace Temper.Registry.Repositories;

/// <summary>Tables of repositories. Their objects lie in the content store, which all repositories share. One text for SQLite and PostgreSQL.</summary>
internal static class RepositorySchema
{
    /// <summary>What repositories take, and from whom: several values a name.</summary>
    public const string Settings = """
        create table repo_settings (
            repo_id text not null,
            name text not null,
            n bigint not null,
            value text not null,
            primary key (repo_id, name, n));

        """;

    /// <summary>The one row by which moves of references and removals of packs see each other.</summary>
    public const string Collection = """
        create table collection (
            id integer primary key,
            epoch bigint not null,
            moves bigint not null,
            marked_moves bigint not null,
            marked_ms bigint not null);
        insert into collection (id, epoch, moves, marked_moves, marked_ms) values (1, 0, 0, -1, 0);

        """;

    /// <summary>Repositories, their references, leases, and packs on their way in.</summary>
    public const string Version1 = """
        create table repos (
            id text primary key,
            ns text not null,
            name text not null,
            kind text not null,
            default_branch text not null,
            created_ms bigint not null,
            unique (ns, name));
        create table repo_refs (
            repo_id text not null references repos (id),
            name text not null,
            target text not null,
            version bigint not null,
            updated_ms bigint not null,
            primary key (repo_id, name));
        create table repo_reflog (
            id text primary key,
            repo_id text not null,
            name text not null,
            old_target text,
            new_target text,
            at_ms bigint not null);
        create index repo_reflog_by_ref on repo_reflog (repo_id, name, id desc);
        create table leases (
            id text primary key,
            repo_id text not null,
            expires_ms bigint not null);
        create index leases_by_end on leases (expires_ms);
        create table lease_objects (
            lease_id text not null references leases (id),
            object_id text not null,
            primary key (lease_id, object_id));
        create index lease_objects_by_object on lease_objects (object_id);
        create table pack_uploads (
            id text primary key,
            repo_id text not null,
            sha256 text not null,
            size bigint not null,
            received bigint not null default 0,
            state text not null,
            created_ms bigint not null,
            touched_ms bigint not null);
        create unique index pack_uploads_open on pack_uploads (repo_id, sha256) where state = 'open';
        create index pack_uploads_idle on pack_uploads (touched_ms, id) where state = 'open';
        create table pack_upload_pieces (
            upload_id text not null references pack_uploads (id),
            at bigint not null,
            size bigint not null,
            blob_key text not null,
            primary key (upload_id, at));

        """;
}
