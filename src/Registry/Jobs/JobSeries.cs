using Temper.Core.Ids;
using Temper.Registry.Schema;
using Temper.Storage.Sql;

namespace Temper.Registry.Jobs;

/// <summary>What a measure was over a stretch of steps.</summary>
/// <param name="First">First step of the stretch.</param>
/// <param name="LowStep">Where it was lowest.</param>
/// <param name="Low">Its lowest value.</param>
/// <param name="HighStep">Where it was highest.</param>
/// <param name="High">Its highest value.</param>
/// <param name="Sum">Of all values.</param>
/// <param name="Count">Steps that have a value.</param>
public readonly record struct SeriesPiece(int First, int LowStep, double Low, int HighStep, double High, double Sum, long Count)
{
    public double Mean => Sum / Count;

    /// <summary>The same over both stretches.</summary>
    public SeriesPiece With(SeriesPiece next) => new(First, next.Low < Low ? next.LowStep : LowStep, Math.Min(Low, next.Low),
        next.High > High ? next.HighStep : HighStep, Math.Max(High, next.High), Sum + next.Sum, Count + next.Count);
}

/// <summary>
/// Measures of a job for charts: each step where there are few, else stretches of equal length that keep their lowest and highest value, so that no spike is lost.
/// A long job is read from <c>work_series</c>, whose buckets were computed when its points came: its size does not matter to who looks.
/// </summary>
internal sealed class JobSeries(Db db)
{
    /// <summary>Steps that are drawn one by one.</summary>
    public const int MostSteps = 1200;

    /// <summary>Stretches of a longer job, at most about this many.</summary>
    public const int MostPieces = 600;

    /// <summary>Up to it points are read; beyond it a bucket is no longer than a stretch, so buckets are.</summary>
    private const int MostRead = MostPieces * JobSchema.BucketSteps;

    /// <summary>One measure; empty where the job does not report it.</summary>
    public async Task<IReadOnlyList<SeriesPiece>> ReadAsync(WorkId id, string key, CancellationToken ct) => (await ReadAsync(id, "and key = @key", key, ct)).GetValueOrDefault(key, []);

    /// <summary>By name of the measure, each in order of steps.</summary>
    public Task<SortedDictionary<string, IReadOnlyList<SeriesPiece>>> ReadAsync(WorkId id, CancellationToken ct) => ReadAsync(id, "", "", ct);

    private async Task<SortedDictionary<string, IReadOnlyList<SeriesPiece>>> ReadAsync(WorkId id, string only, string key, CancellationToken ct)
    {
        var last = (await db.ScalarAsync<long?>("select max(bucket) from work_series where work_id = @id", new { id }, ct) ?? 0) * JobSchema.BucketSteps + JobSchema.BucketSteps - 1;
        var rows = last < MostRead
            ? (await db.QueryAsync<PointRow>($"select step, key, value from work_metrics where work_id = @id {only} order by step", new { id, key }, ct))
                .Select(row => (row.Key, Piece: new SeriesPiece((int)row.Step, (int)row.Step, row.Value, (int)row.Step, row.Value, row.Value, 1)))
            : (await db.QueryAsync<BucketRow>($"select key, bucket, count, sum, low, low_step, high, high_step from work_series where work_id = @id {only} order by key, bucket", new { id, key }, ct))
                .Select(row => (row.Key, Piece: new SeriesPiece((int)row.Bucket * JobSchema.BucketSteps, (int)row.LowStep, row.Low, (int)row.HighStep, row.High, row.Sum, row.Count)));
        var found = new SortedDictionary<string, IReadOnlyList<SeriesPiece>>(StringComparer.Ordinal);
        foreach (var series in rows.GroupBy(row => row.Key, row => row.Piece))
            found[series.Key] = Joined([.. series]);
        return found;
    }

    /// <summary>The points that draw a curve: the lowest and the highest of each stretch, in order of steps.</summary>
    public static IEnumerable<(int Step, double Value)> Points(IEnumerable<SeriesPiece> series) => series.SelectMany(piece =>
        piece.Count == 1 ? [(piece.LowStep, piece.Low)]
        : piece.LowStep <= piece.HighStep ? new[] { (piece.LowStep, piece.Low), (piece.HighStep, piece.High) } : [(piece.HighStep, piece.High), (piece.LowStep, piece.Low)]);

    private static List<SeriesPiece> Joined(List<SeriesPiece> pieces)
    {
        var last = pieces[^1].HighStep > pieces[^1].LowStep ? pieces[^1].HighStep : pieces[^1].LowStep;
        if (last <= MostSteps)
            return pieces;
        var width = (last + MostPieces - 1) / MostPieces;
        return [.. pieces.GroupBy(piece => piece.First / width).Select(group => group.Aggregate((all, next) => all.With(next)))];
    }

    private sealed record PointRow
    {
        public long Step { get; init; }
        public string Key { get; init; } = "";
        public double Value { get; init; }
    }

    private sealed record BucketRow
    {
        public string Key { get; init; } = "";
        public long Bucket { get; init; }
        public long Count { get; init; }
        public double Sum { get; init; }
        public double Low { get; init; }
        public long LowStep { get; init; }
        public double High { get; init; }
        public long HighStep { get; init; }
    }
}
