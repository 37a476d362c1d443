using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>Vectors of images from a registered ViT: the class token's last hidden state, scaled to length 1. An image's vector does not depend on the
/// images beside it. Use it on one thread at a time.</summary>
public sealed class ImageEmbedder : IDisposable
{
    private const int TokensAtOnce = 4096;
    private readonly IEngine engine;
    private readonly EncoderFolder folder;
    private readonly Encoder encoder;

    private ImageEmbedder(IEngine engine, EncoderFolder folder, ImagePreprocessor preprocessor)
    {
        (this.engine, this.folder, Preprocessor, encoder) = (engine, folder, preprocessor, folder.Load(engine));
        encoder.Prepack();
    }

    /// <summary>What is done to an image before the first layer.</summary>
    public ImagePreprocessor Preprocessor { get; }

    /// <summary>Numbers in a vector.</summary>
    public int Width => encoder.Config.HiddenSize;

    /// <summary>Whether a folder holds a model that reads images.</summary>
    public static bool Reads(string folder) => EncoderFolder.Is(folder) && EncoderConfig.Parse(ModelFolder.ReadFile(folder, "config.json"), Path.Combine(folder, "config.json")).Kind == EncoderKind.Vit;

    /// <summary>Opens a folder in Hugging Face layout.</summary>
    /// <exception cref="TemperException">What opening the folder throws; <c>unsupported_architecture</c> for a model that reads texts or images that are not RGB.</exception>
    public static ImageEmbedder Open(string folder, IEngine engine)
    {
        var opened = EncoderFolder.Open(folder);
        try
        {
            if (opened.Config.Kind != EncoderKind.Vit || opened.Config.Channels != 3)
                throw new TemperException("unsupported_architecture", $"Opening {folder}: the model does not read images of three channels.");
            return new(engine, opened, ImagePreprocessor.Open(folder, opened.Config.ImageSize));
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>One vector per image, in order.</summary>
    /// <param name="count">How many.</param>
    /// <param name="image">Gives image number i, upright; asked once each, in order, and let go at once, so that few large images are in memory.</param>
    /// <param name="ct">Stops it.</param>
    public IReadOnlyList<float[]> Embed(int count, Func<int, RgbImage> image, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(image);
        var (side, vectors) = (encoder.Config.ImageSize, new List<float[]>(count));
        var (each, most) = (3 * side * side, Math.Max(1, TokensAtOnce / (1 + encoder.Config.Patches)));
        while (vectors.Count < count)
        {
            ct.ThrowIfCancellationRequested();
            var some = Math.Min(most, count - vectors.Count);
            var pixels = new float[some * each];
            for (var i = 0; i < some; i++) Preprocessor.Write(image(vectors.Count + i), pixels.AsSpan(i * each, each), ct);
            vectors.AddRange(Batch(pixels, some));
        }

        return vectors;
    }

    /// <summary>Frees the weights and closes the files.</summary>
    public void Dispose()
    {
        encoder.Dispose();
        folder.Dispose();
    }

    private float[][] Batch(float[] pixels, int images)
    {
        using var noGrad = engine.NoGrad();
        using var scope = engine.BeginScope();
        var tokens = 1 + encoder.Config.Patches;
        var features = engine.ToFloats(encoder.Features(encoder.Hidden(pixels, Encoder.Again), [.. Enumerable.Repeat(tokens, images)]));
        return [.. Enumerable.Range(0, images).Select(i => Unit(features.AsSpan(i * Width, Width)))];
    }

    private static float[] Unit(ReadOnlySpan<float> vector)
    {
        var square = 0.0;
        foreach (var value in vector) square += (double)value * value;
        var (unit, scale) = (vector.ToArray(), square > 0 ? 1 / Math.Sqrt(square) : 1);
        for (var i = 0; i < unit.Length; i++) unit[i] = (float)(unit[i] * scale);
        return unit;
    }
}
