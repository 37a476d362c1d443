using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Keys of the stores of embeddings.</summary>
internal static class StoreKeys
{
    public static IEnumerable<ConfigKey> Of() =>
    [
        new("default", For.Stores, new Flag(), "`true` for the first text store", "Datasets that name no store use this one") { Reader = KeyReader.Plan },
        Ignored("cache_dir", For.Stores, new Text(), "the cache of the server", "Folder of the store", "vectors lie in the server's cache, keyed by content and model, so that none is stale or made twice"),
        Ignored("write_batch_size", For.All, new Whole(1, 65_536), "128", "Entries a write", "vectors are written in shards that end by their bytes, each whole or not at all"),
        Ignored("text_encoder_batch_size", For.All, new Whole(1, 65_536), "1", "Texts a pass of the encoder", "the encoder takes as many texts a pass as suit the machine; vectors are the same bits in any batch"),
        Ignored("text_cache_ondemand", For.All, new Flag(), "`false`", "Embed when first asked for", "embeddings are always made when they are first asked for"),
        Ignored("text_cache_disable", For.All, new Flag(), "`false`", "Keep nothing", "vectors are always kept: keyed by content and model, they cannot be stale"),
        new("caption_filter_list", For.TextEmbeds, new Either(new Text(), new List(new Text())), "none", "Terms and expressions that are taken out of captions, and `s/old/new/`; or the path of a file with one a line") { Reader = KeyReader.Plan },
        new("compress_cache", For.Stores, new Flag(), "`false`", "Compress entries") { Reader = KeyReader.Plan, Fate = KeyFate.Ignored, Reason = "vectors of floats do not shrink" },
        new("model", For.Stores, new Section(), "the job's", "The model that embeds") { Reader = KeyReader.Plan },
        new("model.id", For.Stores, new Text(".+", "a reference"), "required", "Reference of a registered model") { Reader = KeyReader.Plan },
        new("model.revision", For.Stores, new Text(), "the latest", "Version, alias or commit") { Reader = KeyReader.Plan },
        new("model.dtype", For.Stores, new Words("f32", "bf16"), "`f32`", "Type of the stored numbers") { Reader = KeyReader.Plan },
    ];

    private static ConfigKey Ignored(string path, int types, KeyShape shape, string otherwise, string meaning, string reason) =>
        new(path, types, shape, otherwise, meaning) { Reader = KeyReader.Plan, Fate = KeyFate.Ignored, Reason = reason };
}
