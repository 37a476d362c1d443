using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;

namespace Temper.Training.Tasks;

/// <summary><c>sequence_classification</c> of a decoder, by the last token of a text.</summary>
internal sealed class DecoderClassTask(TaskSetting setting) : ClassTask(setting)
{
    private readonly ModelFolder _folder = ModelFolder.Open(setting.Folder);
    private readonly LoraConfig? _lora = AdapterParts.Lora(setting, "SEQ_CLS") is { } lora
        ? lora with { ModulesToSave = [.. lora.ModulesToSave.Append("score").Distinct()] } : null;

    /// <inheritdoc/>
    public override Tokenizer? Reader => _folder.Tokenizer;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Known => _folder.Config.Labels;

    /// <inheritdoc/>
    protected override int Blocks => _folder.Config.Layers;

    /// <inheritdoc/>
    protected override StoredType Stored => _folder.Config.WeightType;

    /// <inheritdoc/>
    protected override string? LabelOf(CanonicalRecord record) => LabelSet.OfText(record)?.Label;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(IReadOnlyList<CanonicalRecord> records) =>
        _lora is null ? [] : AdapterParts.Placed(LoraAdapter.Check(_folder.ClassifierConfig(["a", "b"]), _lora));

    /// <inheritdoc/>
    protected override Task<ExampleMaker> MakerAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct) => Task.FromResult<ExampleMaker>(
        new LabelledTexts(new(_folder.Tokenizer, Math.Min(Recipe.Data.MaxLength, _folder.Config.MaxPositions), KeepsEnd: false), Labels, Recipe.Data.OnOverlength));

    /// <inheritdoc/>
    protected override ClassModel Load(IEngine engine, Func<string, bool> trained)
    {
        var model = _folder.LoadClassifier(engine, Labels.Names, (ulong)Recipe.Seed, _lora is null ? trained : null, DecoderParts.Form(Recipe), Recipe.Training.Head);
        return new DecoderClassifier(new(model, _lora is null ? null : LoraAdapter.Create(model, _lora, (ulong)Recipe.Seed), Recipe));
    }

    /// <inheritdoc/>
    protected override void WriteModel(string folder)
    {
        var live = (DecoderClassifier)Model;
        if (live.Adapter is { } adapter)
        {
            adapter.Save(folder);
            LabelFile.Write(folder, Labels.Names);
        }
        else
            _folder.SaveAs(folder, live.Model.Sources(live.Model.Config.WeightType), Labels.Names, live.Model.Config.HeadName);
    }

    /// <inheritdoc/>
    protected override ClassModel Reload(string folder)
    {
        var live = (DecoderClassifier)Model;
        if (live.Adapter is not null)
        {
            var again = _folder.LoadClassifier(live.Engine, LabelFile.Read(folder)!, (ulong)Recipe.Seed + 1, null, DecoderParts.Form(Recipe));
            return new DecoderClassifier(new(again, LoraAdapter.Load(again, folder), Recipe));
        }
        using var files = ModelFolder.Open(folder, checkFinite: true);
        return new DecoderClassifier(new(files.LoadDecoder(live.Engine), null, Recipe));
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Dispose();
    }
}
