using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Keys of every dataset that place it among the others.</summary>
internal static class PlanKeys
{
    private const long Many = 1L << 53;
    private static readonly KeyShape Id = new Text("[a-z0-9][a-z0-9._-]{0,62}", "1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit");
    private static readonly KeyShape Link = new Text();

    public static IEnumerable<ConfigKey> Of() =>
    [
        new("id", For.All, Id, "required", "Name of the dataset; unique"),
        new("dataset_type", For.All, new Text(), "`text` in an upload, `image` in a bare list (as SimpleTuner), else required", "What it is: text, preference, image, video, conditioning, eval, caption, text_embeds, image_embeds, conditioning_image_embeds"),
        new("type", For.All, new Text(), "`local`", "Backend: local, azure, aws (or s3), csv, huggingface, memory, or a plug-in's name") { Reader = KeyReader.Plan },
        new("modality", For.Eval | For.Caption | For.Conditioning, new Words("text", "image", "video"), "`image` in a bare list and for conditioning, else `text`", "What the records are made of"),
        Plan("disabled", For.All, new Flag(), "`false`", "Leave the dataset out"),
        Plan("disable", For.All, new Flag(), "`false`", "The same as `disabled`"),
        Plan("probability", For.Data, new Number(0, double.MaxValue), "1", "Weight among the datasets"),
        Plan("repeats", For.Data, new Whole(0, 1_000_000), "0", "Passes after the first: 0 means once (Kohya counts the first, too)"),
        Plan("start_epoch", For.Data, new Whole(1, int.MaxValue), "1", "First epoch in which it is drawn from"),
        Plan("start_step", For.Data, new Whole(0, Many), "0", "First optimizer step in which it is drawn from"),
        Plan("end_epoch", For.Data, new Whole(1, int.MaxValue), "none", "Last epoch in which it is drawn from"),
        Plan("end_step", For.Data, new Whole(1, Many), "none", "Last optimizer step in which it is drawn from"),
        Plan("train_batch_size", For.Data, new Whole(1, 65_536), "the job's", "Records a batch"),
        Plan("source_dataset_id", For.Conditioning | For.Eval, Link, "none", "The dataset whose pictures this one goes with"),
        Plan("conditioning_data", For.Pictures, new Either(Link, new List(Link)), "none", "Conditioning datasets that go with this one"),
        Plan("text_embeds", For.Data, Link, "the default store", "Store of the embedded captions"),
        Plan("image_embeds", For.Pictures, Link, "none", "Store of the embedded pictures"),
        Plan("conditioning_image_embeds", For.Pictures, Link, "none", "Store of the embedded conditioning pictures"),
        Plan("eval_of", For.Eval, Link, "none", "The dataset that this one evaluates"),
        new("dedup_against", For.Data, new Either(Link, new List(Link)), "none", "Datasets whose records are dropped here, where they are the same in every member: ids of this configuration, in an upload references of sealed versions"),
        Plan("conditioning_type", For.Conditioning, new Words("controlnet", "mask", "segmentation", "reference_strict", "reference_loose"), "`controlnet`", "What the pictures say about their sources"),
        Plan("conditioning", For.Pictures, new List(new Section()), "none", "Conditioning datasets that are made from this one") with { Fate = KeyFate.Refused, Reason = "Conditioning pictures are not made by this version: make them and name their dataset under `conditioning_data`." },
        Plan("is_regularisation_data", For.Pictures, new Flag(), "`false`", "Data of the class instead of the subject") with { Fate = KeyFate.Ignored, Reason = "no trainer of this version reads it" },
        Plan("slider_strength", For.Pictures, new Number(-1000, 1000), "none", "Strength of a slider") with { Fate = KeyFate.Ignored, Reason = "no trainer of this version reads it" },
        Plan("timestep_sampling_offset", For.Pictures, new Number(-1000, 1000), "0", "Offset of the diffusion's step") with { Fate = KeyFate.Ignored, Reason = "no trainer of this version reads it" },
        Plan("s2v_datasets", For.Pictures, new Either(Link, new List(Link)), "none", "Audio of films") with { Fate = KeyFate.Refused, Reason = "Audio is not read by this version." },
        Plan("audio", For.All, new Any(), "none", "Audio") with { Fate = KeyFate.Refused, Reason = "Audio is not read by this version." },
        Plan("skip_file_discovery", For.All, new Text(), "none", "Steps that SimpleTuner leaves out") with { Fate = KeyFate.Ignored, Reason = "listings are compared by version, so nothing unchanged is read again" },
        Plan("preserve_data_backend_cache", For.All, new Flag(), "`false`", "Keep the listing between runs") with { Fate = KeyFate.Ignored, Reason = "listings are compared by version, so nothing unchanged is read again" },
        Plan("metadata_update_interval", For.All, new Whole(1, Many), "65", "Seconds between saves of metadata") with { Fate = KeyFate.Ignored, Reason = "every stage commits once" },
        Plan("config", For.Data, new Text(), "none", "Configuration (subset) of the hub's repository") with { Backends = Backend.Hub },
    ];

    private static ConfigKey Plan(string path, int types, KeyShape shape, string otherwise, string meaning) => new(path, types, shape, otherwise, meaning) { Reader = KeyReader.Plan };
}
