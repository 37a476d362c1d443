using Temper.Core.Ids;
using Temper.Training.Sampling;

namespace Temper.Training.Tests.Sampling;

/// <summary>Mixes as tests write them.</summary>
internal static class Mixes
{
    public static MixDataset Text(string id, long items) => new(id, Digest.OfText("version of " + id), [new("", items)]);

    public static MixDataset Images(string id, params (string Aspect, long Items)[] buckets) => new(id, Digest.OfText("version of " + id), [.. buckets.Select(b => new MixBucket(b.Aspect, b.Items))]);

    public static Mix Of(int batch, params MixDataset[] datasets) => new() { Seed = 42, Batch = batch, Datasets = datasets };

    /// <summary>Three datasets of several aspects, one of them repeated.</summary>
    public static Mix ThreeBucketed => Of(4, Images("birds", ("1.00", 13), ("0.75", 9)), Images("cats", ("1.00", 7)) with { Repeats = 2, Probability = 2 }, Images("dogs", ("1.33", 11), ("1.00", 5), ("0.66", 6)));

    public static Mix ThreeTexts => Of(6, Text("chats", 23), Text("code", 8) with { Repeats = 1, Probability = 0.5m }, Text("prose", 14));

    /// <summary>The first steps of <see cref="ThreeTexts"/>, worked out by a program in another language from docs/formats/sampler-state.md.</summary>
    public static readonly string[] GoldenTexts =
    [
        "0 e0: 0.0/2@0 2.0/2@0 0.0/14@0 0.0/17@0 0.0/0@0 0.0/22@0",
        "1 e0: 2.0/4@0 0.0/5@0 1.0/3@0 2.0/1@0 0.0/16@0 0.0/11@0",
        "2 e0: 1.0/2@0 1.0/6@0 2.0/0@0 2.0/10@0 2.0/13@0 1.0/1@0",
    ];

    /// <summary>The same for <see cref="ThreeBucketed"/>.</summary>
    public static readonly string[] GoldenBuckets =
    [
        "0 e0: 0.0/4@0 0.0/12@0 0.0/6@0 0.0/2@0",
        "1 e0: 2.1/1@0 2.1/0@0 2.1/4@0 2.1/2@0",
        "2 e0: 1.0/6@0 1.0/5@0 1.0/2@0 1.0/4@0",
    ];

    /// <summary>The rows of the next steps, as text.</summary>
    public static List<string> Walk(Sampler sampler, int steps)
    {
        var (batch, rows) = (new GlobalBatch(sampler.Mix.Batch), new List<string>());
        for (var i = 0; i < steps; i++)
        {
            sampler.Next(batch);
            rows.Add($"{batch.Step} e{batch.Epoch}: {string.Join(' ', batch.Rows.ToArray().Select(Shown))}");
        }
        return rows;
    }

    public static string Shown(Sample s) => $"{s.Dataset}.{s.Bucket}/{s.Item}@{s.Pass}{(s.Padding ? "+" : "")}";
}
