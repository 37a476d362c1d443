using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests;

/// <summary>Files of SimpleTuner, written by us after its documentation: accepted and refused as there.</summary>
public sealed class ImportTests
{
    private const string Store = """{"id": "text embeds", "type": "local", "dataset_type": "text_embeds", "default": true, "cache_dir": "cache/text/{model_family}", "write_batch_size": 128}""";

    public static TheoryData<string, string> Accepted => new()
    {
        { "minimal_local", $$$"""[{"id": "My Photos", "type": "local", "instance_data_dir": "/data/photos", "crop": true, "crop_style": "center", "crop_aspect": "square", "resolution": 1024, "resolution_type": "pixel_area", "minimum_image_size": 512, "maximum_image_size": 2048, "target_downsample_size": 1536, "caption_strategy": "textfile", "cache_dir_vae": "cache/vae/{model_family}/{id}", "repeats": 3, "metadata_backend": "discovery", "vae_cache_clear_each_epoch": false}, {{{Store}}}]""" },
        { "multi_backend_dependencies", $$$"""[{"id": "photos", "instance_data_dir": "/data/a", "conditioning_data": "edges", "text_embeds": "text embeds", "image_embeds": "looks", "caption_strategy": "filename"}, {"id": "edges", "dataset_type": "conditioning", "conditioning_type": "controlnet", "instance_data_dir": "/data/b"}, {{{Store}}}, {"id": "looks", "dataset_type": "image_embeds", "cache_dir": "cache/images", "write_batch_size": 64}, {"id": "spare", "disabled": true, "instance_data_dir": "/data/c"}]""" },
        { "csv", $$$"""[{"id": "links", "type": "csv", "csv_file": "/data/links.csv", "csv_cache_dir": "/cache/links", "csv_url_column": "link", "csv_caption_column": "text", "caption_strategy": "csv", "resolution": 1.0, "resolution_type": "area"}, {{{Store}}}]""" },
        { "huggingface", $$$"""[{"id": "hub", "type": "huggingface", "dataset_name": "owner/pictures", "split": "train", "revision": "main", "caption_strategy": "huggingface", "metadata_backend": "huggingface", "image_column": "image", "caption_column": ["caption", "alt"], "fallback_caption_column": "title", "huggingface": {"filter_func": {"collection": ["photo"], "quality_thresholds": {"clear_quality": 0.5}, "quality_column": "quality", "min_width": 512, "min_height": 512}, "num_proc": 8, "streaming": false}}, {{{Store}}}]""" },
        { "controlnet", $$$"""[{"id": "photos", "instance_data_dir": "/data/a", "conditioning_data": "canny"}, {"id": "canny", "dataset_type": "conditioning", "conditioning_type": "reference_strict", "source_dataset_id": "photos", "instance_data_dir": "/data/b", "caption_strategy": "instanceprompt", "instance_prompt": "an {old} outline"}, {{{Store}}}]""" },
        { "texts for numbers", $$$"""[{"id": "a", "instance_data_dir": "/data", "crop": "False", "repeats": "2", "probability": "0.5", "resolution": "512", "unheard_of": 1, "data_backend_sampling": "uniform", "caption_shuffle": {"enable": "true", "count": 2.0}}, {{{Store}}}]""" },
        { "upper case and no store", """[{"id": "a", "dataset_type": " IMAGE ", "type": "Local", "instance_data_dir": "/data"}]""" },
    };

    public static TheoryData<string, string, string> Refused => new()
    {
        { "no json", "[{", "CFG_SYNTAX" },
        { "empty file", "[]", "CFG_WRONG_TYPE" },
        { "no list", "{\"id\": \"a\"}", "CFG_WRONG_TYPE" },
        { "no id", """[{"instance_data_dir": "/data"}]""", "CFG_MISSING_KEY" },
        { "same id", """[{"id": "a", "instance_data_dir": "/x"}, {"id": "a", "instance_data_dir": "/y"}]""", "CFG_DUPLICATE_ID" },
        { "unknown type", """[{"id": "a", "dataset_type": "pictures", "instance_data_dir": "/x"}]""", "CFG_BAD_VALUE" },
        { "circle", """[{"id": "a", "instance_data_dir": "/x", "conditioning_data": "b"}, {"id": "b", "dataset_type": "conditioning", "instance_data_dir": "/y", "conditioning_data": "c"}, {"id": "c", "dataset_type": "conditioning", "instance_data_dir": "/y", "conditioning_data": "b"}]""", "CFG_CYCLE" },
        { "two defaults", """[{"id": "a", "instance_data_dir": "/x"}, {"id": "t", "dataset_type": "text_embeds", "default": true}, {"id": "u", "dataset_type": "text_embeds", "default": true}]""", "CFG_SEVERAL_DEFAULTS" },
        { "aws without keys", """[{"id": "a", "type": "aws", "aws_bucket_name": "b"}]""", "CFG_MISSING_KEY" },
        { "csv with captions of files", """[{"id": "a", "type": "csv", "csv_file": "x", "csv_cache_dir": "c", "csv_caption_column": "c", "caption_strategy": "textfile"}]""", "CFG_INCOMPATIBLE" },
        { "parquet captions of files", """[{"id": "a", "instance_data_dir": "/x", "caption_strategy": "parquet"}]""", "CFG_INCOMPATIBLE" },
        { "size without target", """[{"id": "a", "instance_data_dir": "/x", "maximum_image_size": 2048}]""", "CFG_MISSING_KEY" },
        { "prompt is missing", """[{"id": "a", "instance_data_dir": "/x", "prepend_instance_prompt": true}]""", "CFG_MISSING_KEY" },
        { "aspects are missing", """[{"id": "a", "instance_data_dir": "/x", "crop_aspect": "random"}]""", "CFG_MISSING_KEY" },
        { "batch as text", """[{"id": "a", "instance_data_dir": "/x", "train_batch_size": "04"}]""", "CFG_WRONG_TYPE" },
        { "too few frames", """[{"id": "a", "dataset_type": "video", "instance_data_dir": "/x", "video": {"num_frames": 125, "min_frames": 100}}]""", "CFG_BAD_VALUE" },
        { "removed key", """[{"id": "a", "instance_data_dir": "/x", "disable_vae_cache": true}]""", "CFG_UNSUPPORTED" },
        { "filter elsewhere", """[{"id": "a", "instance_data_dir": "/x", "start_epoch": 3}]""", "CFG_NOTHING_ACTIVE" },
        { "memory for pictures", """[{"id": "a", "type": "memory"}]""", "CFG_INCOMPATIBLE" },
    };

    [Theory]
    [MemberData(nameof(Accepted))]
    public void What_SimpleTuner_takes_is_taken_and_the_result_is_a_configuration_of_ours(string name, string json)
    {
        var result = Configs.Import(json);
        Assert.NotEmpty(name);
        var ours = Configs.Read(result.Config.ToJsonString(), new() { Variables = new Dictionary<string, string> { ["model_family"] = "x", ["output_dir"] = "/out" } });
        Assert.Empty(ours.Warnings);
        // Every key of the file is accounted for.
        using var file = JsonDocument.Parse(json);
        foreach (var (dataset, index) in file.RootElement.EnumerateArray().Select((d, i) => (d, i)))
        {
            var id = (string)result.Config["datasets"]![index]!["id"]!;
            Assert.All(dataset.EnumerateObject().Where(p => p.Name != "id"), p => Assert.Contains(result.Keys, k => k.Dataset == id && (k.Key == p.Name || k.Key.StartsWith(p.Name + ".", StringComparison.Ordinal))));
        }
        Assert.All(result.Keys.Where(k => k.Fate != "kept"), k => Assert.NotEmpty(k.Note));
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void What_SimpleTuner_refuses_is_refused(string name, string json, string code)
    {
        var error = Assert.Throws<TemperException>(() => Configs.Import(json));
        Assert.NotEmpty(name);
        Assert.Equal([code], error.Problems.Select(p => p.Code).Distinct());
    }

    [Fact]
    public void A_secret_in_the_file_is_refused_or_moved_and_never_repeated()
    {
        const string Json = """[{"id": "Bucket", "type": "aws", "aws_bucket_name": "b", "aws_region_name": "eu", "aws_endpoint_url": "https://s3.example", "aws_access_key_id": "AKIACANARY", "aws_secret_access_key": "canarycanary"}]""";
        var refused = Assert.Throws<TemperException>(() => Configs.Import(Json));
        Assert.Equal(["CFG_SECRET_IN_PLAIN_TEXT", "CFG_SECRET_IN_PLAIN_TEXT"], refused.Problems.Select(p => p.Code));
        Assert.DoesNotContain("canary", JsonSerializer.Serialize(refused.Problems), StringComparison.OrdinalIgnoreCase);
        var kept = new Dictionary<string, string>();
        var result = Configs.Import(Json, kept.Add);
        Assert.Equal([("bucket.aws-access-key-id", "AKIACANARY"), ("bucket.aws-secret-access-key", "canarycanary")], kept.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => (k.Key, k.Value)));
        Assert.DoesNotContain("canary", JsonSerializer.Serialize(result), StringComparison.OrdinalIgnoreCase);
        Assert.Equal("bucket.aws-secret-access-key", (string)result.Config["datasets"]![0]!["aws_secret_access_key"]!["secretRef"]!);
    }

    [Fact]
    public void Nothing_is_moved_to_the_secret_store_while_something_else_is_wrong()
    {
        var kept = new List<string>();
        Assert.Throws<TemperException>(() => Configs.Import("""[{"id": "b", "type": "aws", "aws_secret_access_key": "x", "crop_style": "face"}]""", (name, _) => kept.Add(name)));
        Assert.Empty(kept);
    }
}
