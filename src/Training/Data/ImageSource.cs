using System.Collections.Concurrent;
using Temper.Core.Ids;
using Temper.Models;

namespace Temper.Training.Data;

/// <summary>Images of sealed versions as the numbers that a model reads. Those that were read are kept while they fit. Safe from any thread.</summary>
/// <param name="read">Gives the verified bytes of an image's file.</param>
/// <param name="preprocessor">Of the model.</param>
/// <param name="side">Height and width in pixels.</param>
public sealed class ImageSource(Func<Digest, byte[]> read, ImagePreprocessor preprocessor, int side)
{
    private const long MostKept = 1L << 30;
    private readonly ConcurrentDictionary<Digest, float[]> _kept = new();
    private long _bytes;

    /// <summary>Numbers in an image: channels, rows, columns.</summary>
    public int Each => 3 * side * side;

    /// <summary>Height and width in pixels.</summary>
    public int Side => side;

    /// <summary>Images end to end, in order.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>dataset_corrupt</c> and IMG_….</exception>
    public float[] Read(IReadOnlyList<Digest> images)
    {
        var pixels = new float[images.Count * Each];
        for (var i = 0; i < images.Count; i++)
            One(images[i]).CopyTo(pixels.AsSpan(i * Each));
        return pixels;
    }

    /// <summary>One image.</summary>
    /// <exception cref="Core.Errors.TemperException">Codes <c>dataset_corrupt</c> and IMG_….</exception>
    public float[] One(Digest image)
    {
        if (_kept.TryGetValue(image, out var found))
            return found;
        var pixels = new float[Each];
        preprocessor.Write(ImageDecoder.Decode(read(image)).Image, pixels);
        if (Interlocked.Add(ref _bytes, 4L * Each) <= MostKept)
            _kept.TryAdd(image, pixels);
        return pixels;
    }
}
