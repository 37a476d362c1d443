using System.Text;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests;

/// <summary>What a dataset says that its rows must be like.</summary>
public sealed class ExpectTests
{
    [Fact]
    public async Task Rows_that_do_not_meet_the_schema_are_set_aside_with_the_place()
    {
        using var uploads = new Uploads();
        var result = await uploads.IngestAsync(
            ("dataset.yaml", """
                dataset_type: text
                format: text
                max_bad_fraction: 1
                expect:
                  schema:
                    required: [text, tags]
                    properties:
                      tags: {type: array, items: {enum: [a, b]}, minItems: 1}
                      score: {type: number, minimum: 0, exclusiveMaximum: 1}
                      text: {maxLength: 20, pattern: "^[a-z ]+$"}
                """u8.ToArray()),
            ("a.jsonl", Encoding.UTF8.GetBytes("""
                {"text": "fine", "tags": ["a"], "score": 0.5}
                {"text": "no tags"}
                {"text": "other tag", "tags": ["a", "c"]}
                {"text": "too high", "tags": ["a"], "score": 1}
                {"text": "Upper", "tags": ["b"]}
                {"text": "a text that is far too long", "tags": ["b"]}
                """ + "\n")));
        Assert.Equal((1L, 5L), (result.Ledger.Accepted, result.Ledger.Quarantined));
        Assert.All(result.Codes, code => Assert.Equal("REC_SCHEMA", code));
        Assert.Equal(["", "/tags/1", "/score", "/text", "/text"], result.SetAside.Select(e => e.JsonPointer ?? ""));
    }

    [Fact]
    public async Task A_value_that_is_none_of_the_allowed_ones_is_told_which_they_are()
    {
        using var uploads = new Uploads();
        var schema = "{format: text, max_bad_fraction: 1, expect: {schema: {properties: {level: {enum: [low, high, 3]}, kind: {const: note}}}}}"u8.ToArray();
        var result = await uploads.IngestAsync(("dataset.yaml", schema), ("a.jsonl", Uploads.Lines("""{"text": "a", "level": "mid"}""", """{"text": "b", "kind": "essay by ann@example.org"}""")));
        Assert.Equal(["The row does not meet expect.schema: '/level' must be one of \"low\", \"high\", 3; found \"mid\".", "The row does not meet expect.schema: '/kind' must be \"note\"; found \"essay by [email]\"."],
            result.SetAside.Select(e => e.Message));
    }

    [Theory]
    [InlineData("(?=a)b", "it has a lookahead, which cannot be matched in linear time")]
    [InlineData("(?<!a)b", "it has a lookbehind, which")]
    [InlineData("[(?=]a(?>b)", "it has an atomic group, which")]
    [InlineData("(a)\\1", "it has a backreference, which")]
    [InlineData("(ab", "it is wrong at character 3: insufficient closing parentheses")]
    [InlineData("((a{999}){999}){999}", "it would need too much memory")]
    public void An_expression_that_needs_backtracking_or_is_wrong_is_refused_in_words(string pattern, string said)
    {
        foreach (var config in new[] { $"expect: {{schema: {{properties: {{a: {{pattern: '{pattern}'}}}}}}}}", $"pii: {{rules: {{staff: '{pattern}'}}}}" })
        {
            var error = Assert.Throws<TemperException>(() => DatasetConfig.Parse(Encoding.UTF8.GetBytes(config), "dataset.yaml", []));
            Assert.Equal("CFG_REGEX", error.Code);
            Assert.Contains(said, error.Message);
        }
    }

    [Fact]
    public async Task A_column_that_is_null_too_often_rejects_the_version()
    {
        using var uploads = new Uploads();
        var rows = "{\"text\": \"one\", \"label\": null}\n{\"text\": \"two\"}\n{\"text\": \"three\", \"label\": 1}\n{\"text\": \"four\", \"label\": 2}\n"u8.ToArray();
        var half = await uploads.IngestAsync(("dataset.yaml", "{format: text, expect: {max_null_fraction: {label: 0.5}}}"u8.ToArray()), ("a.jsonl", rows));
        Assert.True(half.Result.Sealed);
        var less = await uploads.IngestAsync(await uploads.PutAsync("again", ("dataset.yaml", "{format: text, expect: {max_null_fraction: {label: 0.4}}}"u8.ToArray()), ("a.jsonl", rows)));
        Assert.False(less.Result.Sealed);
        Assert.Contains("2 of 4 rows (50 %)", less.Result.Problems.Single(p => p.Code == "DATA_NULLS").Message);
    }

    [Fact]
    public async Task Records_in_another_language_than_expected_reject_the_version()
    {
        using var uploads = new Uploads();
        string[] english = ["The shop on the corner opens at nine in the morning and closes when the last visitor has gone home.", "You can send the parcel back within thirty days if you keep the receipt that came with it."];
        string[] german = ["Der Laden an der Ecke wird um neun Uhr geöffnet und schließt, wenn der letzte Besucher nach Hause gegangen ist.", "Sie können das Paket innerhalb von dreißig Tagen zurückschicken, wenn Sie die Quittung aufbewahrt haben."];
        var rows = Encoding.UTF8.GetBytes(string.Concat(english.Concat(german).Select(text => $"{{\"text\": \"{text}\"}}\n")));
        Assert.True((await uploads.IngestAsync(("dataset.yaml", "{format: text, expect: {language: [en, de]}}"u8.ToArray()), ("a.jsonl", rows))).Result.Sealed);
        var rejected = await uploads.IngestAsync(await uploads.PutAsync("again", ("dataset.yaml", "{format: text, expect: {language: [en]}}"u8.ToArray()), ("a.jsonl", rows)));
        Assert.False(rejected.Result.Sealed);
        Assert.Contains("2 of 4 records are not in en but in de (2)", rejected.Result.Problems.Single(p => p.Code == "DATA_LANGUAGE").Message);
        Assert.True((await uploads.IngestAsync(await uploads.PutAsync("lenient", ("dataset.yaml", "{format: text, max_bad_fraction: 0.5, expect: {language: [en]}}"u8.ToArray()), ("a.jsonl", rows)))).Result.Sealed);
    }

    [Fact]
    public async Task Of_more_records_than_wanted_a_part_is_kept_that_stays_when_others_come()
    {
        using var uploads = new Uploads();
        string[] rows = [.. Enumerable.Range(0, 60).Select(i => $"{{\"text\": \"a note with the number {i * 7919} in it\"}}\n")];
        var config = "{format: text, max_num_samples: 10, dedup: {near: {enabled: false}}}"u8.ToArray();
        async Task<Ingested> IngestAsync(string name, int count) =>
            await uploads.IngestAsync(await uploads.PutAsync(name, ("dataset.yaml", config), ("a.jsonl", Encoding.UTF8.GetBytes(string.Concat(rows.Take(count))))));
        var (few, many, all) = (await IngestAsync("few", 10), await IngestAsync("many", 50), await IngestAsync("all", 60));
        Assert.Equal((10L, 0L), (few.Ledger.Accepted, few.Ledger.Filtered));
        Assert.Equal((10L, 40L, 50L), (many.Ledger.Accepted, many.Ledger.Filtered, all.Ledger.Filtered));
        Assert.All(many.Codes, code => Assert.Equal("SAMPLED_OUT", code));
        // Whoever was left out of fifty is left out of sixty.
        Assert.Empty(all.Records.Select(r => r.Text).Intersect(rows.Take(50).Select(r => r[10..^3])).Except(many.Records.Select(r => r.Text)));
        Assert.NotEmpty(all.Records.Select(r => r.RecId).Intersect(many.Records.Select(r => r.RecId)));
    }

    [Theory]
    [InlineData("{tpe: string}", "'schema/tpe' cannot be used")]
    [InlineData("{type: text}", "there is no type 'text'")]
    [InlineData("{required: text}", "must be a list of names")]
    [InlineData("{$ref: elsewhere}", "not supported")]
    public void A_schema_that_would_not_be_honoured_whole_is_refused(string schema, string said)
    {
        var error = Assert.Throws<TemperException>(() => DatasetConfig.Parse(Encoding.UTF8.GetBytes($"expect: {{schema: {schema}}}"), "dataset.yaml", []));
        Assert.Equal(("CFG_BAD_VALUE", "/expect/schema"), (error.Code, error.Problems[0].Path));
        Assert.Contains(said, error.Message);
    }
}
