using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Data;
using Temper.Training.Objectives;

namespace Temper.Training.Tasks;

/// <summary><c>sequence_classification</c> of BERT, and <c>image_classification</c> of ViT.</summary>
internal sealed class EncoderClassTask : ClassTask
{
    private readonly EncoderFolder _folder;
    private readonly EncoderKind _kind;
    private readonly LoraConfig? _lora;
    private ImageSource? _images;

    /// <summary>Opens the base.</summary>
    public EncoderClassTask(TaskSetting setting, EncoderKind kind) : base(setting)
    {
        (_folder, _kind) = (EncoderFolder.Open(setting.Folder), kind);
        _lora = AdapterParts.Lora(setting, kind == EncoderKind.Bert ? "SEQ_CLS" : null) is { } lora ? lora with { ModulesToSave = [.. lora.ModulesToSave.Concat(Whole()).Distinct()] } : null;
        if (_folder.Config.Kind == kind && (kind == EncoderKind.Bert || _folder.Config.Channels == 3))
            return;
        _folder.Dispose();
        throw new TemperException("unsupported_architecture", $"The task {JobTasks.NameOf(setting.Recipe)} needs a base that reads {(kind == EncoderKind.Bert ? "texts" : "images of three channels")}.");
    }

    /// <inheritdoc/>
    public override Tokenizer? Reader => _folder.Tokenizer;

    /// <inheritdoc/>
    protected override IReadOnlyList<string> Known => _folder.Config.Labels;

    /// <inheritdoc/>
    protected override int Blocks => _folder.Config.Layers;

    /// <inheritdoc/>
    protected override StoredType Stored => _folder.Config.WeightType;

    /// <inheritdoc/>
    protected override ImageSource? Images => _images;

    /// <inheritdoc/>
    protected override string? LabelOf(CanonicalRecord record) => _kind == EncoderKind.Vit ? LabelSet.OfImage(record) : LabelSet.OfText(record)?.Label;

    /// <inheritdoc/>
    protected override IEnumerable<Problem> Problems(IReadOnlyList<CanonicalRecord> records)
    {
        if (_lora is null)
            return [];
        var problems = AdapterParts.Placed(_folder.Check(["a", "b"], _lora)).ToList();
        if (Recipe.Training.Bf16 || Recipe.Quantization is not null)
            problems.Add(new("not_offered", "The base is an encoder, and the weights of encoders are kept in f32.") { Path = Recipe.Training.Bf16 ? "training.bf16" : "quantization", Hint = "Remove it." });
        if (Recipe.Export is { Gguf: not null } or { GgufLora: true })
            problems.Add(new("requires", "The base is an encoder, and GGUF is of decoders.") { Path = "export", Hint = "Write `merged: true`, or remove the section." });
        return problems;
    }

    /// <summary>What is trained and stored whole beside an adapter: the classifier, and the pooler below it where the base has none.</summary>
    private IEnumerable<string> Whole() => _kind == EncoderKind.Bert && !_folder.HasPooler ? ["classifier", "pooler.dense"] : ["classifier"];

    /// <inheritdoc/>
    protected override async Task<ExampleMaker> MakerAsync(IReadOnlyList<LoadedDataset> datasets, TaskData source, CancellationToken ct)
    {
        if (_kind == EncoderKind.Bert)
            return new LabelledTexts(new(_folder.Tokenizer!, Math.Min(Recipe.Data.MaxLength, _folder.Config.MaxPositions), KeepsEnd: true), Labels, Recipe.Data.OnOverlength);
        var places = new Dictionary<Digest, SealedImages>();
        foreach (var (dataset, pin) in datasets.Zip(source.Pins))
        {
            if (dataset.Records.All(record => record.Image is null))
                continue;
            var images = await SealedImages.OpenAsync(source.Blobs, await SealedDataset.ManifestAsync(source.Blobs, pin, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
            foreach (var record in dataset.Records.Where(record => record.Image is not null))
                places[record.Image!.Sha256] = images;
        }
        // Batches are laid ahead of the loop on a thread of their own, which may wait.
        _images = new(image => places[image].ReadAsync(image, CancellationToken.None).GetAwaiter().GetResult(), ImagePreprocessor.Open(_folder.Path, _folder.Config.ImageSize), _folder.Config.ImageSize);
        return new LabelledImages(_images, Labels);
    }

    /// <inheritdoc/>
    protected override ClassModel Load(IEngine engine, Func<string, bool> trained)
    {
        var model = _folder.LoadClassifier(engine, Labels.Names, (ulong)Recipe.Seed, _lora is null ? trained : null, Recipe.Training.Head);
        return new EncoderClassifier(model, Recipe.Training.GradientCheckpointing, _lora is null ? null : LoraAdapter.Create(model, _lora, (ulong)Recipe.Seed));
    }

    /// <inheritdoc/>
    protected override void WriteModel(string folder)
    {
        var live = (EncoderClassifier)Model;
        if (live.Adapter is { } adapter)
        {
            adapter.Save(folder);
            LabelFile.Write(folder, Labels.Names);
        }
        else
            _folder.SaveAs(folder, live.Model);
    }

    /// <inheritdoc/>
    protected override ClassModel Reload(string folder)
    {
        if (_lora is not null)
        {
            // Another seed: whatever the base lacks must come from the adapter's files.
            var again = _folder.LoadClassifier(Model.Engine, LabelFile.Read(folder)!, (ulong)Recipe.Seed + 1);
            return new EncoderClassifier(again, checkpointing: false, LoraAdapter.Load(again, folder));
        }
        using var files = EncoderFolder.Open(folder, checkFinite: true);
        return new EncoderClassifier(files.Load(Model.Engine), checkpointing: false);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _folder.Dispose();
    }
}
