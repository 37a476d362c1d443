using Temper.Core.Datasets;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>One bucket of a version.</summary>
/// <param name="Width">Pixels of a prepared image.</param>
/// <param name="Height">Pixels of a prepared image.</param>
/// <param name="Aspect">Width by height, rounded as the configuration says.</param>
/// <param name="Images">How many records it holds.</param>
/// <param name="Upscaled">How many of them grow.</param>
public sealed record BucketCount(int Width, int Height, double Aspect, long Images, long Upscaled);

/// <summary>How the images of a version fall into buckets, what was left out and why, and what would help. Section <c>images</c> of the report.</summary>
/// <param name="Buckets">By size, the fullest first.</param>
/// <param name="Skipped">Images that are not in the version, by code.</param>
/// <param name="Captions">Captions of all images.</param>
/// <param name="Uncaptioned">Images without a caption.</param>
/// <param name="Alike">Images that look like an earlier one (difference hashes at most 3 of 64 bits apart): the same picture in another size or compression. All stay.</param>
/// <param name="AlikePairs">The first 20 of them.</param>
/// <param name="Recommendations">Sentences for people.</param>
public sealed record BucketReport(IReadOnlyList<BucketCount> Buckets, SortedDictionary<string, long> Skipped, long Captions, long Uncaptioned, long Alike,
    IReadOnlyList<RecordPair> AlikePairs, IReadOnlyList<string> Recommendations);

/// <summary>Counts images into buckets.</summary>
internal sealed class BucketTally(ImageConfig config)
{
    private const int Few = 4, Shown = 20;
    private readonly ImageRules _rules = new(config);
    private readonly SortedDictionary<(int Width, int Height), (long Images, long Upscaled)> _buckets = [];
    private readonly LookAlikes _looks = new();
    private readonly List<string> _files = [];
    private readonly List<RecordPair> _pairs = [];
    private long _captions, _uncaptioned, _alike;

    /// <summary>Counts an accepted record.</summary>
    /// <param name="record">Of an image.</param>
    /// <param name="look">Its difference hash.</param>
    public void Add(CanonicalRecord record, ulong look)
    {
        _files.Add(record.Source.File);
        if (_looks.Add(look) is { } near)
        {
            _alike++;
            if (_pairs.Count < Shown)
                _pairs.Add(new(record.Source.File, 1, _files[near.Of], 1, Math.Round(1 - near.Distance / 64.0, 4)));
        }
        var image = record.Image!;
        var bucket = _rules.Geometry.Buckets.Of(image.Width, image.Height, image.Sha256);
        var (images, upscaled) = _buckets.GetValueOrDefault((bucket.Width, bucket.Height));
        _buckets[(bucket.Width, bucket.Height)] = (images + 1, upscaled + (image.Width < bucket.Width || image.Height < bucket.Height ? 1 : 0));
        _captions += record.Captions?.Count ?? 0;
        _uncaptioned += record.Captions is null ? 1 : 0;
    }

    /// <summary>The section of the report.</summary>
    /// <param name="skipped">Set aside, by code.</param>
    public BucketReport Report(SortedDictionary<string, long> skipped)
    {
        List<BucketCount> buckets = [.. _buckets.Select(b => new BucketCount(b.Key.Width, b.Key.Height, _rules.Geometry.Buckets.Rounded((double)b.Key.Width / b.Key.Height), b.Value.Images, b.Value.Upscaled)).OrderByDescending(b => b.Images)];
        return new(buckets, skipped, _captions, _uncaptioned, _alike, _pairs, [.. Recommendations(buckets, skipped)]);
    }

    private IEnumerable<string> Recommendations(List<BucketCount> buckets, SortedDictionary<string, long> skipped)
    {
        var few = buckets.Where(b => b.Images < Few).ToList();
        if (few.Count > 0)
            yield return FormattableString.Invariant($"{few.Count} of {buckets.Count} buckets hold fewer than {Few} images (such as {few[0].Width} × {few[0].Height} with {few[0].Images}): a batch comes from one bucket, so set repeats, or crop: true with crop_aspect: closest and a few crop_aspect_buckets.");
        var (images, upscaled) = (buckets.Sum(b => b.Images), buckets.Sum(b => b.Upscaled));
        if (upscaled * 10 > images)
            yield return FormattableString.Invariant($"{upscaled} of {images} images are smaller than their bucket and would be blown up: lower resolution, or set max_upscale_threshold or minimum_image_size.");
        var small = skipped.GetValueOrDefault("IMG_TOO_SMALL");
        if (small > images)
            yield return FormattableString.Invariant($"minimum_image_size leaves out {small} images and keeps {images}: check resolution_type, which says what the number counts.");
        if (_uncaptioned > 0 && config.Captions.Strategy != CaptionStrategy.None)
            yield return FormattableString.Invariant($"{_uncaptioned} images have no caption.");
        if (skipped.TryGetValue("IMG_UNSUPPORTED", out var unsupported))
            yield return FormattableString.Invariant($"{unsupported} files are of formats that are not decoded: convert them to PNG or JPEG.");
    }
}
