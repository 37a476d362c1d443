using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Keys of datasets of films.</summary>
internal static class VideoKeys
{
    private const int Films = For.Video | For.Eval | For.Conditioning;

    public static IEnumerable<ConfigKey> Of() =>
    [
        new("video", Films, new Section(), "see below", "Which films are used, and how long"),
        new("video.num_frames", Films, new Whole(1, 100_000), "125", "Frames that are trained on"),
        new("video.min_frames", Films, new Whole(1, 100_000), "`num_frames`", "Least frames of a film; at least `num_frames`"),
        new("video.max_frames", Films, new Whole(1, 10_000_000), "none", "Most frames of a film"),
        new("video.is_i2v", Films, new Flag(), "`false`", "The first frame conditions the others"),
        new("video.bucket_strategy", Films, new Words("aspect_ratio", "resolution_frames"), "`aspect_ratio`", "How films are sorted"),
        new("video.frame_interval", Films, new Whole(1, 10_000), "none", "Frames are counted in steps of this many"),
    ];
}
