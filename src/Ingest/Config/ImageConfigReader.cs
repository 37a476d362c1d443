namespace Temper.Ingest;

/// <summary>Reads the keys of pictures and films, and checks what they say together.</summary>
internal sealed class ImageConfigReader(ConfigSection section)
{
    private static readonly int[] Alignments = [8, 16, 24, 32, 64];

    /// <summary>Problems are collected.</summary>
    public ImageConfig Read()
    {
        var defaults = new ImageConfig();
        var unit = section.Word("resolution_type", defaults.ResolutionType);
        var read = new ImageConfig
        {
            Crop = section.Flag("crop", false),
            CropStyle = Style(),
            CropAspect = section.Word("crop_aspect", defaults.CropAspect),
            CropAspectBuckets = Aspects(),
            Resolution = section.Number("resolution") ?? (unit == ResolutionType.Area ? 1 : defaults.Resolution),
            ResolutionType = unit,
            MinimumImageSize = section.Number("minimum_image_size"),
            MaximumImageSize = section.Number("maximum_image_size"),
            TargetDownsampleSize = section.Number("target_downsample_size"),
            MinimumAspectRatio = section.Number("minimum_aspect_ratio"),
            MaximumAspectRatio = section.Number("maximum_aspect_ratio"),
            MaxUpscaleThreshold = section.Number("max_upscale_threshold"),
            AspectBucketRounding = section.Small("aspect_bucket_rounding") ?? defaults.AspectBucketRounding,
            AspectBucketAlignment = section.Small("aspect_bucket_alignment") ?? defaults.AspectBucketAlignment,
            MetadataBackend = Metadata(),
            Table = Table(section.Section("parquet")),
            Captions = new CaptionConfigReader(section).Read(),
        };
        Sizes(read);
        return read;
    }

    private CropStyle Style()
    {
        if (section.Text("crop_style") is "face")
            section.Add("CFG_UNSUPPORTED", "crop_style", "crop_style: face is not supported: this version has no detector of faces.", "Use random, center or corner.");
        return section.Text("crop_style") is "centre" ? CropStyle.Center : section.Word("crop_style", CropStyle.Random);
    }

    private List<AspectChoice> Aspects()
    {
        var choices = new List<AspectChoice>();
        foreach (var item in section.Items("crop_aspect_buckets"))
        {
            if (item is ConfigNode.Scalar { Value: long or double } number)
                choices.Add(new(Convert.ToDouble(number.Value, System.Globalization.CultureInfo.InvariantCulture)));
            else if (item is ConfigNode.Map map && section.Below(map, "crop_aspect_buckets") is var choice && choice.Number("aspect_bucket") is { } aspect)
                choices.Add(new(aspect, choice.Number("weight") ?? 1));
            else if (item is ConfigNode.Map missing && section.Below(missing, "crop_aspect_buckets") is var empty && !empty.Has("aspect_bucket"))
                empty.Add("CFG_MISSING_KEY", "aspect_bucket", "'aspect_bucket' is missing.", "Write {aspect_bucket: 1.5, weight: 1}, or the number alone.");
        }
        if (section.Text("crop_aspect") is "closest" or "random" && choices.Count == 0 && section.Items("crop_aspect_buckets").Count == 0)
            section.Add("CFG_MISSING_KEY", "crop_aspect", $"crop_aspect: {section.Text("crop_aspect")} needs 'crop_aspect_buckets'.", "Add crop_aspect_buckets: [1.0, 0.75, 1.5].");
        return choices;
    }

    private MetadataBackend Metadata()
    {
        var text = section.Text("metadata_backend");
        if (text is "webshart")
            section.Add("CFG_UNSUPPORTED", "metadata_backend", "metadata_backend: webshart is not supported.", "Upload the tar archives themselves; their entries are read.");
        return text is "json" or "filesystem" ? MetadataBackend.Discovery : section.Word("metadata_backend", MetadataBackend.Discovery);
    }

    private static CaptionTable? Table(ConfigSection? table)
    {
        if (table is null)
            return null;
        var defaults = new CaptionTable();
        if (!table.Has("path"))
            table.Add("CFG_MISSING_KEY", "path", "'path' is missing.", "Name the .parquet or .jsonl file.");
        return new()
        {
            Path = table.Text("path") ?? "",
            FilenameColumn = table.Text("filename_column") ?? defaults.FilenameColumn,
            CaptionColumns = table.Texts("caption_column") is { Count: > 0 } columns ? columns : defaults.CaptionColumns,
            FallbackCaptionColumn = table.Text("fallback_caption_column"),
            WidthColumn = table.Text("width_column"),
            HeightColumn = table.Text("height_column"),
            IdentifierIncludesExtension = table.Flag("identifier_includes_extension", false),
        };
    }

    /// <summary>Limits are set in pairs, in one unit: below 20 megapixels, or at least 512 pixels.</summary>
    private void Sizes(ImageConfig read)
    {
        if (read.MaximumImageSize is null != read.TargetDownsampleSize is null)
            section.Add("CFG_MISSING_KEY", read.MaximumImageSize is null ? "target_downsample_size" : "maximum_image_size", "maximum_image_size and target_downsample_size are set together or not at all.", "Add the other one.");
        foreach (var key in (string[])["maximum_image_size", "target_downsample_size"])
        {
            if (section.Number(key) is not { } size)
                continue;
            if (read.ResolutionType == ResolutionType.Area && size >= 20)
                section.Add("CFG_BAD_VALUE", key, $"'{key}' counts megapixels (resolution_type: area) and must be below 20; found {size}.", "Did you mean pixels? Write resolution_type: pixel.");
            if (read.ResolutionType != ResolutionType.Area && size < 512)
                section.Add("CFG_BAD_VALUE", key, $"'{key}' counts pixels and must be at least 512; found {size}.", "Did you mean megapixels? Write resolution_type: area.");
        }
        if (read.TargetDownsampleSize > read.MaximumImageSize)
            section.Add("CFG_BAD_VALUE", "target_downsample_size", $"target_downsample_size is {read.TargetDownsampleSize}, above maximum_image_size {read.MaximumImageSize}.");
        if (read.MinimumAspectRatio > read.MaximumAspectRatio)
            section.Add("CFG_BAD_VALUE", "minimum_aspect_ratio", $"minimum_aspect_ratio is {read.MinimumAspectRatio}, above maximum_aspect_ratio {read.MaximumAspectRatio}.");
        if (!Alignments.Contains(read.AspectBucketAlignment))
            section.Add("CFG_BAD_VALUE", "aspect_bucket_alignment", $"'aspect_bucket_alignment' must be 8, 16, 24, 32 or 64; found {read.AspectBucketAlignment}.");
    }

    /// <summary>The keys of films.</summary>
    public static VideoConfig Video(ConfigSection section)
    {
        var defaults = new VideoConfig();
        if (section.Section("video") is not { } video)
            return defaults;
        var frames = video.Small("num_frames") ?? defaults.NumFrames;
        var read = new VideoConfig
        {
            NumFrames = frames,
            MinFrames = video.Small("min_frames") ?? frames,
            MaxFrames = video.Small("max_frames"),
            IsI2v = video.Flag("is_i2v", false),
            BucketStrategy = video.Word("bucket_strategy", defaults.BucketStrategy),
            FrameInterval = video.Small("frame_interval"),
        };
        if (read.MinFrames < read.NumFrames)
            video.Add("CFG_BAD_VALUE", "min_frames", $"min_frames is {read.MinFrames}, below num_frames {read.NumFrames}: a film could not fill its frames.", $"Write min_frames: {read.NumFrames}, or lower num_frames.");
        if (read.MaxFrames < read.MinFrames)
            video.Add("CFG_BAD_VALUE", "max_frames", $"max_frames is {read.MaxFrames}, below min_frames {read.MinFrames}.");
        return read;
    }
}
