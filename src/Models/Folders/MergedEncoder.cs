using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>An encoder's folder with an adapter merged into it, made from the files of both.</summary>
public static class MergedEncoder
{
    private const int ProbeLength = 32;

    /// <summary>Writes the merged model in the type of the base's files: products in f64, sums rounded once, read back bit by bit.</summary>
    /// <param name="model">The base.</param>
    /// <param name="adapter">Folder of the adapter.</param>
    /// <param name="folder">Target.</param>
    /// <exception cref="TemperException">Codes <c>merge_not_finite</c>, <c>export_verification_failed</c> and those of adapters.</exception>
    public static void Save(EncoderFolder model, string adapter, string folder)
    {
        var labels = LabelFile.Read(adapter);
        var shape = model.ShapeOf(labels);
        using var file = LoraFile.Open(adapter, shape);
        model.SaveAs(folder, model.ConfigOf(labels), file.Merged(model.Numbers(shape, labels), transposed: false, model.Config.WeightType));
    }

    /// <summary>Answers of the base with the adapter beside it against those of the merged files, on made-up inputs.</summary>
    /// <returns>The root-mean-square difference, as a share of the answers' size.</returns>
    /// <exception cref="TemperException">Code <c>export_verification_failed</c>, with both figures.</exception>
    public static double Verify(IEngine engine, EncoderFolder model, string adapter, string folder)
    {
        var live = Answers(engine, model, adapter);
        using var merged = EncoderFolder.Open(folder, checkFinite: true);
        var stored = Answers(engine, merged, null);
        return AnswerDifference.Of(live, stored).OfMerge(model.Config.WeightType == StoredType.F32);
    }

    private static float[] Answers(IEngine engine, EncoderFolder model, string? adapter)
    {
        var labels = adapter is null ? null : LabelFile.Read(adapter);
        using var encoder = labels is null ? model.Load(engine) : model.LoadClassifier(engine, labels, 0);
        using var lora = adapter is null ? null : LoraAdapter.Load(encoder, adapter);
        using var frozen = engine.NoGrad();
        using var scope = engine.BeginScope();
        var (config, options) = (encoder.Config, new ForwardOptions { Adapter = lora });
        var length = config.Kind == EncoderKind.Bert ? Math.Min(ProbeLength, config.MaxPositions) : 1 + config.Patches;
        var hidden = config.Kind == EncoderKind.Bert
            ? encoder.Hidden(new PackedBatch([.. Enumerable.Range(0, length).Select(i => (int)((i * 7919L + 13) % config.VocabularySize))], [length]), options)
            : encoder.Hidden([.. Enumerable.Range(0, config.Channels * config.ImageSize * config.ImageSize).Select(i => (float)Math.Sin(i))], options);
        return engine.ToFloats(config.Head == ModelHead.Classification ? encoder.Classify(encoder.Features(hidden, [length], options), lora) : hidden);
    }
}
