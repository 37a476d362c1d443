using Microsoft.ML;
using Microsoft.ML.Data;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Ingest;
using Temper.Ingest.Tests;
using Temper.Plugins.MlNet;
using Temper.Testing;

namespace Temper.Cloud.Tests;

/// <summary>The scorer's contract on a model of ML.NET, and what such a model asks beyond it.</summary>
public sealed class MlNetTests : RecordScorerContract, IDisposable
{
    private readonly TempFolder _folder = new();
    private string? _model;

    public void Dispose() => _folder.Dispose();

    protected override IReadOnlyList<IRecordScorer> Open() => [MlNetScorer.Open("tone", _model ??= Train(["good tea", "good cake", "good day"], ["bad tea", "bad cake", "bad day"]))];

    [Fact]
    public void A_team_s_own_model_scores_records_always_alike_and_its_digest_is_the_version()
    {
        var path = Train(["good tea", "good cake", "good day"], ["bad tea", "bad cake", "bad day"]);
        var scorer = MlNetScorer.Open("tone", path);
        Assert.Equal($"ml-net {Digest.Of(File.ReadAllBytes(path)).Hex}", scorer.Version);
        var (good, bad) = (scorer.Score(Record("good soup")), scorer.Score(Record("bad soup")));
        Assert.True(good > bad, $"{good} <= {bad}");
        Assert.Equal(good, MlNetScorer.Open("tone", path).Score(Record("good soup")));
    }

    [Fact]
    public void A_file_that_is_no_model_is_named()
    {
        var path = _folder.Of("not.zip");
        File.WriteAllText(path, "no archive");
        var error = Assert.Throws<TemperException>(() => MlNetScorer.Open("tone", path));
        Assert.Equal("plugin_load_failed", error.Code);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
    }

    private string Train(string[] good, string[] bad)
    {
        var context = new MLContext(seed: 1);
        var rows = context.Data.LoadFromEnumerable(good.Select(text => new Row { Text = text, Label = true }).Concat(bad.Select(text => new Row { Text = text })));
        var model = context.Transforms.Text.FeaturizeText("Features", nameof(Row.Text)).Append(context.BinaryClassification.Trainers.SdcaLogisticRegression()).Fit(rows);
        var path = _folder.Of("model.zip");
        context.Model.Save(model, rows.Schema, path);
        return path;
    }

    private static CanonicalRecord Record(string text) => new(Digest.Of(System.Text.Encoding.UTF8.GetBytes(text)), RecordKind.Text, new("a.jsonl", 1, 0)) { Text = text };

    private sealed class Row
    {
        public string Text { get; set; } = "";

        [ColumnName("Label")]
        public bool Label { get; set; }
    }
}
