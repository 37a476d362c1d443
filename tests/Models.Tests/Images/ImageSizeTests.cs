using Temper.Core.Ids;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Sizes, buckets and cuts.</summary>
public sealed class ImageSizeTests
{
    private static readonly Digest Record = Digest.OfText("a record");

    [Fact]
    public void Pixels_megapixels_and_edges_are_one_conversion_whichever_way_a_size_is_written()
    {
        for (var edge = 64.0; edge <= 4096; edge += 37.25)
        {
            // SimpleTuner converts 1024 to 1.05 megapixels on one path and to 1,024 on another.
            Assert.Equal(edge * edge, ImageArea.Pixels(edge, ResolutionUnit.PixelArea));
            Assert.Equal(edge * edge, ImageArea.Pixels(edge * edge / 1e6, ResolutionUnit.Area), 1e-6 * edge * edge);
            Assert.Equal(ImageArea.Pixels(edge, ResolutionUnit.Pixel), ImageArea.Pixels(edge, ResolutionUnit.PixelArea));
            foreach (var unit in Enum.GetValues<ResolutionUnit>())
                for (var aspect = 0.25; aspect < 4; aspect *= 1.3)
                {
                    var size = unit == ResolutionUnit.Area ? edge * edge / 1e6 : edge;
                    var (width, height) = ImageArea.Edges(size, unit, aspect);
                    Assert.Equal(aspect, width / height, 1e-9);
                    Assert.Equal(size, ImageArea.Size(width, height, unit), 1e-9 * size);
                }
        }
    }

    [Fact]
    public void A_bucket_is_aligned_has_about_the_area_and_keeps_the_aspect()
    {
        foreach (var alignment in (int[])[8, 16, 24, 32, 64])
        {
            var buckets = new AspectBuckets { Resolution = 1024, Alignment = alignment };
            Assert.Equal(1024 / alignment * alignment + (1024 % alignment * 2 >= alignment ? alignment : 0), buckets.Of(500, 500, Record).Width);
            for (var width = 300; width < 3000; width += 331)
                for (var height = 300; height < 3000; height += 271)
                {
                    var bucket = buckets.Of(width, height, Record);
                    Assert.Equal((0, 0), (bucket.Width % alignment, bucket.Height % alignment));
                    var wanted = Math.Sqrt(1024 * 1024 * Math.Round((double)width / height, 2));
                    Assert.InRange(bucket.Width, wanted - alignment / 2.0 - 0.001, wanted + alignment / 2.0 + 0.001);
                }
        }
    }

    [Fact]
    public void Aspects_that_round_alike_share_a_bucket_and_a_map_overrides_it()
    {
        var buckets = new AspectBuckets { Map = new Dictionary<string, IReadOnlyList<int>> { ["1.5"] = [1216, 832] } };
        Assert.Equal(buckets.Of(1500, 1001, Record), buckets.Of(1503, 1000, Record));
        Assert.Equal(new AspectBucket(1216, 832), buckets.Of(3000, 2000, Record));
        Assert.Equal(new AspectBucket(1024, 1024), buckets.Of(77, 77, Record));
        Assert.Equal(new AspectBucket(1280, 832), new AspectBuckets { Rounding = 1 }.Of(3004, 2000, Record));
    }

    [Fact]
    public void The_nearest_choice_is_by_ratio_and_chance_follows_from_the_record_alone()
    {
        IReadOnlyList<(double, double)> choices = [(0.5, 1), (1, 1), (2, 2)];
        var closest = new AspectBuckets { Aspect = BucketAspect.Closest, Choices = choices };
        Assert.Equal(closest.OfAspect(2), closest.Of(1500, 1000, Record));
        Assert.Equal(closest.OfAspect(0.5), closest.Of(600, 1000, Record));
        Assert.Equal(closest.OfAspect(1), closest.Of(1300, 1000, Record));
        var random = closest with { Aspect = BucketAspect.Random };
        var drawn = Enumerable.Range(0, 4000).Select(i => random.Of(800, 800, Digest.OfText($"{i}"))).ToList();
        Assert.Equal(drawn, Enumerable.Range(0, 4000).Select(i => random.Of(1, 1000, Digest.OfText($"{i}"))));
        Assert.InRange(drawn.Count(b => b == closest.OfAspect(2)), 1850, 2150);
    }

    [Fact]
    public void A_cut_lies_inside_the_image_and_covers_its_bucket()
    {
        var size = 200;
        foreach (var place in Enum.GetValues<CropPlace>())
            for (var i = 0; i < 300; i++)
            {
                var record = Digest.OfText($"{i}");
                var (width, height) = (size + i * 7 % 400, size + i * 13 % 500);
                var geometry = new ImageGeometry { Crop = true, Place = place, Buckets = new() { Resolution = 128, Aspect = BucketAspect.Square }, DownsampleAbove = i % 2 == 0 ? 300 : null, DownsampleTo = i % 2 == 0 ? 256 : null };
                var at = geometry.Of(width, height, record);
                Assert.Equal(new AspectBucket(128, 128), at.Bucket);
                Assert.InRange(at.X, 0, at.Width - 128);
                Assert.InRange(at.Y, 0, at.Height - 128);
                Assert.Equal((double)width / height, (double)at.Width / at.Height, 0.02 * width / height);
                Assert.Equal(at, geometry.Of(width, height, record));
                if (place == CropPlace.Corner) Assert.Equal((0, 0), (at.X, at.Y));
                if (place == CropPlace.Center) Assert.Equal(((at.Width - 128) / 2, (at.Height - 128) / 2), (at.X, at.Y));
            }
    }

    [Fact]
    public void A_large_image_is_made_smaller_first_so_that_the_cut_shows_a_part_of_it()
    {
        var geometry = new ImageGeometry { Crop = true, Buckets = new() { Resolution = 512, Aspect = BucketAspect.Square }, DownsampleAbove = 1500, DownsampleTo = 1024 };
        Assert.Equal((1024, 1024), (geometry.Of(2000, 2000, Record).Width, geometry.Of(2000, 2000, Record).Height));
        Assert.Equal((512, 512), (geometry.Of(1400, 1400, Record).Width, geometry.Of(1400, 1400, Record).Height));
    }

    [Fact]
    public void Without_a_cut_the_whole_image_becomes_its_bucket()
    {
        var image = ImageDecoder.Decode(File.ReadAllBytes(Path.Combine(TinyModel.DataPath("images"), "jpeg-q100.jpg"))).Image;
        var prepared = new ImageGeometry { Buckets = new() { Resolution = 64, Alignment = 8 } }.Prepare(image, Record);
        Assert.Equal((80, 56), (prepared.Width, prepared.Height));
        Assert.Equal(ImageResize.To(image, 80, 56, ResampleFilter.Bicubic).Pixels, prepared.Pixels);
    }

    [Fact]
    public void Alike_images_have_alike_difference_hashes()
    {
        var (image, other) = (Blobs(1), Blobs(2));
        var darker = new RgbImage(image.Width, image.Height, [.. image.Pixels.Select(b => (byte)(b * 0.8))]);
        Assert.InRange(DifferenceHash.Distance(DifferenceHash.Of(image), DifferenceHash.Of(ImageResize.To(image, 90, 70, ResampleFilter.Bicubic))), 0, 3);
        Assert.InRange(DifferenceHash.Distance(DifferenceHash.Of(image), DifferenceHash.Of(darker)), 0, 3);
        Assert.InRange(DifferenceHash.Distance(DifferenceHash.Of(image), DifferenceHash.Of(other)), 15, 64);
    }

    /// <summary>Light and dark patches.</summary>
    private static RgbImage Blobs(ulong seed) =>
        ImageResize.To(new(12, 10, [.. Enumerable.Range(0, 360).Select(i => (byte)Philox.Below(new RandomKey(seed, 9), i / 3, 256))]), 200, 160, ResampleFilter.Bicubic);
}
