using static Temper.Ingest.KeyShape;

namespace Temper.Ingest;

/// <summary>Keys of the places that data comes from.</summary>
internal static class BackendKeys
{
    public static IEnumerable<ConfigKey> Of() =>
    [
        On(Backend.Local, "instance_data_dir", new Text(".+", "a path"), "required", "Folder of the data; must lie within the configured root"),
        On(Backend.Azure, "azure_connection_name", new Text(), "none", "Name of a connection of the host; or `azure_account_url`"),
        On(Backend.Azure, "azure_account_url", new Text(), "none", "Address of the account, with the host's managed identity"),
        On(Backend.Azure, "azure_container_name", new Text(".+", "a name"), "required", "Container"),
        On(Backend.Azure, "azure_data_prefix", new Text(), "empty", "Beginning of the blobs' names"),
        On(Backend.Aws, "aws_bucket_name", new Text(".+", "a name"), "required", "Bucket"),
        On(Backend.Aws, "aws_data_prefix", new Text(), "empty", "Beginning of the keys"),
        On(Backend.Aws, "aws_region_name", new Text(), "the host's", "Region"),
        On(Backend.Aws, "aws_endpoint_url", new Text(), "Amazon's", "Address of another server; checked like every address that a user names"),
        On(Backend.Aws, "aws_access_key_id", new Secret(), "the host's", "Id of the access key"),
        On(Backend.Aws, "aws_secret_access_key", new Secret(), "the host's", "The access key"),
        On(Backend.Aws, "aws_session_token", new Secret(), "none", "Token of a session"),
        On(Backend.Aws, "aws_max_pool_connections", new Whole(1, 1024), "128", "Most connections at once"),
        On(Backend.Memory, "memory_bytes", new Whole(1, 1L << 50), "the host's", "Most bytes that are kept"),
        On(Backend.Csv, "csv_file", new Text(".+", "a path"), "required", "The CSV file"),
        On(Backend.Csv, "csv_url_column", new Text(".+", "a name"), "`url`", "Column of the addresses"),
        On(Backend.Csv, "csv_caption_column", new Text(), "none", "Column of the captions"),
        On(Backend.Csv, "csv_cache_dir", new Text(), "the host's", "Folder of what was fetched, by content"),
        On(Backend.Hub, "dataset_name", new Text("[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)?", "OWNER/NAME"), "required", "Repository"),
        On(Backend.Hub, "name", new Text(), "the repository's default", "Configuration (subset) of the repository"),
        On(Backend.Hub, "revision", new Text(".+", "a branch, tag or commit"), "`main`", "Branch, tag or commit; resolved to a commit once and pinned"),
        On(Backend.Hub, "data_files", new Either(new Text(), new List(new Text())), "those of the split", "Files, as paths with * and **"),
        On(Backend.Hub, "streaming", new Flag(), "`true`", "Rows are always streamed, with filters pushed down"),
        On(Backend.Hub, "image_column", new Text(), "`image`", "Column of the pictures"),
        On(Backend.Hub, "video_column", new Text(), "`video`", "Column of the films") with { Fate = KeyFate.Ignored, Reason = "films of a hub are not read by this version" },
        On(Backend.Hub, "caption_column", new Either(new Text(), new List(new Text(), 1)), "none", "Column of the captions"),
        On(Backend.Hub, "fallback_caption_column", new Text(), "none", "Column that is used where the caption is empty"),
        On(Backend.Hub, "huggingface", new Section(), "none", "Further settings as SimpleTuner writes them"),
        On(Backend.Hub, "huggingface.filter_func", new Section(), "none", "Conditions on rows; translated to `filters`"),
        On(Backend.Hub, "huggingface.filter_func.collection", new Either(new Text(), new List(new Text())), "none", "Values of the column `collection`"),
        On(Backend.Hub, "huggingface.filter_func.quality_thresholds", new Names(new Number(double.MinValue, double.MaxValue)), "none", "Field of the quality column to its least value"),
        On(Backend.Hub, "huggingface.filter_func.quality_column", new Text(), "`quality_assessment`", "The quality column"),
        On(Backend.Hub, "huggingface.filter_func.min_width", new Whole(1, 1_000_000), "none", "Least value of the column `width`"),
        On(Backend.Hub, "huggingface.filter_func.min_height", new Whole(1, 1_000_000), "none", "Least value of the column `height`"),
        On(Backend.Hub, "huggingface.composite_image_config", new Any(), "none", "Pictures made of several") with { Fate = KeyFate.Refused, Reason = "Composite pictures are not cut by this version: publish them cut." },
        On(Backend.Hub, "huggingface.streaming", new Flag(), "`true`", "The same as `streaming`"),
        On(Backend.Hub, "huggingface.num_proc", new Whole(1, 1024), "16", "Processes") with { Fate = KeyFate.Ignored, Reason = "rows are streamed, not mapped by processes" },
        On(Backend.Hub, "huggingface.auto_load", new Flag(), "`false`", "Load at start") with { Fate = KeyFate.Ignored, Reason = "rows are streamed" },
        On(Backend.Hub, "token", new Secret(), "none", "The hub's token"),
    ];

    private static ConfigKey On(int backend, string path, KeyShape shape, string otherwise, string meaning) =>
        new(path, For.All, shape, otherwise, meaning) { Reader = KeyReader.Plan, Backends = backend };
}
