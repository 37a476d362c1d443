using System.Buffers.Binary;
using Temper.Core.Ids;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>Which part of an image is cut out.</summary>
public enum CropPlace
{
    /// <summary>A place that follows from the record's digest.</summary>
    Random,

    /// <summary>The middle.</summary>
    Center,

    /// <summary>The upper left corner.</summary>
    Corner,
}

/// <summary>How images are brought to the size of their bucket.</summary>
public sealed record ImageGeometry
{
    private const uint CropStream = 72;

    /// <summary>Sizes.</summary>
    public AspectBuckets Buckets { get; init; } = new();

    /// <summary>Whether parts are cut off. Without, the whole image is resized to its bucket, which changes its aspect by less than the alignment does.</summary>
    public bool Crop { get; init; }

    /// <summary>Which part stays.</summary>
    public CropPlace Place { get; init; }

    /// <summary>Larger images are made <see cref="DownsampleTo"/> before a part is cut out; null: each is made just large enough for its bucket.</summary>
    public double? DownsampleAbove { get; init; }

    /// <summary>In the buckets' unit; set with <see cref="DownsampleAbove"/>.</summary>
    public double? DownsampleTo { get; init; }

    /// <summary>Weights of resizing.</summary>
    public ResampleFilter Filter { get; init; } = ResampleFilter.Bicubic;

    /// <summary>What is done to an image of a size.</summary>
    /// <param name="width">Upright.</param>
    /// <param name="height">Upright.</param>
    /// <param name="record">Decides where chance does.</param>
    public ImagePlacement Of(int width, int height, Digest record)
    {
        var bucket = Buckets.Of(width, height, record);
        if (!Crop) return new(bucket.Width, bucket.Height, 0, 0, bucket);
        var scale = Math.Max((double)bucket.Width / width, (double)bucket.Height / height);
        if (DownsampleAbove is { } most && DownsampleTo is { } to && ImageArea.Size(width, height, Buckets.Unit) > most)
            scale = Math.Max(scale, ImageArea.Edges(to, Buckets.Unit, (double)width / height).Width / width);
        var (wide, high) = (Math.Max(bucket.Width, Rounded(width * scale)), Math.Max(bucket.Height, Rounded(height * scale)));
        var (x, y) = Place switch
        {
            CropPlace.Corner => (0, 0),
            CropPlace.Center => ((wide - bucket.Width) / 2, (high - bucket.Height) / 2),
            _ => (Drawn(record, 0, wide - bucket.Width), Drawn(record, 1, high - bucket.Height)),
        };
        return new(wide, high, x, y, bucket);
    }

    /// <summary>The prepared image.</summary>
    /// <param name="image">Upright.</param>
    /// <param name="record">Decides where chance does.</param>
    /// <param name="ct">Stops it.</param>
    public RgbImage Prepare(RgbImage image, Digest record, CancellationToken ct = default)
    {
        var place = Of(image.Width, image.Height, record);
        return ImageResize.To(image, place.Width, place.Height, Filter, ct).Crop(place.X, place.Y, place.Bucket.Width, place.Bucket.Height);
    }

    /// <summary>A seed that follows from a digest alone.</summary>
    internal static ulong SeedOf(Digest record) => BinaryPrimitives.ReadUInt64BigEndian(Convert.FromHexString(record.Hex.AsSpan(0, 16)));

    private static int Drawn(Digest record, long element, int most) => (int)Philox.Below(new RandomKey(SeedOf(record), CropStream), element, most + 1L);

    private static int Rounded(double edge) => (int)Math.Round(edge, MidpointRounding.AwayFromZero);
}

/// <summary>What is done to one image: resized, then a part of it is cut out.</summary>
/// <param name="Width">Resized to.</param>
/// <param name="Height">Resized to.</param>
/// <param name="X">First column of the part.</param>
/// <param name="Y">First row of the part.</param>
/// <param name="Bucket">Size of the part.</param>
public readonly record struct ImagePlacement(int Width, int Height, int X, int Y, AspectBucket Bucket);
