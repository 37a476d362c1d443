using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Models;

/// <summary>
/// What a model of images does to an image before its first layer, as <c>preprocessor_config.json</c> says: resize, cut out the middle, scale to 0…1,
/// normalise; channels first. A missing file means Hugging Face's defaults of ViT.
/// </summary>
public sealed record ImagePreprocessor
{
    /// <summary>Name of the file in a model's folder.</summary>
    public const string FileName = "preprocessor_config.json";

    private static readonly float[] Halves = [0.5f, 0.5f, 0.5f];

    /// <summary>Whether the image is resized. Default true.</summary>
    public bool Resize { get; init; } = true;

    /// <summary>Width to resize to; with <see cref="ShortestEdge"/> unused.</summary>
    public int Width { get; init; } = 224;

    /// <summary>Height to resize to.</summary>
    public int Height { get; init; } = 224;

    /// <summary>The shorter edge is resized to it and the aspect kept; null for the fixed size.</summary>
    public int? ShortestEdge { get; init; }

    /// <summary>Weights of resizing. Default bilinear.</summary>
    public ResampleFilter Filter { get; init; } = ResampleFilter.Bilinear;

    /// <summary>Size of the middle that is cut out; null for all. Where the image is smaller, black is added.</summary>
    public (int Width, int Height)? Crop { get; init; }

    /// <summary>What bytes are multiplied by; 1 for nothing. Default 1/255.</summary>
    public double Scale { get; init; } = 1 / 255.0;

    /// <summary>Subtracted from each channel after scaling.</summary>
    public IReadOnlyList<float> Mean { get; init; } = Halves;

    /// <summary>What each channel is divided by.</summary>
    public IReadOnlyList<float> Deviation { get; init; } = Halves;

    /// <summary>Part of the keys of caches: everything that the numbers depend on.</summary>
    public string Digest => Core.Ids.Digest.OfText(FormattableString.Invariant(
        $"image-preprocess-1 {Resize} {Width} {Height} {ShortestEdge} {Filter} {Crop} {Scale:R} {string.Join(',', Mean.Select(BitConverter.SingleToInt32Bits))} {string.Join(',', Deviation.Select(BitConverter.SingleToInt32Bits))}")).Hex;

    /// <summary>Reads a model's folder.</summary>
    /// <param name="folder">Of an encoder of images.</param>
    /// <param name="side">The model's <c>image_size</c>: what comes out must be as wide and as high.</param>
    /// <exception cref="TemperException">IMG_PREPROCESSOR.</exception>
    public static ImagePreprocessor Open(string folder, int side)
    {
        var path = Path.Combine(folder, FileName);
        var read = File.Exists(path) ? Parse(File.ReadAllBytes(path), path) : new() { Width = side, Height = side };
        var (width, height) = read.Crop ?? (read.ShortestEdge is null && read.Resize ? (read.Width, read.Height) : (0, 0));
        return (width, height) == (side, side) ? read
            : throw Wrong(path, $"images come out {(width == 0 ? "in their own aspect" : FormattableString.Invariant($"{width} × {height}"))}; the model reads {side} × {side}");
    }

    /// <summary>Reads the file.</summary>
    /// <param name="json">Its bytes.</param>
    /// <param name="path">For messages.</param>
    /// <exception cref="TemperException">IMG_PREPROCESSOR.</exception>
    public static ImagePreprocessor Parse(ReadOnlySpan<byte> json, string path)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            return new PreprocessorJson(document.RootElement, path).Read();
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw Wrong(path, $"it is not the JSON that is expected: {e.Message}");
        }
    }

    /// <summary>Numbers of an image, [3, height, width], behind each other into <paramref name="target"/>.</summary>
    /// <param name="image">Upright.</param>
    /// <param name="target">3 · height · width numbers.</param>
    /// <param name="ct">Stops it.</param>
    public void Write(RgbImage image, Span<float> target, CancellationToken ct = default)
    {
        var prepared = Prepare(image, ct);
        var (each, pixels) = (prepared.Width * prepared.Height, prepared.Pixels);
        if (target.Length != 3 * each) throw new ArgumentException($"{target.Length} numbers are not 3 × {prepared.Height} × {prepared.Width}", nameof(target));
        Span<float> numbers = stackalloc float[256];
        for (var channel = 0; channel < 3; channel++)
        {
            for (var value = 0; value < 256; value++) numbers[value] = ((float)(value * Scale) - Mean[channel]) / Deviation[channel];
            for (var i = 0; i < each; i++) target[channel * each + i] = numbers[pixels[3 * i + channel]];
        }
    }

    /// <summary>The image resized and cut, still in bytes.</summary>
    public RgbImage Prepare(RgbImage image, CancellationToken ct = default)
    {
        if (Resize && ShortestEdge is { } edge)
        {
            // The longer edge is rounded down, as Hugging Face does.
            var (width, height) = image.Width <= image.Height ? (edge, (int)((long)edge * image.Height / image.Width)) : ((int)((long)edge * image.Width / image.Height), edge);
            image = ImageResize.To(image, width, height, Filter, ct);
        }
        else if (Resize) image = ImageResize.To(image, Width, Height, Filter, ct);
        return Crop is { } crop ? Middle(image, crop.Width, crop.Height) : image;
    }

    private static RgbImage Middle(RgbImage image, int width, int height)
    {
        var (left, top) = ((image.Width - width) / 2, (image.Height - height) / 2);
        if (image.Width >= width && image.Height >= height) return image.Crop(left, top, width, height);
        var pixels = new byte[3L * width * height];
        var (padX, padY) = (Math.Max(0, (width - image.Width + 1) / 2), Math.Max(0, (height - image.Height + 1) / 2));
        var (fromX, fromY) = (Math.Max(0, left), Math.Max(0, top));
        var wide = Math.Min(width, image.Width);
        for (var y = 0; y < Math.Min(height, image.Height); y++)
            image.Row(fromY + y).Slice(3 * fromX, 3 * wide).CopyTo(pixels.AsSpan(((padY + y) * width + padX) * 3));
        return new(width, height, pixels);
    }

    internal static TemperException Wrong(string path, string what) =>
        new([new Problem("IMG_PREPROCESSOR", $"Reading {path}: {what}.") { File = path, Hint = ErrorCatalogue.Find("IMG_PREPROCESSOR")?.Remedy }]);
}
