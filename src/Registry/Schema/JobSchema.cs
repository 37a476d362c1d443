namespace Temper.Registry.Schema;

/// <summary>What the work table learnt about jobs after its first version.</summary>
internal static class JobSchema
{
    /// <summary>Priorities, pauses, memory, reasons, estimates.</summary>
    public const string Version1 = """
        alter table work add column priority bigint not null default 0;
        alter table work add column pause_requested integer not null default 0;
        alter table work add column memory bigint not null default 0;
        alter table work add column waits text;
        alter table work add column offered bigint;
        alter table work add column waits_for text;
        alter table work add column beat_ms bigint;
        alter table work add column step_ms double precision;
        alter table work add column step_at_ms bigint;
        alter table work add column finish_ms bigint;
        alter table work add column tries text;
        alter table work_log add column step bigint;
        create index work_claimable on work (priority desc, created_ms, id) where state = 'queued';
        create index work_validating on work (waits_for) where state = 'validating';
        """;
}
