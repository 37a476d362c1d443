namespace Temper.Registry.OpenAi;

/// <summary>What OpenAI's routes keep beside uploads and work.</summary>
internal static class OpenAiSchema
{
    public const string Version1 = """
        create table openai_files (
            id text primary key,
            filename text not null,
            purpose text not null,
            bytes bigint not null,
            upload_id text not null,
            work_id text not null,
            deleted integer not null default 0,
            created_ms bigint not null);
        create index openai_files_newest on openai_files (created_ms desc, id desc) where deleted = 0;
        create table openai_jobs (
            work_id text primary key references work (id),
            request text not null);
        """;
}
