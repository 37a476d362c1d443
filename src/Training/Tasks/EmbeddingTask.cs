using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;

namespace Temper.Training.Tasks;

/// <summary><c>embedding</c>: fine-tuning of a sentence encoder (BERT, MiniLM) on pairs of texts.</summary>
internal sealed class EmbeddingTask : JobTask
{
    private readonly TaskSetting _setting;
    private readonly EncoderFolder _folder;
    private readonly LoraConfig? _lora;
    private EmbeddingObjective? _objective;

    /// <summary>Opens the base.</summary>
    public EmbeddingTask(TaskSetting setting)
    {
        if (!EncoderFolder.Is(setting.Folder))
            throw new TemperException("unsupported_architecture", "The task embedding needs an encoder of texts (BERT, MiniLM) as its base.");
        (_setting, _folder) = (setting, EncoderFolder.Open(setting.Folder));
        // Vectors are pooled from the last hidden states, so the pooler that classifiers use never gets a gradient.
        _lora = AdapterParts.Lora(setting, "FEATURE_EXTRACTION") is { } lora ? _folder.HasPooler ? lora with { ExcludeModules = [.. lora.ExcludeModules.Append("pooler.dense").Distinct()] } : lora : null;
        if (_folder.Config is { Kind: EncoderKind.Bert, Head: ModelHead.None })
            return;
        _folder.Dispose();
        throw new TemperException("unsupported_architecture", "The task embedding needs an encoder of texts without a head as its base.");
    }

    /// <inheritdoc/>
    public override void Check(IReadOnlyList<LoadedDataset> datasets)
    {
        var problems = new List<Problem>();
        if (_lora is not null)
            problems.AddRange(AdapterParts.Placed(_folder.Check(null, _lora)));
        if (_setting.Recipe.Data.TrainOn != TrainOn.Auto)
            problems.Add(new("exclusive", "Vectors are learned, not tokens; train_on has no meaning.") { Path = "data.train_on" });
        DecoderParts.Throw(problems);
    }

    /// <inheritdoc/>
    public override Task<PreparedData> PrepareAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct)
    {
        var longest = Math.Min(Math.Min(_setting.Recipe.Data.MaxLength, _folder.Config.MaxPositions), _folder.Pooling.MaxTokens ?? int.MaxValue);
        return new Preflight(new TextPairs(new(_folder.Tokenizer!, longest, KeepsEnd: true), _setting.Recipe.Data.OnOverlength), _setting.Recipe).RunAllAsync(datasets, ct);
    }

    /// <inheritdoc/>
    public override Tokenizer? Reader => _folder.Tokenizer;

    /// <inheritdoc/>
    public override IObjective Start(IEngine engine, PreparedData data)
    {
        var encoder = _folder.Load(engine, _lora is null ? name => !name.StartsWith("pooler.", StringComparison.Ordinal) : null);
        return _objective = new(encoder, _folder.Pooling, _setting.Recipe.Training.GradientCheckpointing, _lora is null ? null : LoraAdapter.Create(encoder, _lora, (ulong)_setting.Recipe.Seed));
    }

    /// <inheritdoc/>
    public override void Write(string folder, TrainRun run)
    {
        if (_objective!.Adapter is { } adapter)
            adapter.Save(folder);
        else
            _folder.SaveAs(folder, _objective.Model);
    }

    /// <inheritdoc/>
    public override void Verify(string folder, TrainRun run)
    {
        var batch = _objective!.Lay(0, [run.Train[0]]).Batch;
        if (_lora is not null)
        {
            using var stored = LoraAdapter.Load(_objective.Model, folder);
            Verification.Compare(Vectors(_objective, batch), Vectors(new(_objective.Model, _folder.Pooling, false, stored), batch), exact: true);
            return;
        }
        using var files = EncoderFolder.Open(folder, checkFinite: true);
        using var model = files.Load(_objective.Engine);
        Verification.Compare(Vectors(_objective, batch), Vectors(new(model, files.Pooling, false), batch), _folder.Config.WeightType == StoredType.F32);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _objective?.Adapter?.Dispose();
        _objective?.Model.Dispose();
        _folder.Dispose();
    }

    private static float[] Vectors(EmbeddingObjective objective, PackedBatch batch)
    {
        using var frozen = objective.Engine.NoGrad();
        using var scope = objective.Engine.BeginScope();
        return objective.Engine.ToFloats(objective.Vectors(batch, LossPass.Measured));
    }
}
