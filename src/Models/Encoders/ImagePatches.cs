namespace Temper.Models;

/// <summary>Images cut into patches, each in the order of a convolution's kernel: channel, row, column.</summary>
internal static class ImagePatches
{
    /// <summary>Images in so many numbers.</summary>
    public static int Count(EncoderConfig config, int numbers)
    {
        var each = config.Channels * config.ImageSize * config.ImageSize;
        return numbers % each == 0 && numbers > 0 ? numbers / each : throw new ArgumentException($"{numbers} numbers are not images of {config.Channels} × {config.ImageSize} × {config.ImageSize}", nameof(numbers));
    }

    /// <summary>[images · Patches, Channels · PatchSize²], patches of an image row by row.</summary>
    public static float[] Of(EncoderConfig config, ReadOnlySpan<float> pixels)
    {
        var (side, patch) = (config.ImageSize, config.PatchSize);
        var (across, values, to) = (side / patch, new float[pixels.Length], 0);
        for (var image = 0; image < Count(config, pixels.Length); image++)
            for (var place = 0; place < config.Patches; place++)
                for (var channel = 0; channel < config.Channels; channel++)
                    for (var row = 0; row < patch; row++, to += patch)
                        pixels.Slice((image * config.Channels + channel) * side * side + (place / across * patch + row) * side + place % across * patch, patch).CopyTo(values.AsSpan(to));
        return values;
    }
}
