namespace Temper.Versioning.Content;

/// <summary>Tables of the content store, for the migration of the database that holds them. One text for SQLite and PostgreSQL.</summary>
public static class VersioningSchema
{
    /// <summary>Version 1. Running it again changes nothing.</summary>
    public const string Version1 = """
        create table if not exists packs (
            id text primary key,
            size bigint not null,
            created_ms bigint not null);
        create table if not exists pack_entries (
            id text not null,
            pack_id text not null references packs (id),
            kind text not null,
            off bigint not null,
            stored bigint not null,
            size bigint not null,
            form integer not null,
            primary key (id, pack_id));
        create table if not exists files (
            id text primary key,
            size bigint not null,
            chunker text not null,
            blob_key text,
            created_ms bigint not null);
        create table if not exists file_chunks (
            file_id text not null references files (id),
            n bigint not null,
            chunk_id text not null,
            len bigint not null,
            primary key (file_id, n));
        create table if not exists commits (
            id text primary key,
            tree text not null,
            meta text,
            gen bigint not null,
            at_ms bigint not null);
        create table if not exists parents (
            commit_id text not null references commits (id),
            n bigint not null,
            parent_id text not null references commits (id),
            primary key (commit_id, n));
        create index if not exists parents_by_parent on parents (parent_id, commit_id);

        """ + Collection;

    /// <summary>
    /// Packs that nothing leads to: what they hold is stored again rather than relied on; and packs that the catalogue has forgotten and whose blobs
    /// are about to go.
    /// </summary>
    public const string Collection = """
        create table if not exists dead_packs (
            pack_id text primary key,
            since_ms bigint not null);
        create table if not exists forgotten_packs (pack_id text primary key);
        create index if not exists file_chunks_by_chunk on file_chunks (chunk_id, file_id);
        create index if not exists pack_entries_by_pack on pack_entries (pack_id);

        """;
}
