using System.Text;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Work;
using Temper.Models;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>What a version tells of itself, and corrected lines that go in again.</summary>
public sealed class ReportTests
{
    [Fact]
    public async Task Every_stage_closes_and_every_code_comes_with_its_first_places_and_a_hint()
    {
        using var uploads = new Uploads();
        var chats = Uploads.Chats(30);
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines([.. chats, .. Enumerable.Repeat("broken", 25), chats[0]])), ("dataset.yaml", "max_bad_fraction: 1\n"u8.ToArray()));
        var report = await ReportAsync(uploads, ingested);
        Assert.Equal(["validate", "trust", "dedup", "contamination", "seal"], report.Stages.Select(s => s.Stage));
        Assert.All(report.Stages, stage => Assert.True(stage.Closes));
        for (var i = 1; i < report.Stages.Count; i++)
            Assert.Equal(report.Stages[i - 1].Out, report.Stages[i].In);
        var broken = report.Codes["REC_INVALID_JSON"];
        Assert.Equal((25L, 20, 31L), (broken.Count, broken.First.Count, broken.First[0].Line));
        Assert.False(string.IsNullOrEmpty(broken.Hint));
        Assert.Equal(new Dictionary<string, long> { ["assistant"] = 31, ["user"] = 31 }, report.Shape!.Roles);
        Assert.Equal(31, report.Shape.Lengths.Values.Sum());
        Assert.Null(report.Drift);
    }

    [Fact]
    public async Task Keys_that_are_not_known_are_named_and_counted()
    {
        using var uploads = new Uploads();
        string[] rows = [.. Enumerable.Range(0, 30).Select(i => $$"""{"text": "note {{i}} {{Digest.OfText($"{i}").Hex}}", "url": "x", "ann@example.org": 1{{(i % 2 == 0 ? ", \"score\": 2" : "")}}}""")];
        var report = await ReportAsync(uploads, await uploads.IngestAsync(("a.jsonl", Uploads.Lines(rows)), ("b.jsonl", Uploads.Lines("""{"text": "b", "url": "y"}"""))));
        Assert.Equal([("[email]", 30L), ("score", 15L), ("url", 31L)], report.Warnings["REC_UNKNOWN_KEY"].Keys!.Select(k => (k.Key, k.Value)));
        Assert.Contains("<code>url</code> 31", ReportPage.Of(report));
    }

    [Fact]
    public async Task A_version_is_compared_with_the_one_before_it_and_names_it()
    {
        using var uploads = new Uploads();
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", ("a.jsonl", Uploads.Lines(Uploads.Chats(40)))));
        uploads.ResolveDataset = (_, _) => Task.FromResult(Uploads.PinOf(first.Result, 1));
        var same = await uploads.IngestAsync(await uploads.PutAsync("two", ("b.jsonl", Uploads.Lines(Uploads.Chats(40, 40)))));
        var longer = await uploads.IngestAsync(await uploads.PutAsync("three", ("c.jsonl", Uploads.Lines([.. Enumerable.Range(0, 20).Select(i => Uploads.Chat($"{i}", new string((char)('a' + i), 9000)))]))));
        var (little, much) = ((await ReportAsync(uploads, same)).Drift!, (await ReportAsync(uploads, longer)).Drift!);
        Assert.Equal(("shelf:1", 40L, 40L), (little.Parent, little.RecordsBefore, little.RecordsNow));
        Assert.Equal(0, little.Measures.Single(m => m.Name == "lengths").Distance);
        Assert.Equal(1, much.Measures.Single(m => m.Name == "lengths").Distance);
        Assert.Equal(("0000008192", 0.0, 1.0), much.Measures.Single(m => m.Name == "lengths").Largest.Where(s => s.Now == 1).Select(s => (s.Key, s.Before, s.Now)).Single());
        var manifest = JsonSerializer.Deserialize<DatasetManifest>(await uploads.ReadAsync(same.Result, DatasetManifest.FileName), Wire.Strict)!;
        Assert.Equal(new ParentVersion(1, first.Result.VersionKey), manifest.Parent);
    }

    [Fact]
    public async Task The_same_upload_is_the_same_version_whatever_came_between()
    {
        using var uploads = new Uploads();
        var (a, b) = (("a.jsonl", Uploads.Lines(Uploads.Chats(5))), ("b.jsonl", Uploads.Lines(Uploads.Chats(5, 5))));
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", a));
        var second = await uploads.IngestAsync(await uploads.PutAsync("two", b));
        uploads.ResolveDataset = (_, _) => Task.FromResult(Uploads.PinOf(second.Result, 2));
        await foreach (var entry in uploads.Blobs.ListAsync("cache/", default))
            await uploads.Blobs.DeleteAsync(entry.Key, null, default);
        var again = await uploads.IngestAsync(await uploads.PutAsync("three", a));
        Assert.Equal(first.Result.Files, again.Result.Files);
    }

    [Fact]
    public async Task The_page_needs_nothing_else_and_shows_hostile_names_as_text()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("<script>alert(1)<b>.jsonl", Uploads.Lines([.. Uploads.Chats(3), "broken"])), ("dataset.yaml", "max_bad_fraction: 1\n"u8.ToArray()));
        var page = Encoding.UTF8.GetString(await uploads.ReadAsync(ingested.Result, DatasetManifest.PageName));
        Assert.StartsWith("<!doctype html>", page, StringComparison.Ordinal);
        Assert.DoesNotContain("<script", page, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("http", page.Replace("http-equiv", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
        Assert.Contains("&lt;script&gt;alert(1)&lt;b&gt;.jsonl:4", page, StringComparison.Ordinal);
        foreach (var part in (string[])["lang=\"en\"", "prefers-color-scheme:dark", "@media print", "role=\"img\"", "class=\"skip\"", "<b>4</b> in", "it closes", "<caption>"])
            Assert.Contains(part, page, StringComparison.Ordinal);
        foreach (var tag in (string[])["table", "details", "svg", "main", "div", "p", "h2", "h3", "code", "nav", "pre"])
            Assert.Equal(System.Text.RegularExpressions.Regex.Count(page, $"<{tag}[ >]"), System.Text.RegularExpressions.Regex.Count(page, $"</{tag}>"));
    }

    [Fact]
    public async Task Tokens_are_counted_under_the_model_that_the_configuration_names_and_kept_for_training()
    {
        using var folder = new TempFolder();
        SaveModel(folder.Of("model"));
        using var uploads = new Uploads { Options = new() { Previews = (_, _) => Task.FromResult(ModelFolder.Open(folder.Of("model"))) }, Resolve = (_, _) => Task.FromResult(new ModelPin(ResourceName.Parse("tiny"), 3, Digest.OfText("c"), Digest.OfText("tiny"), [])) };
        var texts = Enumerable.Range(1, 9).Select(i => JsonSerializer.Serialize(new { text = string.Concat(Enumerable.Repeat("what is it ", i)) })).Append(JsonSerializer.Serialize(new { text = new string('x', 3000) })).ToArray();
        (string, byte[]) config = ("dataset.yaml", "format: text\npreview: {model: tiny}\ndedup: {near: {enabled: false}}\n"u8.ToArray());
        var ingested = await uploads.IngestAsync(await uploads.PutAsync("one", ("a.jsonl", Uploads.Lines(texts)), config));
        var tokens = (await ReportAsync(uploads, ingested)).Tokens!;
        Assert.Equal(("tiny:3", 9L, 1024, 1L), (tokens.Model, tokens.Examples, tokens.MaxLength, tokens.OverLength));
        Assert.Equal(1, tokens.LeftOut["data_too_long"]);
        Assert.True(tokens.Lengths is { Min: > 0 } l && l.Min <= l.P50 && l.P50 <= l.P90 && l.P90 <= l.Max && l.Max > 1024, tokens.Lengths.ToString());
        Assert.True(tokens.Supervised < tokens.Total && tokens.Supervised > tokens.Total / 2);
        Assert.Equal(5, tokens.Seen.Count);
        Assert.All(tokens.Seen, seen => Assert.Contains(seen.Pieces, p => p.Learnt));
        Assert.All(tokens.Seen, seen => Assert.StartsWith("what is it", string.Concat(seen.Pieces.Select(p => p.Text)), StringComparison.Ordinal));
        Assert.Equal(9, tokens.Epoch.Steps[1]);
        Assert.NotEmpty(await uploads.Blobs.ListAsync("cache/tokens/", default).ToListAsync());
        var page = Encoding.UTF8.GetString(await uploads.ReadAsync(ingested.Result, DatasetManifest.PageName));
        Assert.Contains("<mark>", page, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Quarantined_lines_are_kept_as_they_came_and_corrected_ones_make_a_version_with_the_accepted_records()
    {
        using var uploads = new Uploads();
        var broken = new byte[] { (byte)'{', 0xFF, (byte)'"', (byte)'x' };
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", ("a.jsonl", [.. Uploads.Lines(Uploads.Chats(20)), .. broken, (byte)'\n', .. "nonsense\n"u8, .. Uploads.Lines(Uploads.Chats(2, 50))]),
            ("dataset.yaml", "max_bad_fraction: 1\nfilters: {characters: {max: 5000}}\n"u8.ToArray())));
        Assert.Equal(new Ledger(24, 22, 2, 0, 0), first.Ledger);
        var kept = await LinesAsync(uploads, BlobLayout.Quarantine(Uploads.Dataset, first.Result.VersionKey));
        Assert.Equal([("a.jsonl", 21L, "REC_INVALID_UTF8"), ("a.jsonl", 22L, "REC_INVALID_JSON")], kept.Select(k => (k.File, k.Line, k.Code)));
        Assert.Equal(broken, kept[0].Bytes);
        Assert.Equal("nonsense"u8.ToArray(), kept[1].Bytes);
        Assert.DoesNotContain(first.Result.Files, f => f.Path.Contains("lines", StringComparison.Ordinal));

        var pin = Uploads.PinOf(first.Result, 1);
        var second = await uploads.IngestAsync(await uploads.PutAsync("two", ("corrected.jsonl", Uploads.Lines(Uploads.Chats(2, 90))), (DatasetManifest.RequeueName, JsonSerializer.SerializeToUtf8Bytes(pin, Wire.Json))));
        Assert.Equal((true, new Ledger(24, 24, 0, 0, 0)), (second.Result.Sealed, second.Ledger));
        Assert.Equal(first.Records.Select(r => (r.RecId, r.Source)), second.Records.Take(22).Select(r => (r.RecId, r.Source)));
        var report = await ReportAsync(uploads, second);
        Assert.Equal("shelf:1", report.Requeued);
        Assert.Null(report.Content);
        Assert.DoesNotContain(report.Drift!.Measures, m => m.Name == "languages");
        var lineage = JsonSerializer.Deserialize<Lineage>(await uploads.ReadAsync(second.Result, DatasetManifest.LineageName), Wire.Json)!;
        Assert.Equal((pin, true), (lineage.Parent, lineage.Requeued));
        var manifest = JsonSerializer.Deserialize<DatasetManifest>(await uploads.ReadAsync(second.Result, DatasetManifest.FileName), Wire.Strict)!;
        Assert.Equal(5000, manifest.Config.GetProperty("filters")[0].GetProperty("max").GetDouble());
    }

    [Fact]
    public async Task Lines_of_another_dataset_are_not_requeued()
    {
        using var uploads = new Uploads();
        var first = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Uploads.Chats(3))));
        var pin = Uploads.PinOf(first.Result, 1) with { Name = ResourceName.Parse("others") };
        var refused = await Assert.ThrowsAsync<Core.Errors.TemperException>(async () => await uploads.IngestAsync(await uploads.PutAsync("two", ("corrected.jsonl", Uploads.Lines(Uploads.Chats(2, 90))), (DatasetManifest.RequeueName, JsonSerializer.SerializeToUtf8Bytes(pin, Wire.Json)))));
        Assert.Equal("DATA_NOT_A_PARENT", refused.Code);
    }

    [Fact]
    public async Task Corrected_lines_of_a_rejected_version_stand_in_for_those_that_it_quarantined()
    {
        using var uploads = new Uploads();
        (string, byte[]) file = ("a.jsonl", Uploads.Lines([.. Uploads.Chats(20), "nonsense", .. Uploads.Chats(1, 30), "{}"]));
        var rejected = await uploads.IngestAsync(await uploads.PutAsync("one", file));
        Assert.Equal((false, new Ledger(23, 21, 2, 0, 0)), (rejected.Result.Sealed, rejected.Ledger));
        var target = JsonSerializer.SerializeToUtf8Bytes(new RequeueTarget(rejected.Result.Dataset, 1, rejected.Result.VersionKey), Wire.Json);
        var mended = await uploads.IngestAsync(await uploads.PutAsync("two", file, ("requeued-1.jsonl", Uploads.Lines(Uploads.Chats(2, 90))), (DatasetManifest.RequeueName, target)));
        Assert.Equal((true, new Ledger(25, 23, 0, 0, 2)), (mended.Result.Sealed, mended.Ledger));
        Assert.Equal([("REC_CORRECTED", 21L), ("REC_CORRECTED", 23L)], mended.SetAside.Select(e => (e.Code, e.Line)));
        Assert.Contains("REC_INVALID_JSON", mended.SetAside[0].Message, StringComparison.Ordinal);
        var again = await uploads.IngestAsync(await uploads.PutAsync("three", file, ("requeued-1.jsonl", Uploads.Lines([.. Uploads.Chats(1, 90), "worse"])), (DatasetManifest.RequeueName, target)));
        Assert.Equal((false, new Ledger(25, 22, 1, 0, 2)), (again.Result.Sealed, again.Ledger));
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("null", 1)]
    [InlineData("[1, 2]", 1)]
    [InlineData("{\n \"name\": \"shelf\",\n \"version\": \"two\"}", 3)]
    [InlineData("{\"name\": \"No Name\", \"version\": 1, \"version_key\": \"ab\"}", 1)]
    [InlineData("{\"name\": \"shelf\", \"version\": 1, \"version_key\": \"ab\", \"commit\": \"cd\"}", 1)]
    public async Task A_file_that_names_no_version_to_correct_is_refused_with_its_place_and_what_to_do(string text, long line)
    {
        using var uploads = new Uploads();
        var payload = await uploads.PutAsync("one", ("a.jsonl", Uploads.Lines(Uploads.Chats(2))), (DatasetManifest.RequeueName, Encoding.UTF8.GetBytes(text)));
        var problem = Assert.Single((await Assert.ThrowsAsync<Core.Errors.TemperException>(async () => await uploads.IngestAsync(payload))).Problems);
        Assert.Equal(("invalid_json", DatasetManifest.RequeueName, line), (problem.Code, problem.File, problem.Line));
        Assert.Contains("temper data requeue", problem.Hint, StringComparison.Ordinal);
        foreach (var word in (string[])["System", "BytePosition", "Temper.", "token"])
            Assert.DoesNotContain(word, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_version_that_does_not_exist_cannot_be_corrected()
    {
        using var uploads = new Uploads();
        var target = JsonSerializer.SerializeToUtf8Bytes(new RequeueTarget(Uploads.Dataset, 9, new string('a', 32)), Wire.Json);
        var refused = await Assert.ThrowsAsync<Core.Errors.TemperException>(async () => await uploads.IngestAsync(await uploads.PutAsync("one", ("a.jsonl", Uploads.Lines(Uploads.Chats(2))), (DatasetManifest.RequeueName, target))));
        Assert.Equal("DATA_NOT_A_PARENT", refused.Code);
    }

    private static async Task<List<QuarantinedLine>> LinesAsync(Uploads uploads, BlobKey key)
    {
        await using var stream = await uploads.Blobs.OpenAsync(key, 0, null, null, default);
        return await JsonSerializer.DeserializeAsyncEnumerable<QuarantinedLine>(stream, topLevelValues: true, Wire.Json, default).Select(l => l!).ToListAsync();
    }

    private static async Task<DatasetReport> ReportAsync(Uploads uploads, Ingested ingested) =>
        JsonSerializer.Deserialize<DatasetReport>(await uploads.ReadAsync(ingested.Result, DatasetManifest.ReportName), Wire.Json)!;

    private static void SaveModel(string path)
    {
        var tokenizer = BpeTrainer.Train(["what is it", "it is what it is"], 300, ["<|end|>"]);
        var config = new ModelConfig { VocabularySize = 300, HiddenSize = 16, IntermediateSize = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, HeadSize = 8, EosTokenIds = [0] };
        using var engine = CpuEngine.Create(1);
        using var decoder = Temper.Models.Decoder.Create(engine, config, seed: 1);
        ModelFolder.Save(path, decoder, tokenizer, null, new GenerationConfig());
    }
}
