using System.Globalization;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Registry.Jobs;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.OpenAi;

/// <summary>Events and checkpoints of a job.</summary>
internal sealed class FineTuningProgress(Db db, CheckpointFiles checkpoints, FineTuningJobs jobs)
{
    private const string EventPrefix = "ftevent-";
    private const string CheckpointPrefix = "ftckpt-";

    private const string Newest = "select seq, at_ms, level, text, step from work_log where work_id = @id and seq < @before order by seq desc limit @more";

    private const string Points = "select step, key, value from work_metrics where work_id = @id and step >= @first and step <= @last";

    /// <summary>Newest first.</summary>
    public async Task<OpenAiList<FineTuningEvent>> EventsAsync(WorkId id, string? after, int? limit, CancellationToken ct)
    {
        var most = OpenAiList<FineTuningEvent>.Limit(limit);
        await jobs.FindAsync(id, ct);
        var lines = await db.QueryAsync<Line>(Newest, new { id, before = after is null ? long.MaxValue : SeqOf(id, after), more = most + 1 }, ct);
        var steps = lines.Where(line => line.Step is not null).Select(line => line.Step!.Value).ToList();
        var points = steps.Count == 0 ? [] : await PointsAsync(id, steps.Min(), steps.Max(), ct);
        var total = await db.ScalarAsync<long>("select total_steps from work where id = @id", new { id }, ct);
        return OpenAiList<FineTuningEvent>.Of([.. lines.Select(line => Show(id, line, points, total))], most, e => e.Id);
    }

    /// <summary>Newest first: those that are whole and still kept.</summary>
    public async Task<OpenAiList<FineTuningCheckpoint>> CheckpointsAsync(WorkId id, string? after, int? limit, CancellationToken ct)
    {
        var most = OpenAiList<FineTuningCheckpoint>.Limit(limit);
        var row = await jobs.FindAsync(id, ct);
        var before = after is null ? int.MaxValue : StepOfId(id, after);
        var steps = (await checkpoints.ListAsync(id, ct)).Keys.Where(step => step < before).OrderDescending().Take(most + 1).ToList();
        var points = steps.Count == 0 ? [] : await PointsAsync(id, steps.Min(), steps.Max(), ct);
        var order = Column.Read<FineTuningOrder>(await db.ScalarAsync<string>("select request from openai_jobs where work_id = @id", new { id }, ct));
        var name = FineTuningJob.NameOf(row, order);
        var list = new List<FineTuningCheckpoint>();
        foreach (var step in steps)
        {
            // The line of that step was said when it was done, just before its checkpoint.
            var at = await db.ScalarAsync<long?>("select max(at_ms) from work_log where work_id = @id and step <= @step", new { id, step = (long)step }, ct) ?? row.StartedMs ?? row.CreatedMs;
            list.Add(new(FormattableString.Invariant($"{CheckpointPrefix}{id}-{step}"), at / 1000, FormattableString.Invariant($"{name}:ckpt-step-{step}"), step,
                new(step, points.GetValueOrDefault((step, "loss")), points.GetValueOrDefault((step, "token_accuracy")), points.GetValueOrDefault((step, "eval_loss")),
                    points.GetValueOrDefault((step, "eval_token_accuracy"))), id.ToString()));
        }
        return OpenAiList<FineTuningCheckpoint>.Of(list, most, checkpoint => checkpoint.Id);
    }

    private async Task<Dictionary<(long Step, string Key), double?>> PointsAsync(WorkId id, long first, long last, CancellationToken ct) =>
        (await db.QueryAsync<Point>(Points, new { id, first, last }, ct)).ToDictionary(point => (point.Step, point.Key), point => (double?)point.Value);

    private static FineTuningEvent Show(WorkId id, Line line, Dictionary<(long Step, string Key), double?> points, long total)
    {
        var data = new SortedDictionary<string, object?>(StringComparer.Ordinal);
        if (line.Step is { } step)
        {
            (data["step"], data["total_steps"]) = (step, total);
            data["train_loss"] = points.GetValueOrDefault((step, "loss"));
            data["train_mean_token_accuracy"] = points.GetValueOrDefault((step, "token_accuracy"));
            data["learning_rate"] = points.GetValueOrDefault((step, "learning_rate"));
            if (points.GetValueOrDefault((step, "eval_loss")) is { } loss)
                data["valid_loss"] = loss;
        }
        return new(FormattableString.Invariant($"{EventPrefix}{id}-{line.Seq}"), line.AtMs / 1000, line.Level, line.Text, line.Step is null ? "message" : "metrics", data);
    }

    private static long SeqOf(WorkId id, string after) => Tail(EventPrefix, id, after) is { } seq ? seq : throw Foreign(after, "event");

    private static int StepOfId(WorkId id, string after) => Tail(CheckpointPrefix, id, after) is { } step and <= int.MaxValue ? (int)step : throw Foreign(after, "checkpoint");

    private static long? Tail(string prefix, WorkId id, string text) => text.StartsWith($"{prefix}{id}-", StringComparison.Ordinal)
        && long.TryParse(text.AsSpan(prefix.Length + id.ToString().Length + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static TemperException Foreign(string after, string what) =>
        new([new("invalid_value", $"'{(after.Length > 80 ? after[..80] : after)}' is no {what} of this job.") { Path = "after" }]);

    private sealed record Line
    {
        public long Seq { get; init; }
        public long AtMs { get; init; }
        public string Level { get; init; } = "";
        public string Text { get; init; } = "";
        public long? Step { get; init; }
    }

    private sealed record Point
    {
        public long Step { get; init; }
        public string Key { get; init; } = "";
        public double Value { get; init; }
    }
}

/// <summary>An event as OpenAI's clients read it.</summary>
internal sealed record FineTuningEvent(string Id, long CreatedAt, string Level, string Message, string Type, IReadOnlyDictionary<string, object?> Data)
{
    public string Object => "fine_tuning.job.event";
}

/// <summary>Numbers of the step of a checkpoint.</summary>
internal sealed record CheckpointMetrics(int Step, double? TrainLoss, double? TrainMeanTokenAccuracy, double? ValidLoss, double? ValidMeanTokenAccuracy)
{
    /// <summary>Our held-out examples are measured whole each time.</summary>
    public double? FullValidLoss => ValidLoss;

    public double? FullValidMeanTokenAccuracy => ValidMeanTokenAccuracy;
}

/// <summary>A checkpoint as OpenAI's clients read it.</summary>
internal sealed record FineTuningCheckpoint(string Id, long CreatedAt, string FineTunedModelCheckpoint, int StepNumber, CheckpointMetrics Metrics, string FineTuningJobId)
{
    public string Object => "fine_tuning.job.checkpoint";
}
