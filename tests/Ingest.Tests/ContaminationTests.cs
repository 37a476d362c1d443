using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Ingest.Tests;

/// <summary>Records to train on that evaluation data hold, too, and versions that keep a part for evaluation.</summary>
public sealed class ContaminationTests
{
    private const int Planted = 30;

    [Fact]
    public async Task Every_planted_run_of_thirteen_words_is_found_and_none_of_twelve()
    {
        using var uploads = new Uploads();
        var exam = await SealExamAsync(uploads);
        var ingested = await uploads.IngestAsync(await uploads.PutAsync("train", ("t.jsonl", Lines(Train())), Config("report")));
        Assert.Equal((true, 120L), (ingested.Result.Sealed, ingested.Ledger.Accepted));
        var found = (await ReportAsync(uploads, ingested)).Contamination!;
        Assert.Equal((Planted, 120L, 13, "report"), ((int)found.Records, found.Compared, found.Ngram, found.Action));
        Assert.Equal(["shelf:1"], found.Against);
        Assert.Equal(20, found.Pairs.Count);
        Assert.All(found.Pairs, pair => Assert.Equal((pair.Line, "exam.jsonl", "shelf:1"), (pair.OfLine, pair.OfFile, pair.Set)));
        Assert.Equal(13, found.Pairs[0].Words.Split(' ').Length);
        Assert.NotEqual(exam.Result.VersionKey, ingested.Result.VersionKey);
    }

    [Fact]
    public async Task Dropped_they_are_filtered_with_the_place_of_the_evaluation_record()
    {
        using var uploads = new Uploads();
        await SealExamAsync(uploads);
        var ingested = await uploads.IngestAsync(await uploads.PutAsync("train", ("t.jsonl", Lines(Train())), Config("drop")));
        Assert.Equal(new Ledger(120, 90, 0, 0, Planted), ingested.Ledger);
        Assert.All(ingested.SetAside, entry => Assert.Equal(("DATA_CONTAMINATED", RecordOutcome.Filtered), (entry.Code, entry.Outcome)));
        Assert.Equal("Shares 13 words in a row with line 1 of exam.jsonl in shelf:1, which is kept for evaluation.", ingested.SetAside[0].Message);
        Assert.Equal(Enumerable.Range(1, Planted).Select(i => (long)i), ingested.SetAside.Select(e => e.Line));
    }

    [Fact]
    public async Task Or_the_version_is_rejected()
    {
        using var uploads = new Uploads();
        await SealExamAsync(uploads);
        var ingested = await uploads.IngestAsync(await uploads.PutAsync("train", ("t.jsonl", Lines(Train())), Config("fail")));
        Assert.Equal((false, "DATA_CONTAMINATED"), (ingested.Result.Sealed, ingested.Result.Problems[0].Code));
    }

    [Fact]
    public async Task A_short_record_counts_only_as_a_whole()
    {
        using var uploads = new Uploads();
        var exam = await uploads.IngestAsync(await uploads.PutAsync("exam", ("exam.jsonl", Lines(["What is the capital of France?"])), Format));
        uploads.ResolveDataset = (_, _) => Task.FromResult(Uploads.PinOf(exam.Result, 1));
        var ingested = await uploads.IngestAsync(await uploads.PutAsync("train", ("t.jsonl", Lines(["what is the capital of FRANCE", "What is the capital of France? I wonder.", "The capital of France"])), Config("drop")));
        Assert.Equal([1L], ingested.SetAside.Select(e => e.Line));
    }

    [Fact]
    public async Task A_dataset_that_does_not_exist_is_named()
    {
        using var uploads = new Uploads();
        var refused = await Assert.ThrowsAsync<Core.Errors.TemperException>(() => uploads.IngestAsync(("t.jsonl", Lines(["a b c"])), ("dataset.yaml", "format: text\ncontamination: {against: [nowhere, neither]}\n"u8.ToArray())));
        Assert.Equal([("CFG_BAD_VALUE", "nowhere"), ("CFG_BAD_VALUE", "neither")], refused.Problems.Select(p => (p.Code, p.Value)));
    }

    [Fact]
    public async Task A_split_is_sealed_and_a_record_stays_on_its_side_when_others_come()
    {
        using var uploads = new Uploads();
        (string, byte[]) config = ("dataset.yaml", "format: text\nsplit: {train: 0.8, eval: 0.2, by: hash, seed: 7}\ndedup: {near: {enabled: false}}\n"u8.ToArray());
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", ("a.jsonl", Lines(Texts("s", 0, 300))), config));
        var second = await uploads.IngestAsync(await uploads.PutAsync("two", ("a.jsonl", Lines(Texts("s", 0, 300))), ("b.jsonl", Lines(Texts("s", 300, 100))), config));
        var (one, two) = (await EvalAsync(uploads, first), await EvalAsync(uploads, second));
        Assert.InRange(one.Count, 40, 80);
        Assert.Equal(one, two.Where(one.Contains));
        Assert.Equal(first.Ledger.Accepted, one.Count + first.Records.Count);
        Assert.Empty(first.Records.Select(r => r.RecId.Hex).Intersect(one));
        var report = (await ReportAsync(uploads, first)).Split!;
        Assert.Equal((300 - one.Count, one.Count, "hash", 7L), ((int)report.Train, (int)report.Eval, report.By, report.Seed));
    }

    [Fact]
    public async Task Records_of_one_group_stay_together()
    {
        using var uploads = new Uploads();
        var lines = Enumerable.Range(0, 400).Select(i => JsonSerializer.Serialize(new { text = $"text number {i}", author = $"a{i / 10}" })).ToArray();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(lines)), ("dataset.yaml", "format: text\nsplit: {eval: 0.25, by: 'group:author'}\ndedup: {near: {enabled: false}}\n"u8.ToArray()));
        var train = ingested.Records.Select(r => (r.Source.Line - 1) / 10).ToHashSet();
        var eval = (await RecordsAsync(uploads, ingested)).Select(r => (r.Source.Line - 1) / 10).ToHashSet();
        Assert.InRange(eval.Count, 2, 25);
        Assert.Empty(train.Intersect(eval));
        Assert.Equal(40, train.Count + eval.Count);
    }

    [Fact]
    public async Task Records_that_another_dataset_holds_are_dropped_and_counted()
    {
        using var uploads = new Uploads();
        var texts = Texts("seen", 0, 20);
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", ("old.jsonl", Lines(texts)), ("dataset.yaml", "format: text\nsplit: {eval: 0.3}\n"u8.ToArray())));
        uploads.ResolveDataset = (name, _) => name == "other:1" ? Task.FromResult(Uploads.PinOf(first.Result, 1)) : throw new Core.Errors.TemperException("not_found", name);
        (string, byte[]) config = ("dataset.yaml", "format: text\ndedup_against: 'other:1'\ndedup: {near: {enabled: false}}\n"u8.ToArray());
        var payload = await uploads.PutAsync("two", ("new.jsonl", Lines([.. Texts("new", 0, 10), texts[4], texts[7], texts[7]])), config);
        var second = await uploads.IngestAsync(payload);
        Assert.Equal(new Ledger(13, 10, 0, 3, 0), second.Ledger);
        Assert.Equal([(11L, "Says exactly what line 5 of old.jsonl in shelf:1 says."), (12, "Says exactly what line 8 of old.jsonl in shelf:1 says."), (13, "Says exactly what line 12 of new.jsonl says.")], second.SetAside.Select(e => (e.Line, e.Message)));
        Assert.Equal(2, (await ReportAsync(uploads, second)).Duplicates.Elsewhere!["shelf:1"]);
        var refused = await Assert.ThrowsAsync<Core.Errors.TemperException>(() => uploads.IngestAsync(("t.jsonl", Lines(["a b c"])), ("dataset.yaml", "format: text\ndedup_against: [nowhere]\n"u8.ToArray())));
        Assert.Equal(("CFG_BAD_VALUE", "/dedup_against"), (refused.Code, refused.Problems[0].Path));
    }

    [Fact]
    public async Task A_record_without_the_column_that_splits_is_set_aside()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines("""{"text": "one", "author": "a"}""", """{"text": "two"}""", """{"text": "three", "author": null}""")),
            ("dataset.yaml", "format: text\nsplit: {eval: 0.5, by: 'group:author'}\nmax_bad_fraction: 1\n"u8.ToArray()));
        Assert.Equal([("REC_MISSING_FIELD", 2L, "/author"), ("REC_MISSING_FIELD", 3, "/author")], ingested.SetAside.Select(e => (e.Code, e.Line, e.JsonPointer!)));
        Assert.Contains("'author' is missing; split.by says", ingested.SetAside[0].Message);
    }

    [Fact]
    public async Task A_dataset_that_has_only_rejected_versions_is_named_with_the_reason()
    {
        using var uploads = new Uploads { ResolveDataset = (name, _) => throw new Core.Errors.TemperException("not_found", $"{name} has no sealed version: its only one was rejected.", "Correct it.") };
        var refused = await Assert.ThrowsAsync<Core.Errors.TemperException>(() => uploads.IngestAsync(("t.jsonl", Lines(["a b c"])), ("dataset.yaml", "format: text\ncontamination: {against: [exam]}\n"u8.ToArray())));
        Assert.Equal(("CFG_BAD_VALUE", "Correct it."), (refused.Code, refused.Problems[0].Hint));
        Assert.Contains("exam has no sealed version", refused.Message);
    }

    [Fact]
    public async Task The_versions_own_part_for_evaluation_is_compared_with()
    {
        using var uploads = new Uploads();
        var texts = Texts("own", 0, 200);
        // Each text comes twice, the second time with another end.
        var ingested = await uploads.IngestAsync(("a.jsonl", Lines([.. texts, .. texts.Select(t => $"{t} and something else at the end")])),
            ("dataset.yaml", "format: text\nsplit: {eval: 0.5}\ncontamination: {action: drop}\ndedup: {near: {enabled: false}}\n"u8.ToArray()));
        var eval = await RecordsAsync(uploads, ingested);
        Assert.True(ingested.Ledger.Filtered > 50, ingested.Ledger.ToString());
        static string Begin(CanonicalRecord record) => record.Text!.Replace(" and something else at the end", "", StringComparison.Ordinal);
        Assert.Empty(ingested.Records.Select(Begin).Intersect(eval.Select(Begin)));
        Assert.All(ingested.SetAside, e => Assert.Contains("in eval, which is kept", e.Message, StringComparison.Ordinal));
    }

    private static (string, byte[]) Format => ("dataset.yaml", "format: text\n"u8.ToArray());

    private static (string, byte[]) Config(string action) => ("dataset.yaml", Encoding.UTF8.GetBytes($"format: text\ncontamination: {{against: [exam], action: {action}}}\n"));

    private static async Task<Ingested> SealExamAsync(Uploads uploads)
    {
        var exam = await uploads.IngestAsync(await uploads.PutAsync("exam", ("exam.jsonl", Lines(Texts("exam", 0, 60))), Format));
        uploads.ResolveDataset = (reference, _) => reference == "exam" ? Task.FromResult(Uploads.PinOf(exam.Result, 1)) : throw new Core.Errors.TemperException("not_found", reference);
        return exam;
    }

    /// <summary>Thirty texts with thirteen words of an exam's text, thirty with twelve of the next thirty, sixty with none.</summary>
    private static string[] Train()
    {
        var exam = Texts("exam", 0, 60);
        var train = Texts("train", 0, 120);
        for (var i = 0; i < 60; i++)
        {
            var words = exam[i].Split(' ');
            var run = string.Join(i % 3 == 0 ? ", " : " ", words.Skip(i % 28).Take(i < Planted ? 13 : 12));
            train[i] = $"{train[i]}. {(i % 2 == 0 ? run.ToUpperInvariant() : run)}! {Texts("tail", i, 1)[0]}";
        }
        return train;
    }

    private static string[] Texts(string subject, int from, int count) =>
        [.. Enumerable.Range(from, count).Select(i => string.Join(' ', Enumerable.Range(0, 41).Select(w => Digest.OfText($"{subject}/{i}/{w}").Hex[..6])))];

    private static byte[] Lines(string[] texts) => Uploads.Lines([.. texts.Select(t => JsonSerializer.Serialize(new { text = t }))]);

    private static async Task<DatasetReport> ReportAsync(Uploads uploads, Ingested ingested) =>
        JsonSerializer.Deserialize<DatasetReport>(await uploads.ReadAsync(ingested.Result, DatasetManifest.ReportName), Wire.Json)!;

    private static async Task<List<CanonicalRecord>> RecordsAsync(Uploads uploads, Ingested ingested)
    {
        var manifest = JsonSerializer.Deserialize<DatasetManifest>(await uploads.ReadAsync(ingested.Result, DatasetManifest.FileName), Wire.Strict)!;
        var records = new List<CanonicalRecord>();
        foreach (var shard in manifest.Eval!.Shards)
            records.AddRange(Encoding.UTF8.GetString(await uploads.ReadAsync(ingested.Result, shard.Path)).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonSerializer.Deserialize<CanonicalRecord>(line, Wire.Strict)!));
        Assert.Equal(manifest.Eval.Records, records.Count);
        return records;
    }

    private static async Task<List<string>> EvalAsync(Uploads uploads, Ingested ingested) => [.. (await RecordsAsync(uploads, ingested)).Select(r => r.RecId.Hex)];
}
