using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>How probable a class is.</summary>
/// <param name="Label">Its name.</param>
/// <param name="Probability">0 to 1; those of all classes add up to 1.</param>
public sealed record LabelScore(string Label, double Probability);

/// <summary>A model that classifies texts (decoder with a score head, BERT) or images (ViT). Use it on one thread at a time.</summary>
public sealed class ClassifierModel : IDisposable
{
    private readonly IEngine engine;
    private readonly IDisposable[] parts;
    private readonly Func<int[], Tensor>? texts;
    private readonly Func<float[], Tensor>? images;
    private readonly TextEncoding? encoding;
    private readonly ImagePreprocessor? preprocessor;

    private ClassifierModel(ModelFolder folder, Decoder decoder, LoraAdapter? adapter)
    {
        (engine, Labels, parts) = (decoder.Engine, decoder.Config.Labels, adapter is null ? [decoder, folder] : [adapter, decoder, folder]);
        encoding = new TextEncoding(folder.Tokenizer, decoder.Config.MaxPositions, KeepsEnd: false);
        texts = ids => decoder.Classify(new PackedBatch(ids, [ids.Length]), new ForwardOptions { Adapter = adapter });
    }

    private ClassifierModel(EncoderFolder folder, Encoder encoder, LoraAdapter? adapter)
    {
        (engine, Labels, parts) = (encoder.Engine, encoder.Config.Labels, adapter is null ? [encoder, folder] : [adapter, encoder, folder]);
        encoder.Prepack();
        var options = new ForwardOptions { Adapter = adapter };
        if (encoder.Config.Kind == EncoderKind.Bert)
        {
            encoding = new TextEncoding(folder.Tokenizer!, encoder.Config.MaxPositions, KeepsEnd: true);
            texts = ids => encoder.Classify(encoder.Features(encoder.Hidden(new PackedBatch(ids, [ids.Length]), options), [ids.Length], options), adapter);
            return;
        }

        preprocessor = ImagePreprocessor.Open(folder.Path, encoder.Config.ImageSize);
        images = pixels => encoder.Classify(encoder.Features(encoder.Hidden(pixels, options), [1 + encoder.Config.Patches], options), adapter);
    }

    /// <summary>Names of the classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Whether it reads images rather than texts.</summary>
    public bool ReadsImages => images is not null;

    /// <summary>Opens a folder in Hugging Face layout, or an adapter's with that of its base.</summary>
    /// <param name="folder">The model's own files.</param>
    /// <param name="made">Folder of the base that an adapter was made for; null for a whole model.</param>
    /// <param name="engine">Where it is computed; not owned.</param>
    /// <exception cref="TemperException">Code <c>not_a_classifier</c>, and what opening the folders throws.</exception>
    public static ClassifierModel Open(string folder, string? made, IEngine engine)
    {
        if (EncoderFolder.Is(made ?? folder))
        {
            var encoder = EncoderFolder.Open(made ?? folder);
            return Owned<ClassifierModel>(encoder, () =>
            {
                if (made is null) return encoder.Config.Head == ModelHead.Classification ? new(encoder, encoder.Load(engine), null) : throw None();
                // What the base lacks of a head, the adapter keeps whole.
                var model = encoder.LoadClassifier(engine, LabelFile.Read(folder) ?? throw None(), 0);
                return Owned(model, () => new ClassifierModel(encoder, model, LoraAdapter.Load(model, folder)));
            });
        }

        var decoder = ModelFolder.Open(made ?? folder);
        return Owned<ClassifierModel>(decoder, () =>
        {
            if (made is null) return decoder.Config.Head == ModelHead.Classification ? new(decoder, decoder.LoadDecoder(engine), null) : throw None();
            var model = decoder.LoadClassifier(engine, LabelFile.Read(folder) ?? throw None(), 0);
            return Owned(model, () => new ClassifierModel(decoder, model, LoraAdapter.Load(model, folder)));
        });
    }

    /// <summary>The classes of a text, the most probable first. A text that is too long is read from its beginning.</summary>
    /// <exception cref="TemperException">Codes <c>data_empty_example</c>, <c>not_a_classifier</c> of texts.</exception>
    public IReadOnlyList<LabelScore> Classify(string text)
    {
        if (texts is null) throw new TemperException("not_a_classifier", "This model classifies images, not texts.");
        var ids = encoding!.Encode(text);
        return ids.Length > 0 ? Ranked(() => texts(ids)) : throw new TemperException("data_empty_example", "Classifying a text: it becomes no tokens.");
    }

    /// <summary>The classes of an image, the most probable first.</summary>
    /// <exception cref="TemperException">Code <c>not_a_classifier</c> of images.</exception>
    public IReadOnlyList<LabelScore> Classify(RgbImage image, CancellationToken ct = default)
    {
        if (images is null) throw new TemperException("not_a_classifier", "This model classifies texts, not images.");
        var pixels = new float[3 * preprocessor!.Height * preprocessor.Width];
        if (preprocessor.Crop is { } crop) pixels = new float[3 * crop.Width * crop.Height];
        preprocessor.Write(image, pixels, ct);
        return Ranked(() => images(pixels));
    }

    /// <summary>Frees the weights and closes the files.</summary>
    public void Dispose()
    {
        foreach (var part in parts) part.Dispose();
    }

    private LabelScore[] Ranked(Func<Tensor> logits)
    {
        using var noGrad = engine.NoGrad();
        using var scope = engine.BeginScope();
        var shares = engine.ToFloats(engine.Softmax(logits()));
        return [.. Labels.Select((label, i) => new LabelScore(label, shares[i])).OrderByDescending(score => score.Probability)];
    }

    private static T Owned<T>(IDisposable part, Func<T> make)
    {
        try
        {
            return make();
        }
        catch
        {
            part.Dispose();
            throw;
        }
    }

    private static TemperException None() => new("not_a_classifier", "This model has no head that classifies.");
}
