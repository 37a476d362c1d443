namespace Temper.Versioning.Repositories;

/// <summary>Tables of <c>repo.db</c>. All of it can be made again from packs, HEAD and logs/refs.</summary>
internal static class RepositorySchema
{
    /// <summary>Version 1. Running it again changes nothing.</summary>
    public const string Version1 = """
        create table if not exists facts (key text primary key, value text not null) without rowid;
        create table if not exists refs (name text primary key, target text not null) without rowid;
        create table if not exists reflog (
            id integer primary key,
            name text not null,
            old text,
            new text,
            who text not null,
            reason text not null);
        create index if not exists reflog_by_name on reflog (name, id);
        create table if not exists index_pages (
            folder text not null,
            first text not null,
            body blob not null,
            primary key (folder, first)) without rowid;
        create table if not exists folder_trees (
            folder text primary key,
            id text not null,
            size bigint not null) without rowid;
        create table if not exists commit_graph (
            id text primary key,
            tree text not null,
            gen bigint not null,
            at_ms bigint not null,
            parents text not null) without rowid;
        """;
}
