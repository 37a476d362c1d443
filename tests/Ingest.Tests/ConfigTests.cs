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
        Assert.Equal(("base@latest", 1L, 10L, true, true), (config.EmbeddingModel, config.MinRecords, config.MaxRecords, config.AllowFileErrors, config.AcceptPartial));
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
            split: train
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
            ("CFG_UNSUPPORTED", 9L, "/split", "Remove it."),
        ], error.Problems.OrderBy(p => Array.IndexOf(["/roles/bot", "/embedding", "/max_bad_fraction", "/dedup/near/action", "/accept_partial", "/filters/charcters", "/formta", "/split"], p.Path)).Select(p => (p.Code, p.Line!.Value, p.Path!, p.Hint)));
        Assert.Contains("dataset.yaml line 3: 'accept_partial' must be true or false (without quotes); found text 'False'.", error.Message);
    }

    [Theory]
    [InlineData("a: &x 1\nb: *x", "CFG_YAML_FEATURE")]
    [InlineData("format: !!str text", "CFG_YAML_FEATURE")]
    [InlineData("format: text\n---\nformat: text", "CFG_YAML_FEATURE")]
    [InlineData("format: text\nformat: messages", "CFG_DUPLICATE_KEY")]
    [InlineData("format: [", "CFG_SYNTAX")]
    [InlineData("{\"format\": \"text\"", "CFG_SYNTAX")]
    [InlineData("datasets: [{format: text}, {format: text}]", "CFG_SEVERAL")]
    [InlineData("just text", "CFG_WRONG_TYPE")]
    [InlineData("version: 2\ndatasets: [{}]", "CFG_BAD_VALUE")]
    [InlineData("version: 1", "CFG_MISSING_KEY")]
    [InlineData("max_line_bytes: 1e3", "CFG_WRONG_TYPE")]
    [InlineData("allow_file_errors: yes", "CFG_WRONG_TYPE")]
    [InlineData("format: sharegpt", "CFG_UNSUPPORTED")]
    [InlineData("columns: {txt: body}", "CFG_UNKNOWN_KEY")]
    public void What_cannot_be_understood_is_refused(string text, string code) => Assert.Contains(code, Assert.Throws<TemperException>(() => Parse(text)).Problems.Select(p => p.Code));

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
