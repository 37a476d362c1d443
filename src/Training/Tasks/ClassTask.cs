using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Tasks;

/// <summary>What the tasks that learn classes share: labels, weights, stages, the report, and the comparison of logits.</summary>
internal abstract class ClassTask(TaskSetting setting) : JobTask
{
    private ClassObjective? _objective;
    private LabelSet? _labels;

    /// <summary>What is asked for.</summary>
    protected Recipe Recipe => setting.Recipe;

    /// <summary>The classes, once <see cref="Check"/> has seen the records.</summary>
    protected LabelSet Labels => _labels!;

    /// <summary>The model, once it is loaded.</summary>
    protected ClassModel Model => _objective!.Model;

    /// <summary>Labels that the base's own head has; empty where it has none.</summary>
    protected abstract IReadOnlyList<string> Known { get; }

    /// <summary>Blocks of the model.</summary>
    protected abstract int Blocks { get; }

    /// <summary>Type of the numbers in the base's files.</summary>
    protected abstract StoredType Stored { get; }

    /// <summary>Label of a record; null for none.</summary>
    protected abstract string? LabelOf(Core.Datasets.CanonicalRecord record);

    /// <summary>What keeps recipe and base apart.</summary>
    protected abstract IEnumerable<Problem> Problems(IReadOnlyList<Core.Datasets.CanonicalRecord> records);

    /// <summary>Makes the examples.</summary>
    protected abstract Task<ExampleMaker> MakerAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct);

    /// <summary>Loads the model with a head for <see cref="Labels"/>.</summary>
    protected abstract ClassModel Load(IEngine engine, Func<string, bool> trained);

    /// <summary>Where images come from; null for texts.</summary>
    protected virtual ImageSource? Images => null;

    /// <summary>Writes the model's files.</summary>
    protected abstract void WriteModel(string folder);

    /// <summary>The model in a folder that was written.</summary>
    protected abstract ClassModel Reload(string folder);

    /// <inheritdoc/>
    public override void Check(IReadOnlyList<LoadedDataset> datasets)
    {
        var records = datasets.SelectMany(d => d.Records).ToArray();
        var problems = Problems(records).ToList();
        if (Recipe.Data.Packing)
            problems.Add(new("exclusive", "Inputs that get a class each cannot be packed.") { Path = "data.packing" });
        if (Recipe.Data.TrainOn != Temper.Models.TrainOn.Auto)
            problems.Add(new("exclusive", "A classifier learns classes, not tokens; train_on has no meaning.") { Path = "data.train_on" });
        try
        {
            // A record without a label is refused with its place when examples are made.
            _labels = LabelSet.Of(records.Select(LabelOf).OfType<string>(), Known);
            problems.AddRange((Recipe.Training.ClassWeights?.Keys ?? []).Except(_labels.Names).Select(name =>
                new Problem("label_unknown", $"class_weights names '{name}'; the classes are {string.Join(", ", _labels.Names)}.") { Path = "training.class_weights", Value = name }));
        }
        catch (TemperException e) when (records.Length > 0 && records.All(record => LabelOf(record) is not null))
        {
            problems.AddRange(e.Problems);
        }
        catch (TemperException)
        {
            problems.Add(ExampleMaker.Any(records, record => LabelOf(record) is null, "data_needs_labels", "have no class.").FirstOrDefault() ?? new("training_data_empty", "The dataset has no records."));
        }
        DecoderParts.Throw(problems);
    }

    /// <inheritdoc/>
    public override async Task<PreparedData> PrepareAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct)
    {
        var data = await new Preflight(await MakerAsync(datasets, source, ct).ConfigureAwait(false), Recipe).RunAllAsync(datasets, ct).ConfigureAwait(false);
        var learned = data.Train.Select(e => e.Class).ToHashSet();
        DecoderParts.Throw([.. data.HeldOut.Where(e => !learned.Contains(e.Class)).DistinctBy(e => e.Class).Select(e => new Problem("label_unknown",
            $"The held-out record {e.Record.Short} has the class '{Labels.Names[e.Class!.Value]}', which no training record has.") { Path = "data.validation", Value = e.Record.Hex })]);
        return data;
    }

    /// <inheritdoc/>
    public override IObjective Start(IEngine engine, PreparedData data)
    {
        var stages = Stages.Of(Recipe.Training, Blocks);
        _objective = new(Load(engine, stages.Trains), Weights(data.Train), stages, Images, Images is { } images ? ImageAugmentation.Of(Recipe.Training.Augment, images.Side) : null,
            Recipe.Training.Parts.LossOf(Recipe.Training), Recipe.Training.LabelSmoothingFactor);
        if (stages is { FreezeBackbone: true, FromEpoch: { } epoch })
            _objective.ThawAt(checked(epoch * new Batches(data.Train, Recipe, data.Parts, _objective.Lay).Plan.UpdatesPerEpoch));
        return _objective;
    }

    /// <inheritdoc/>
    public override void Write(string folder, TrainRun run)
    {
        WriteModel(folder);
        if (run.HeldOut.Count > 0)
            File.WriteAllBytes(Path.Combine(folder, ClassificationReport.FileName), ClassificationReport.Of(_objective!, run).ToJson());
    }

    /// <inheritdoc/>
    public override void Verify(string folder, TrainRun run)
    {
        var micro = _objective!.Lay(0, [run.Train[0]]);
        var live = _objective.Logits(micro);
        using var stored = Reload(folder);
        Verification.Compare(live, new ClassObjective(stored, null, Stages.Of(Recipe.Training, Blocks), Images).Logits(micro), Model.AdapterConfig is not null || Stored == StoredType.F32);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _objective?.Model.Dispose();

    /// <summary>As the recipe names them, or records / (classes · records of the class); null: all 1.</summary>
    private float[]? Weights(IReadOnlyList<TrainExample> train)
    {
        if (Recipe.Training.BalanceClasses)
            return [.. Labels.Names.Select((_, c) => train.Count(e => e.Class == c) is > 0 and var count ? (float)((double)train.Count / ((double)Labels.Names.Count * count)) : 0)];
        return Recipe.Training.ClassWeights is { } given ? [.. Labels.Names.Select(name => given.TryGetValue(name, out var weight) ? (float)weight : 1)] : null;
    }
}
