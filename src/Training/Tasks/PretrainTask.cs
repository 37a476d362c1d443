using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Recipes;

namespace Temper.Training.Tasks;

/// <summary><c>pretrain</c>: a new model of the base's shape and tokenizer, from random weights, on plain text. Long texts are cut into pieces; none is lost.</summary>
internal sealed class PretrainTask(TaskSetting setting) : JobTask
{
    private readonly ModelFolder _folder = ModelFolder.Open(setting.Folder);
    private CausalObjective? _objective;

    private Recipe Recipe => setting.Recipe;

    /// <inheritdoc/>
    public override void Check(IReadOnlyList<LoadedDataset> datasets)
    {
        var records = datasets.SelectMany(d => d.Records).ToArray();
        var problems = DecoderParts.Problems(_folder, Recipe, null, []);
        problems.AddRange(ExampleMaker.Any(records, record => record.Kind != RecordKind.Text, "data_wrong_format", "are not plain text, and pre-training reads nothing else."));
        if (Recipe.Data.TrainOn is TrainOn.Assistant or TrainOn.Completion)
            problems.Add(new("exclusive", "Pre-training learns every token of a text.") { Path = "data.train_on" });
        if (records.Length == 0)
            problems.Add(new("training_data_empty", "The dataset has no records."));
        DecoderParts.Throw(problems);
    }

    /// <inheritdoc/>
    public override Task<PreparedData> PrepareAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct)
    {
        var (all, ends, notes) = (new List<TrainExample>(), new List<int>(), new List<string>());
        datasets = LoadedDataset.InOrder(datasets);
        foreach (var dataset in datasets)
        {
            ct.ThrowIfCancellationRequested();
            all.AddRange(Pretraining.Pieces(Pretraining.Documents(_folder.Tokenizer, dataset.Records.Select(record => record.Text!), _folder.StopTokens.Count > 0 ? _folder.StopTokens[0] : null), Recipe.Data.MaxLength));
            ends.Add(all.Count);
        }
        var measured = datasets[^1].Measured;
        var (train, heldOut) = measured ? Preflight.Apart(all, ends, notes) : HoldOut.Split(all, Recipe.Data.Validation, Recipe.Seed);
        HashSet<Digest> apart = measured ? [] : [.. heldOut.Select(e => e.Record)];
        var parts = datasets.Where(d => !d.Measured).Select((d, i) => new DataPart(d.Entry.Name, d.Version, all.Take(ends[i]).Skip(i == 0 ? 0 : ends[i - 1]).Count(e => !apart.Contains(e.Record))) { Entry = d.Entry }).ToArray();
        DecoderParts.Throw([.. parts.Where(part => part.Count == 0).Select(part => new Problem("training_data_empty", $"'{part.Id}' has no text to train on.")), .. Preflight.Unmeasured(datasets[^1], heldOut) is { } unmeasured ? [unmeasured] : Array.Empty<Problem>()]);
        return Task.FromResult(new PreparedData(train, heldOut, notes, parts));
    }

    /// <inheritdoc/>
    public override Tokenizer? Reader => _folder.Tokenizer;

    /// <inheritdoc/>
    public override IObjective Start(IEngine engine, PreparedData data) => _objective = new(Decoder.Create(engine, _folder.Config, (ulong)Recipe.Seed), null, Recipe);

    /// <inheritdoc/>
    public override void Write(string folder, TrainRun run) => _folder.SaveAs(folder, _objective!.Model.Sources(_folder.Config.WeightType));

    /// <inheritdoc/>
    public override void Verify(string folder, TrainRun run) => Verification.Check(_objective!.Model, null, run.Train[0].Tokens, folder);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _objective?.Model.Dispose();
        _folder.Dispose();
    }
}
