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

    /// <summary>Jobs that pause by themselves at a step, and what a job had reached when it stopped.</summary>
    public const string PausesAtSteps = """
        alter table work add column pause_at bigint;
        alter table work add column reached text;
        alter table work add column reached_step bigint;

        """;

    /// <summary>What charts of long jobs are drawn from, and what stands out on them.</summary>
    public const string Series = $"""
        alter table work_log add column mark text;
        create index work_marks on work_log (work_id, seq) where mark is not null;
        create table work_series (
            work_id text not null references work (id),
            key text not null,
            bucket bigint not null,
            count bigint not null,
            sum double precision not null,
            low double precision not null,
            low_step bigint not null,
            high double precision not null,
            high_step bigint not null,
            primary key (work_id, key, bucket));
        {SeriesInsert} from work_metrics {SeriesGroups};
        """;

    /// <summary>Steps of a bucket of <c>work_series</c>.</summary>
    public const int BucketSteps = 16;

    /// <summary>Computes buckets from points; between it and <see cref="SeriesGroups"/> stands <c>from work_metrics</c> with a condition.</summary>
    public const string SeriesInsert = """
        insert into work_series (work_id, key, bucket, count, sum, low, low_step, high, high_step)
        select work_id, key, bucket, count(*), sum(value), min(value), min(case when value = low then step end), max(value), min(case when value = high then step end)
        from (select work_id, key, step, value, step / 16 as bucket,
            min(value) over (partition by work_id, key, step / 16) as low, max(value) over (partition by work_id, key, step / 16) as high
        """;

    /// <inheritdoc cref="SeriesInsert"/>
    public const string SeriesGroups = ") points group by work_id, key, bucket";
}
