using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;

namespace Temper.Training.Tasks;

/// <summary><c>causal_lm</c>: supervised fine-tuning of a decoder, of all its weights or of an adapter.</summary>
internal sealed class CausalTask(TaskSetting setting) : JobTask
{
    private readonly ModelFolder _folder = ModelFolder.Open(setting.Folder);
    private readonly LoraConfig? _lora = AdapterParts.Lora(setting, "CAUSAL_LM");
    private CausalObjective? _objective;

    /// <inheritdoc/>
    public override void Check(IReadOnlyList<LoadedDataset> datasets) =>
        DecoderParts.Throw(DecoderParts.Problems(_folder, setting.Recipe, _lora, [.. datasets.SelectMany(d => d.Records)]));

    /// <inheritdoc/>
    public override async Task<PreparedData> PrepareAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct)
    {
        var options = DecoderParts.Options(setting.Recipe);
        var builder = new ExampleBuilder(_folder.Tokenizer, _folder.Template, _folder.StopTokens, options);
        var cache = await TokenCache.OpenAsync(source.Blobs, _folder, options, source.Clock, ct).ConfigureAwait(false);
        return await new Preflight(builder, cache, setting.Recipe).RunAllAsync(datasets, ct).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public override Tokenizer? Reader => _folder.Tokenizer;

    /// <inheritdoc/>
    public override IObjective Start(IEngine engine, PreparedData data)
    {
        var model = DecoderParts.Load(_folder, engine, setting.Recipe);
        return _objective = new(model, _lora is null ? null : LoraAdapter.Create(model, _lora, (ulong)setting.Recipe.Seed), setting.Recipe);
    }

    /// <inheritdoc/>
    public override void Write(string folder, TrainRun run)
    {
        if (_objective!.Adapter is { } adapter)
            adapter.Save(folder);
        else
            _folder.SaveAs(folder, _objective.Model.Sources(_objective.Model.Config.WeightType));
    }

    /// <inheritdoc/>
    public override void Verify(string folder, TrainRun run) => Verification.Check(_objective!.Model, _objective.Adapter, run.Train[0].Tokens, folder);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _objective?.Adapter?.Dispose();
        _objective?.Model.Dispose();
        _folder.Dispose();
    }
}
