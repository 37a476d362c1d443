using System.Text;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests;

/// <summary>dataset.yaml and dataset.json as people write them.</summary>
public sealed class ConfigTests
{
    private static readonly string[] Scores = ["characters", "turns"];

    [Fact]
    public void Every_key_is_read_from_yaml()
    {
        var config = Parse("""
            version: 1
            defaults: {max_bad_records: 7}
            datasets:
              - id: shop
                dataset_type: text
                format: messages
                columns: {messages: turns, role: from}
                roles: {human: user}
                max_line_bytes: 65536
                max_bad_fraction: 0.1
                on_bad_record: fail
                dedup: {exact: false, near: {enabled: true, threshold: 0.9, action: drop}}
                embedding: {model: base@latest}
                expect: {min_records: 1, max_records: 10}
                allow_file_errors: true
                accept_partial: true
                filters: {characters: {min: 3, max: 9.5}}
            """);
        Assert.Equal(("shop", RecordFormat.Messages, 65536, 0.1, 7L), (config.Id, config.Format, config.MaxLineBytes, config.MaxBadFraction, config.MaxBadRecords));
        Assert.Equal(new DedupConfig(false, new(true, 0.9, NearAction.Drop)), config.Dedup);
        Assert.Equal(("base@latest", 1L, 10L, true, true), (config.EmbeddingModel, config.Expect.MinRecords, config.Expect.MaxRecords, config.AllowFileErrors, config.AcceptPartial));
        Assert.Equal([new FilterRule("characters", 3, 9.5)], config.Filters);
        Assert.Equal(("turns", "user"), (config.Columns["messages"], config.Roles["human"]));
    }

    [Theory]
    [InlineData("format: text")]
    [InlineData("- format: text")]
    [InlineData("datasets: [{format: text}]")]
    [InlineData("{\"version\":1,\"datasets\":[{\"format\":\"text\"}]}")]
    [InlineData("{\n\t\"format\": \"te\\u0078t\"\n}\n")]
    [InlineData("\uFEFFformat: text\r\n")]
    public void One_dataset_may_be_written_in_several_ways(string text) => Assert.Equal(RecordFormat.Text, Parse(text).Format);

    [Fact]
    public void An_empty_file_means_the_defaults() => Assert.Equal(new DatasetConfig().ToJson().GetRawText(), Parse("# nothing\n").ToJson().GetRawText());

    [Fact]
    public void All_errors_come_at_once_with_line_pointer_and_hint()
    {
        var error = Assert.Throws<TemperException>(() => Parse("""
            formta: messages
            max_bad_fraction: 2
            accept_partial: "False"
            dedup:
              near: {action: dorp}
            embedding: base
            filters: {charcters: {min: 1}}
            roles: {bot: asistant}
            max_length: 2048
            crop: true
            """));
        Assert.Equal(
        [
            ("CFG_BAD_VALUE", 8L, "/roles/bot", "Did you mean 'assistant'?"),
            ("CFG_WRONG_TYPE", 6L, "/embedding", null),
            ("CFG_BAD_VALUE", 2L, "/max_bad_fraction", null),
            ("CFG_BAD_VALUE", 5L, "/dedup/near/action", "Did you mean 'drop'?"),
            ("CFG_WRONG_TYPE", 3L, "/accept_partial", null),
            ("CFG_UNKNOWN_KEY", 7L, "/filters/charcters", "Did you mean 'characters'?"),
            ("CFG_UNKNOWN_KEY", 1L, "/formta", "Did you mean 'format'?"),
            ("CFG_RECIPE_KEY", 9L, "/max_length", "Write it as `data.max_length` in the recipe; one dataset serves many models."),
            ("CFG_MISPLACED_KEY", 10L, "/crop", "Remove it, or correct dataset_type."),
        ], error.Problems.OrderBy(p => Array.IndexOf(["/roles/bot", "/embedding", "/max_bad_fraction", "/dedup/near/action", "/accept_partial", "/filters/charcters", "/formta", "/max_length", "/crop"], p.Path)).Select(p => (p.Code, p.Line!.Value, p.Path!, p.Hint)));
        Assert.Contains("dataset.yaml line 3: 'accept_partial' must be true or false (without quotes); found text 'False'.", error.Message);
    }

    [Theory]
    [InlineData("a: &x 1\nb: *x", "CFG_YAML_FEATURE")]
    [InlineData("format: !!str text", "CFG_YAML_FEATURE")]
    [InlineData("format: text\n---\nformat: text", "CFG_YAML_FEATURE")]
    [InlineData("format: text\nformat: messages", "CFG_DUPLICATE_KEY")]
    [InlineData("format: [", "CFG_SYNTAX")]
    [InlineData("format: \"\\UFFFFFFFF\"", "CFG_SYNTAX")]
    [InlineData("{\"format\": \"text\"", "CFG_SYNTAX")]
    [InlineData("datasets: [{format: text}, {format: text}]", "CFG_SEVERAL")]
    [InlineData("just text", "CFG_WRONG_TYPE")]
    [InlineData("version: 2\ndatasets: [{}]", "CFG_BAD_VALUE")]
    [InlineData("version: 1", "CFG_MISSING_KEY")]
    [InlineData("max_line_bytes: 1e3", "CFG_WRONG_TYPE")]
    [InlineData("allow_file_errors: yes", "CFG_WRONG_TYPE")]
    [InlineData("columns: {txt: body}", "CFG_UNKNOWN_KEY")]
    public void What_cannot_be_understood_is_refused(string text, string code) => Assert.Contains(code, Assert.Throws<TemperException>(() => Parse(text)).Problems.Select(p => p.Code));

    [Theory]
    [InlineData("split: test", "CFG_BAD_VALUE")]
    [InlineData("split: {train: 0.9, eval: 0.2}", "CFG_BAD_VALUE")]
    [InlineData("split: {eval: 0.1, by: column}", "CFG_BAD_VALUE")]
    [InlineData("pii: {action: hide}", "CFG_BAD_VALUE")]
    [InlineData("pii: {kinds: [emial]}", "CFG_BAD_VALUE")]
    [InlineData("pii: report", "CFG_WRONG_TYPE")]
    [InlineData("contamination: {ngram: 2}", "CFG_BAD_VALUE")]
    [InlineData("expect: {language: [english]}", "CFG_BAD_VALUE")]
    [InlineData("expect: {max_null_fraction: {a: 2}}", "CFG_BAD_VALUE")]
    [InlineData("expect: {schema: text}", "CFG_WRONG_TYPE")]
    [InlineData("expect: {min_records: 5, max_records: 4}", "CFG_BAD_VALUE")]
    [InlineData("dedup: {near: {bands: 200, rows: 60}}", "CFG_BAD_VALUE")]
    [InlineData("max_num_samples: 0", "CFG_BAD_VALUE")]
    [InlineData("text_unit: sentence", "CFG_BAD_VALUE")]
    [InlineData("threshold: 0.9", "CFG_UNKNOWN_KEY")]
    [InlineData("dataset_type: audio", "CFG_UNSUPPORTED")]
    [InlineData("dataset_type: pictures", "CFG_BAD_VALUE")]
    public void What_the_stages_read_is_checked(string text, string code) => Assert.Equal([code], Assert.Throws<TemperException>(() => Parse(text)).Problems.Select(p => p.Code));

    [Theory]
    [InlineData("crop: \"False\"", "CFG_WRONG_TYPE")]
    [InlineData("crop_style: face", "CFG_UNSUPPORTED")]
    [InlineData("crop_aspect: closest", "CFG_MISSING_KEY")]
    [InlineData("crop_aspect_buckets: [{weight: 1}]", "CFG_MISSING_KEY")]
    [InlineData("maximum_image_size: 1024", "CFG_MISSING_KEY")]
    [InlineData("{maximum_image_size: 600, target_downsample_size: 4}", "CFG_BAD_VALUE")]
    [InlineData("{resolution_type: area, maximum_image_size: 1024, target_downsample_size: 1}", "CFG_BAD_VALUE")]
    [InlineData("aspect_bucket_alignment: 12", "CFG_BAD_VALUE")]
    [InlineData("caption_strategy: instanceprompt", "CFG_MISSING_KEY")]
    [InlineData("prepend_instance_prompt: true", "CFG_MISSING_KEY")]
    [InlineData("caption_strategy: parquet", "CFG_INCOMPATIBLE")]
    [InlineData("metadata_backend: parquet", "CFG_MISSING_KEY")]
    [InlineData("disable_vae_cache: true", "CFG_UNSUPPORTED")]
    [InlineData("format: messages", "CFG_MISPLACED_KEY")]
    public void Keys_of_pictures_are_checked(string text, string code)
    {
        var config = text.StartsWith('{') ? $"{{dataset_type: image, {text[1..]}" : $"dataset_type: image\n{text}";
        Assert.Equal([code], Assert.Throws<TemperException>(() => Parse(config)).Problems.Select(p => p.Code));
    }

    [Fact]
    public void Keys_of_pictures_are_read_under_the_names_of_SimpleTuner()
    {
        var image = Parse("""
            dataset_type: IMAGE
            crop: true
            crop_style: centre
            crop_aspect: closest
            crop_aspect_buckets: [1.0, {aspect_bucket: 1.5, weight: 2}]
            resolution: 512
            resolution_type: pixel
            metadata_backend: parquet
            caption_strategy: parquet
            parquet: {path: captions.parquet, caption_column: [a, b], width_column: w}
            caption_shuffle: {enable: true, count: 3, split_on: ;}
            vae_cache_disable: true
            """);
        Assert.Equal((true, CropStyle.Center, CropAspect.Closest, 512.0, ResolutionType.Pixel), (image.Image!.Crop, image.Image.CropStyle, image.Image.CropAspect, image.Image.Resolution, image.Image.ResolutionType));
        Assert.Equal([new AspectChoice(1), new(1.5, 2)], image.Image.CropAspectBuckets);
        Assert.Equal(("captions.parquet", "a b", "w"), (image.Image.Table!.Path, string.Join(' ', image.Image.Table.CaptionColumns), image.Image.Table.WidthColumn));
        Assert.Equal((CaptionStrategy.Parquet, 3, ";"), (image.Image.Captions.Strategy, image.Image.Captions.Shuffle.Count, image.Image.Captions.Shuffle.SplitOn));
        Assert.Equal([("CFG_IGNORED", "/vae_cache_disable")], image.Warnings.Select(w => (w.Code, w.Path!)));
    }

    [Fact]
    public void What_is_not_said_has_the_documented_default()
    {
        var config = Parse("{}");
        Assert.Equal((ScanAction.Report, ScanAction.Quarantine, 13, ContaminationAction.Report), (config.Pii.Action, config.SecretsScan.Action, config.Contamination.Ngram, config.Contamination.Action));
        Assert.Equal(("train", 0.0, null, 0L), (config.Split.Name, config.Split.Eval, config.Split.GroupBy, config.Split.Seed));
        Assert.Equal((5, 20, 5, NearScope.Dataset), (config.Dedup.Near.Ngram, config.Dedup.Near.Bands, config.Dedup.Near.Rows, config.Dedup.Near.Scope));
        Assert.Equal((TextUnit.Paragraph, Modality.Text, null, null), (config.TextUnit, config.Modality, config.Image, config.MaxSamples));
        var image = Parse("dataset_type: image").Image!;
        Assert.Equal((1024.0, ResolutionType.PixelArea, 64, 2, CaptionStrategy.Textfile), (image.Resolution, image.ResolutionType, image.AspectBucketAlignment, image.AspectBucketRounding, image.Captions.Strategy));
    }

    [Fact]
    public void A_pyramid_of_aliases_and_a_tower_of_brackets_end_quickly()
    {
        Assert.Throws<TemperException>(() => Parse("a: &a [x,x,x]\nb: &b [*a,*a,*a]\nc: &c [*b,*b,*b]\nd: [*c,*c,*c]"));
        Assert.Equal("CFG_SYNTAX", Assert.Throws<TemperException>(() => Parse(new string('[', 5000))).Code);
    }

    [Fact]
    public async Task A_wrong_configuration_and_two_of_them_end_the_upload()
    {
        using var uploads = new Uploads();
        var wrong = await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(("a.jsonl", Uploads.Lines(Uploads.Chats(1))), ("dataset.yaml", "formta: x"u8.ToArray())));
        Assert.Equal("CFG_UNKNOWN_KEY", wrong.Code);
        var two = await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(("dataset.json", "{}"u8.ToArray()), ("dataset.yaml", "{}"u8.ToArray())));
        Assert.Equal("CFG_SEVERAL", two.Code);
    }

    private static DatasetConfig Parse(string text) => DatasetConfig.Parse(Encoding.UTF8.GetBytes(text), "dataset.yaml", Scores);
}
