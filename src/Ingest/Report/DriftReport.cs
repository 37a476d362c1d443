namespace Temper.Ingest;

/// <summary>How much a version differs from the one before it.</summary>
/// <param name="Parent">NAME:VERSION.</param>
/// <param name="RecordsBefore">Records accepted then.</param>
/// <param name="RecordsNow">Records accepted now.</param>
/// <param name="Measures">What was compared, in a fixed order.</param>
public sealed record DriftReport(string Parent, long RecordsBefore, long RecordsNow, IReadOnlyList<DriftMeasure> Measures)
{
    /// <summary>Distance from which a measure is worth a look.</summary>
    public const double Notable = 0.1;

    /// <summary>Why the embeddings' centroids were not compared; null where they were.</summary>
    public string? NotCompared { get; init; }

    /// <summary>The same with the distance of the centroids of both versions' vectors (1 less their cosine), or with the reason why there is none.</summary>
    internal DriftReport With(EmbeddingReport? then, EmbeddingReport? today)
    {
        var reason = today is null ? "this version was not embedded" : then is null ? $"{Parent} was not embedded" : then.Space != today.Space ? $"{Parent} was embedded by another model" : null;
        return reason is null && EmbeddingReport.Distance(then!, today!) is { } distance
            ? this with { Measures = [.. Measures, new("embedding", Math.Round(distance, 4), [])] }
            : this with { NotCompared = $"embedding: {reason ?? "a centroid has no direction"}" };
    }

    /// <summary>Compares two shapes, and languages where both are known.</summary>
    internal static DriftReport Of(string parent, long before, long now, (RecordShape Shape, SortedDictionary<string, long>? Languages) then, (RecordShape Shape, SortedDictionary<string, long>? Languages) today) => new(parent, before, now,
    [
        DriftMeasure.Of("lengths", then.Shape.Lengths, today.Shape.Lengths),
        .. then.Languages is null || today.Languages is null ? (DriftMeasure[])[] : [DriftMeasure.Of("languages", then.Languages, today.Languages)],
        DriftMeasure.Of("roles", then.Shape.Roles, today.Shape.Roles),
        DriftMeasure.Of("kinds", then.Shape.Kinds, today.Shape.Kinds),
        DriftMeasure.Of("labels", then.Shape.Labels, today.Shape.Labels),
    ]);
}

/// <summary>One compared distribution.</summary>
/// <param name="Name">lengths, languages, roles, kinds, labels, embedding.</param>
/// <param name="Distance">Of the embedding, 1 less the cosine of both centroids; else total variation: half the sum of the differences of all shares, 0 (the same) to 1 (nothing in common).</param>
/// <param name="Largest">The three largest changes of a share.</param>
public sealed record DriftMeasure(string Name, double Distance, IReadOnlyList<DriftShare> Largest)
{
    /// <summary>Compares two distributions.</summary>
    public static DriftMeasure Of(string name, SortedDictionary<string, long> then, SortedDictionary<string, long> now)
    {
        var (before, after) = ((double)then.Values.Sum(), (double)now.Values.Sum());
        var shares = then.Keys.Union(now.Keys).Order(StringComparer.Ordinal).Select(key => new DriftShare(key,
            Math.Round(before == 0 ? 0 : then.GetValueOrDefault(key) / before, 6), Math.Round(after == 0 ? 0 : now.GetValueOrDefault(key) / after, 6))).ToList();
        // Something against nothing is all the difference there can be.
        var distance = before == 0 != (after == 0) ? 1 : shares.Sum(s => Math.Abs(s.Now - s.Before)) / 2;
        return new(name, Math.Round(distance, 4), [.. shares.Where(s => s.Now != s.Before).OrderByDescending(s => Math.Abs(s.Now - s.Before)).Take(3)]);
    }
}

/// <summary>A share that changed.</summary>
/// <param name="Key">Of what.</param>
/// <param name="Before">0 to 1.</param>
/// <param name="Now">0 to 1.</param>
public sealed record DriftShare(string Key, double Before, double Now);
