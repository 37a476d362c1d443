using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>A model folder with an adapter merged into it, made from the files of both. A base that is quantised is merged as the numbers that it stands for.</summary>
public static class MergedFolder
{
    private const int ProbeLength = 64;

    /// <summary>Writes the merged model: products in f64, sums rounded to f32 and once to <paramref name="type"/>, read back bit by bit. An adapter's own chat
    /// template takes the place of the base's: it is what the adapter was trained with.</summary>
    /// <param name="model">The base.</param>
    /// <param name="adapter">Folder of the adapter; null writes the base alone.</param>
    /// <param name="folder">Target.</param>
    /// <param name="type">F32, F16 or BF16.</param>
    /// <exception cref="TemperException">Codes <c>merge_not_finite</c>, <c>number_too_large</c>, <c>export_verification_failed</c> and those of adapters.</exception>
    public static void Save(ModelFolder model, string? adapter, string folder, StoredType type)
    {
        var labels = adapter is null ? null : LabelFile.Read(adapter);
        var config = labels is null ? model.Config : model.ClassifierConfig(labels);
        using var file = adapter is null ? null : LoraFile.Open(adapter, AdaptedShape.Of(config));
        var weights = DecoderLayout.Slots(config).Select(slot => (slot.Name, slot.Shape, model.Numbers(slot)));
        model.SaveAs(folder, file?.Merged(weights, config.Family.Transposed, type) ?? [.. weights.Select(w => TensorSource.Numbers(w.Name, type, w.Shape, w.Item3))], labels);
        if (adapter is not null)
            AdapterFolder.CopyTemplate(adapter, folder);
        using var written = WeightFiles.Open(folder);
        if (written.NotFinite().FirstOrDefault() is { } broken)
            throw new TemperException("number_too_large", $"Writing {folder}: '{broken}' holds a number that {type} cannot.", "Write it as bf16 or f32.");
    }

    /// <summary>Answers of the base with the adapter beside it against those of the merged files, on tokens spread over the vocabulary.</summary>
    /// <returns>The root-mean-square difference of logits, as a share of their size.</returns>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c>, with both figures.</exception>
    public static double Verify(IEngine engine, ModelFolder model, string adapter, string folder)
    {
        var (worst, share, exact) = Difference(engine, model, adapter, folder);
        return new AnswerDifference(worst, share).OfMerge(exact);
    }

    /// <summary>How far the answers of a folder's files are from those of <paramref name="model"/> with <paramref name="adapter"/>: the largest difference of a logit
    /// as a share of the largest logit, the root-mean-square one as a share of their size, and whether the files hold f32.</summary>
    public static (double Worst, double Share, bool Exact) Difference(IEngine engine, ModelFolder model, string? adapter, string folder)
    {
        var live = Answers(engine, model, adapter);
        using var other = ModelFolder.Open(folder);
        var stored = Answers(engine, other, null);
        var (worst, share) = AnswerDifference.Of(live, stored);
        return (worst, share, other.Config.WeightType == StoredType.F32);
    }

    private static float[] Answers(IEngine engine, ModelFolder model, string? adapter)
    {
        var tokens = Enumerable.Range(0, Math.Min(ProbeLength, model.Config.MaxPositions)).Select(i => (int)((i * 7919L + 13) % model.Config.VocabularySize)).ToArray();
        var labels = adapter is null ? null : LabelFile.Read(adapter);
        using var decoder = labels is null ? model.LoadDecoder(engine) : model.LoadClassifier(engine, labels, 0);
        using var lora = adapter is null ? null : LoraAdapter.Load(decoder, adapter);
        using var frozen = engine.NoGrad();
        using var scope = engine.BeginScope();
        var (batch, options) = (new PackedBatch(tokens, [tokens.Length]), new ForwardOptions { Adapter = lora });
        return engine.ToFloats(decoder.Config.Head switch
        {
            ModelHead.Causal => decoder.Logits(decoder.Hidden(batch, options), lora),
            ModelHead.Classification => decoder.Classify(batch, options),
            _ => decoder.Hidden(batch, options),
        });
    }
}
