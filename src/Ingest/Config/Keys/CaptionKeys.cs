using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Keys of captions.</summary>
internal static class CaptionKeys
{
    private const int Captioned = For.Pictures | For.Caption;

    public static IEnumerable<ConfigKey> Of() =>
    [
        new("caption_strategy", Captioned, new Words("textfile", "instanceprompt", "filename", "parquet", "huggingface", "csv", "folder", "none", "webshart"), "`textfile`", "Where captions come from; folder: the name of the folder is the class"),
        new("instance_prompt", Captioned, new Text(), "none", "A text that stands for the subject"),
        new("prepend_instance_prompt", Captioned, new Flag(), "`false`", "Put it before each caption"),
        new("only_instance_prompt", Captioned, new Flag(), "`false`", "Use it instead of each caption"),
        new("disable_multiline_split", Captioned, new Flag(), "`false`", "A caption file of several lines is one caption instead of one a line"),
        new("caption_shuffle", Captioned, new Section(), "none", "More captions by changing the order of the parts"),
        new("caption_shuffle.enable", Captioned, new Flag(), "`false`", "Shuffle"),
        new("caption_shuffle.count", Captioned, new Whole(1, 100), "1", "Shuffled captions a caption"),
        new("caption_shuffle.seed", Captioned, new Whole(0, 1L << 53), "the job's", "Key of the order"),
        new("caption_shuffle.split_on", Captioned, new Text(".{1,8}", "comma, space, period, or 1 to 8 characters"), "`comma`", "What separates the parts"),
        new("caption_shuffle.position_start", Captioned, new Whole(0, 1000), "0", "Parts at the beginning that keep their place"),
        new("caption_shuffle.include_original", Captioned, new Flag(), "`true`", "Keep the caption itself beside the shuffled ones"),
        new("caption_filter", For.Pictures, new List(new Text()), "that of the text store", "Terms and expressions that are taken out of captions, and `s/old/new/`; `temper data build` fills it from the store's `caption_filter_list`"),
        new("caption_dropout_probability", Captioned, new Number(0, 1), "the job's", "Share of the draws without a caption"),
    ];
}
