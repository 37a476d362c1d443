using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;

namespace Temper.Ingest.Tests;

/// <summary>Copies, near-copies, and what must never be taken for one.</summary>
public sealed class DuplicateTests
{
    private static readonly (string, byte[]) Drop = ("dataset.yaml", "format: messages\ndedup: {near: {threshold: 0.9, action: drop}}\n"u8.ToArray());

    [Fact]
    public async Task The_first_copy_in_order_of_file_and_line_stays()
    {
        using var uploads = new Uploads();
        var (a, b) = (Uploads.Chat("a?", "a."), Uploads.Chat("b?", "b."));
        var ingested = await uploads.IngestAsync(("2.jsonl", Uploads.Lines(b, a)), ("1.jsonl.gz", Uploads.Gzip(Uploads.Lines(a, a))));
        Assert.Equal(new Ledger(4, 2, 0, 2, 0), ingested.Ledger);
        Assert.Equal([("1.jsonl.gz", 2L, "DUP_EXACT", "Says exactly what line 1 of 1.jsonl.gz says."), ("2.jsonl", 2L, "DUP_EXACT", "Says exactly what line 1 of 1.jsonl.gz says.")], ingested.SetAside.Select(e => (e.File, e.Line, e.Code, e.Message)));
    }

    [Theory]
    [InlineData("how does water leave the box", "A hole of 8 millimetres in the floor lets water out!")]
    [InlineData("How  does water leave the BOX??", "a hole of 8 millimetres in the floor lets water out")]
    public async Task Other_spelling_is_a_near_duplicate(string question, string answer)
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Water, Uploads.Chat(question, answer))), Drop);
        Assert.Equal(["DUP_NEAR"], ingested.Codes);
        Assert.Equal(new Ledger(2, 1, 0, 1, 0), ingested.Ledger);
    }

    [Theory]
    [InlineData("Where does the water go?", "A hole of 8 millimetres in the floor lets water out.")]
    [InlineData("How does water leave the box?", "It does not leave the box.")]
    [InlineData("A hole of 8 millimetres in the floor lets water out.", "How does water leave the box?")]
    public async Task A_paraphrase_another_answer_and_a_swap_are_not(string question, string answer)
    {
        using var uploads = new Uploads();
        Assert.Equal(2, (await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Water, Uploads.Chat(question, answer))), Drop)).Ledger.Accepted);
    }

    [Fact]
    public async Task A_shared_system_message_does_not_make_records_alike_and_another_one_makes_them_different()
    {
        using var uploads = new Uploads();
        static string With(string system, string question, string answer) => JsonSerializer.Serialize(new { messages = new[] { new { role = "system", content = system }, new { role = "user", content = question }, new { role = "assistant", content = answer } } });
        var rules = string.Join(' ', Enumerable.Repeat("You are a helpful assistant and never rude.", 50));
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(With(rules, "One?", "First."), With(rules, "Two?", "Second."), With("Be a pirate.", "One?", "First."))), Drop);
        Assert.Equal(3, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task Report_keeps_them_and_says_which_they_are()
    {
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Water, Water.ToUpperInvariant().Replace("MESSAGES", "messages", StringComparison.Ordinal).Replace("ROLE", "role", StringComparison.Ordinal).Replace("CONTENT", "content", StringComparison.Ordinal).Replace("USER", "user", StringComparison.Ordinal).Replace("ASSISTANT", "assistant", StringComparison.Ordinal))));
        Assert.Equal(2, ingested.Ledger.Accepted);
        using var report = JsonDocument.Parse(await uploads.ReadAsync(ingested.Result, DatasetManifest.ReportName));
        var duplicates = report.RootElement.GetProperty("duplicates");
        Assert.Equal(("lexical", 1, 2), (duplicates.GetProperty("method").GetString(), duplicates.GetProperty("near").GetInt32(), duplicates.GetProperty("near_pairs")[0].GetProperty("line").GetInt32()));
    }

    [Fact]
    public void Of_planted_near_duplicates_nearly_all_are_found_and_nothing_else()
    {
        var (text, shingles, planted) = (new RecordText(), new List<Shingles>(), new HashSet<(int, int)>());
        for (var i = 0; i < 400; i++)
        {
            var words = Enumerable.Range(0, 40).Select(w => Digest.OfText($"{i % 300}/{w}").Hex[..(3 + (w % 5))]).ToArray();
            // A hundred later records repeat an earlier one with one word of forty changed: similarity about 0.8.
            if (i >= 300)
                words[7] = "changed";
            text.Read(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { prompt = "same question", completion = string.Join(' ', words) })));
            shingles.Add(Shingles.Of(text));
            if (i >= 300)
                planted.Add((i, i - 300));
        }
        var search = new NearDuplicates([.. shingles.Select(MinHash.BandKeys)], new Dictionary<int, List<int>>(), 0.8);
        for (var i = 0; i < shingles.Count; i++)
        {
            if (search.Suspects.Contains(i))
                search.Take(i, shingles[i]);
        }
        var found = search.Pairs.Select(p => (p.Record, p.Of)).ToHashSet();
        Assert.Subset(planted, found);
        Assert.InRange(found.Count, 95, 100);
    }

    [Fact]
    public void Vectors_that_point_the_same_way_are_found_among_few_and_among_many()
    {
        foreach (var count in (int[])[500, AlikeVectors.AllPairs + 500])
        {
            var vectors = Enumerable.Range(0, count).Select(i => Vector($"{i}", 0)).ToList();
            for (var i = 0; i < 50; i++)
                vectors.Add(Vector($"{i}", 0.05f));
            var alike = AlikeVectors.Find(vectors, default);
            Assert.InRange(Enumerable.Range(0, 50).Count(i => alike.GetValueOrDefault(count + i)?.Contains(i) == true), 47, 50);
        }
    }

    private static string Water => Uploads.Chat("How does water leave the box?", "A hole of 8 millimetres in the floor lets water out.");

    /// <summary>A direction by name, a little off by <paramref name="noise"/>, on top of one that all share.</summary>
    private static float[] Vector(string name, float noise) =>
        [.. Enumerable.Range(0, 48).Select(d => 5 + Unit($"{name}/{d}") + (noise * Unit($"{name}/{d}/noise")))];

    private static float Unit(string name) => (Convert.ToInt32(Digest.OfText(name).Hex[..6], 16) / (float)0x800000) - 1;
}
