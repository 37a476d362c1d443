using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Keys of datasets of pictures, as SimpleTuner names them.</summary>
internal static class ImageKeys
{
    private const string ByContent = "caches are keyed by content, settings and model, so that they are never stale";
    private const string NoDeletion = "your files are never deleted; what is unfit is set aside";
    private static readonly KeyShape Size = new Number(0.001, 1_000_000);
    private static readonly KeyShape Aspect = new Number(0.01, 100);

    public static IEnumerable<ConfigKey> Of() =>
    [
        new("crop", For.Pictures, new Flag(), "`false`", "Cut pictures to the aspect of `crop_aspect`"),
        new("crop_style", For.Pictures, new Words("random", "center", "centre", "corner", "face"), "`random`", "Which part is cut out (random: by the record's digest); face is refused: there is no detector"),
        new("crop_aspect", For.Pictures, new Words("square", "preserve", "closest", "random"), "`square`", "Aspect of what is cut out"),
        new("crop_aspect_buckets", For.Pictures, new List(new Either(Aspect, new Section()), 1), "none", "Aspects for closest and random: numbers, or {aspect_bucket, weight}"),
        new("crop_aspect_buckets.aspect_bucket", For.Pictures, Aspect, "required", "Width by height"),
        new("crop_aspect_buckets.weight", For.Pictures, new Number(0.000001, 1_000_000), "1", "Share among the others"),
        new("resolution", For.Pictures, Size, "1024; 1 for area", "Size of the prepared pictures, in the unit of `resolution_type`"),
        new("resolution_type", For.Pictures, new Words("pixel", "area", "pixel_area"), "`pixel_area`", "pixel: the shorter edge; area: megapixels; pixel_area: the edge of a square with as many pixels"),
        new("minimum_image_size", For.Pictures, Size, "none", "Smaller pictures are left out, and counted"),
        new("maximum_image_size", For.Pictures, Size, "none", "Larger pictures are made `target_downsample_size` before they are cut"),
        new("target_downsample_size", For.Pictures, Size, "none", "Set with `maximum_image_size` or not at all"),
        new("minimum_aspect_ratio", For.Pictures, Aspect, "none", "Narrower pictures are left out, and counted"),
        new("maximum_aspect_ratio", For.Pictures, Aspect, "none", "Wider pictures are left out, and counted"),
        new("max_upscale_threshold", For.Pictures, new Number(0, 1), "none", "Pictures that must grow by more than this share are left out, and counted"),
        new("aspect_bucket_rounding", For.Pictures, new Whole(1, 9), "2", "Decimals of the buckets' aspects"),
        new("aspect_bucket_alignment", For.Pictures, new Whole(8, 64), "64", "Edges are multiples of this: 8, 16, 24, 32 or 64"),
        new("metadata_backend", For.Pictures, new Words("discovery", "json", "filesystem", "", "parquet", "huggingface", "webshart"), "`discovery`", "Where names and sizes come from; json and filesystem are other names of discovery"),
        new("parquet", For.Pictures, new Section(), "none", "Table of captions and sizes"),
        new("parquet.path", For.Pictures, new Text(".+", "the path of a table"), "required", "Its path: .parquet or .jsonl"),
        new("parquet.filename_column", For.Pictures, new Text(), "`id`", "Column of the pictures' names"),
        new("parquet.caption_column", For.Pictures, new Either(new Text(), new List(new Text(), 1)), "`description`", "Columns of captions"),
        new("parquet.fallback_caption_column", For.Pictures, new Text(), "none", "Column that is used where the captions are empty"),
        new("parquet.width_column", For.Pictures, new Text(), "none", "Column of the width"),
        new("parquet.height_column", For.Pictures, new Text(), "none", "Column of the height"),
        new("parquet.identifier_includes_extension", For.Pictures, new Flag(), "`false`", "Whether the names carry their endings"),
        Ignored("parquet.bbox_column", new Text(), "boxes are not read by this version"),
        Ignored("cache_dir_vae", new Text(), ByContent),
        Ignored("vae_cache_ondemand", new Flag(), ByContent),
        Ignored("vae_cache_disable", new Flag(), ByContent),
        Ignored("vae_cache_clear_each_epoch", new Flag(), ByContent),
        new("disable_vae_cache", For.Pictures, new Flag(), "", "Removed from SimpleTuner") { Fate = KeyFate.Refused, Reason = "SimpleTuner removed it, too: write `vae_cache_disable`, or nothing." },
        Ignored("delete_unwanted_images", new Flag(), NoDeletion),
        Ignored("delete_problematic_images", new Flag(), NoDeletion),
        Ignored("delete_nsfw_images", new Flag(), NoDeletion),
    ];

    private static ConfigKey Ignored(string path, KeyShape shape, string reason) => new(path, For.Pictures, shape, "", "Accepted for files written for SimpleTuner") { Fate = KeyFate.Ignored, Reason = reason };
}
