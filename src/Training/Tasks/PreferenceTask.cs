using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;

namespace Temper.Training.Tasks;

/// <summary><c>dpo</c> and <c>orpo</c>: preference training of a decoder, of all its weights or of an adapter.</summary>
internal sealed class PreferenceTask(TaskSetting setting, PreferenceSettings preference) : JobTask
{
    private readonly ModelFolder _folder = ModelFolder.Open(setting.Folder);
    private readonly LoraConfig? _lora = AdapterParts.Lora(setting, "CAUSAL_LM");
    private CausalObjective? _policy;
    private Decoder? _copy;

    /// <inheritdoc/>
    public override void Check(IReadOnlyList<LoadedDataset> datasets)
    {
        var problems = DecoderParts.Problems(_folder, setting.Recipe, _lora, [.. datasets.SelectMany(d => d.Records)]);
        if (setting.Recipe.Data.Packing)
            problems.Add(new("exclusive", "Pairs of answers cannot be packed.") { Path = "data.packing" });
        if (setting.Recipe.Data.TrainOn == TrainOn.All)
            problems.Add(new("exclusive", "Preference training compares answers alone; train_on: all has no meaning.") { Path = "data.train_on" });
        DecoderParts.Throw(problems);
    }

    /// <inheritdoc/>
    public override Task<PreparedData> PrepareAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct)
    {
        var builder = new ExampleBuilder(_folder.Tokenizer, _folder.Template, _folder.StopTokens, DecoderParts.Options(setting.Recipe));
        return new Preflight(new PreferenceExamples(builder), setting.Recipe).RunAllAsync(datasets, ct);
    }

    /// <inheritdoc/>
    public override Tokenizer? Reader => _folder.Tokenizer;

    /// <inheritdoc/>
    public override IObjective Start(IEngine engine, PreparedData data)
    {
        var model = DecoderParts.Load(_folder, engine, setting.Recipe);
        _policy = new(model, _lora is null ? null : LoraAdapter.Create(model, _lora, (ulong)setting.Recipe.Seed), setting.Recipe);
        if (_lora is null && preference.Loss != PairLoss.Orpo)
            _copy = _folder.LoadDecoder(engine);
        return new PreferenceObjective(_policy, _copy, preference);
    }

    /// <inheritdoc/>
    public override void Write(string folder, TrainRun run)
    {
        if (_policy!.Adapter is { } adapter)
            adapter.Save(folder);
        else
            _folder.SaveAs(folder, _policy.Model.Sources(_policy.Model.Config.WeightType));
    }

    /// <inheritdoc/>
    public override void Verify(string folder, TrainRun run) => Verification.Check(_policy!.Model, _policy.Adapter, run.Train[0].Tokens[..run.Train[0].Documents![0]], folder);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _policy?.Adapter?.Dispose();
        _policy?.Model.Dispose();
        _copy?.Dispose();
        _folder.Dispose();
    }
}
