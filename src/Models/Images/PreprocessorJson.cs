using System.Text.Json;

namespace Temper.Models;

/// <summary>Reads the settings of <c>preprocessor_config.json</c>, in the spellings that Hugging Face's files use.</summary>
internal sealed class PreprocessorJson(JsonElement root, string path)
{
    private const int LargestSide = 4096;

    public ImagePreprocessor Read()
    {
        var defaults = new ImagePreprocessor();
        var crops = Flag("do_center_crop", false);
        var (width, height, shortest) = Size("size", crops) ?? (defaults.Width, defaults.Height, null);
        var resample = root.TryGetProperty("resample", out var filter) ? filter.GetInt32() : (int)defaults.Filter;
        if (resample is not (2 or 3)) throw ImagePreprocessor.Wrong(path, $"resample is {resample}; 2 (bilinear) and 3 (bicubic) are supported");
        var cut = crops ? Size("crop_size", false) ?? (width, height, null) : ((int, int, int?)?)null;
        var normalises = Flag("do_normalize", true);
        return new()
        {
            Resize = Flag("do_resize", true),
            Width = width,
            Height = height,
            ShortestEdge = shortest,
            Filter = (ResampleFilter)resample,
            Crop = cut is { } crop ? (crop.Item1, crop.Item2) : null,
            Scale = Flag("do_rescale", true) ? root.TryGetProperty("rescale_factor", out var factor) ? factor.GetDouble() : defaults.Scale : 1,
            Mean = normalises ? Three("image_mean", defaults.Mean) : [0, 0, 0],
            Deviation = normalises ? Three("image_std", defaults.Deviation) : [1, 1, 1],
        };
    }

    private bool Flag(string name, bool otherwise) => root.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value.GetBoolean() : otherwise;

    /// <summary>A number alone is a square, or before a crop the shorter edge; an object names height and width, or shortest_edge.</summary>
    private (int Width, int Height, int? Shortest)? Size(string name, bool numberIsEdge)
    {
        if (!root.TryGetProperty(name, out var size) || size.ValueKind == JsonValueKind.Null) return null;
        if (size.ValueKind == JsonValueKind.Number) return numberIsEdge ? (0, 0, Side(size)) : (Side(size), Side(size), null);
        if (size.TryGetProperty("shortest_edge", out var shortest)) return (0, 0, Side(shortest));
        return size.TryGetProperty("width", out var width) && size.TryGetProperty("height", out var height) ? (Side(width), Side(height), null)
            : throw ImagePreprocessor.Wrong(path, $"{name} names neither height and width nor shortest_edge");
    }

    private int Side(JsonElement number) => number.TryGetInt32(out var side) && side is >= 1 and <= LargestSide ? side
        : throw ImagePreprocessor.Wrong(path, $"a side is {number.GetRawText()}; 1 to {LargestSide} pixels are supported");

    private IReadOnlyList<float> Three(string name, IReadOnlyList<float> otherwise)
    {
        if (!root.TryGetProperty(name, out var list)) return otherwise;
        var numbers = list.EnumerateArray().Select(number => number.GetSingle()).ToArray();
        return numbers.Length == 3 && numbers.All(float.IsFinite) && (name != "image_std" || numbers.All(n => n > 0)) ? numbers
            : throw ImagePreprocessor.Wrong(path, $"{name} is not three numbers that can be used");
    }
}
