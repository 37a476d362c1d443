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
    public async Task Shingles_that_memory_has_no_room_for_are_read_again_and_the_same_pairs_are_found()
    {
        var texts = Enumerable.Range(0, 400).Select(i => Planted(i % 300, i >= 300 ? 1 : 0, i)).ToList();
        var (roomy, tight) = (await SearchAsync(texts, 128L << 20), await SearchAsync(texts, 5_000));
        Assert.Equal(roomy.Pairs, tight.Pairs);
        Assert.Equal(100, roomy.Pairs.Count);
        Assert.Equal(0, roomy.Read);
        Assert.InRange(tight.Read, 90, 4000);
    }

    [Fact]
    public async Task Of_a_labelled_set_at_least_95_of_100_near_duplicates_are_found_and_95_of_100_found_ones_are_right()
    {
        // Labels come from the definition alone: the share of common runs of five characters, counted with sets of strings.
        var texts = Enumerable.Range(0, 1500).Select(i => Planted(i, 0, i)).ToList();
        for (var i = 0; i < 1000; i++)
            texts.Add(Planted(i, 1 + (i % 9), i));
        var labelled = Enumerable.Range(0, 1000).Where(i => Share(texts[i], texts[1500 + i]) >= 0.8).Select(i => 1500 + i).ToHashSet();
        Assert.InRange(labelled.Count, 300, 700);
        using var uploads = new Uploads();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines([.. texts.Select(t => JsonSerializer.Serialize(new { text = t }))])), ("dataset.yaml", "format: text\ndedup: {near: {threshold: 0.8, action: drop}}\n"u8.ToArray()));
        var found = ingested.SetAside.Where(e => e.Code == "DUP_NEAR").Select(e => (int)e.Line - 1).ToHashSet();
        var right = (double)found.Intersect(labelled).Count();
        Assert.InRange(right / labelled.Count, 0.95, 1);
        Assert.InRange(right / found.Count, 0.95, 1);
    }

    [Fact]
    public async Task Runs_bands_and_rows_are_the_configurations()
    {
        using var uploads = new Uploads();
        byte[] file = Uploads.Lines([.. Enumerable.Range(0, 60).Select(i => JsonSerializer.Serialize(new { text = Planted(i % 30, i / 30 * 3, i) }))]);
        async Task<int> FoundAsync(string near) =>
            (await uploads.IngestAsync(await uploads.PutAsync(near.Replace(' ', '-'), ("a.jsonl", file), ("dataset.yaml", Encoding.UTF8.GetBytes($"format: text\ndedup: {{near: {{action: drop, {near}}}}}\n"))))).Codes.Length;
        Assert.Equal(30, await FoundAsync("ngram: 5"));
        Assert.Equal(0, await FoundAsync("ngram: 12"));
        Assert.InRange(await FoundAsync("rows: 32, bands: 1"), 0, 12);
        var refused = await Assert.ThrowsAsync<Core.Errors.TemperException>(() => FoundAsync("scope: job"));
        Assert.Equal("CFG_UNSUPPORTED", refused.Code);
    }

    /// <summary>Sixty words about a subject, some of them changed.</summary>
    private static string Planted(int subject, int changes, int salt)
    {
        var words = Enumerable.Range(0, 60).Select(w => Digest.OfText($"{subject}/{w}").Hex[..(3 + (w % 5))]).ToArray();
        for (var i = 0; i < changes; i++)
            words[((i * 13) + 5) % 60] = Digest.OfText($"changed/{salt}/{i}").Hex[..5];
        return string.Join(' ', words);
    }

    private static double Share(string a, string b)
    {
        static HashSet<string> Runs(string text) => [.. Enumerable.Range(0, text.Length - 4).Select(i => text.Substring(i, 5))];
        var (x, y) = (Runs(a), Runs(b));
        var common = x.Count(y.Contains);
        return (double)common / (x.Count + y.Count - common);
    }

    private static async Task<(List<NearPair> Pairs, int Read)> SearchAsync(List<string> texts, long memory)
    {
        var (text, hash, keys, read) = (new RecordText(), new MinHash(20, 5), new uint[20], 0);
        Shingles Of(int i)
        {
            text.Read(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { text = texts[i] })));
            return Shingles.Of(text);
        }
        var table = new BandTable(texts.Count, 20);
        for (var i = 0; i < texts.Count; i++)
        {
            hash.BandKeys(Of(i), keys);
            table.Add(keys);
        }
        var search = new NearDuplicates(table, new Dictionary<int, List<int>>(), 0.8, (i, _) => { read++; return Task.FromResult(Of(i)); }, memory);
        var suspects = search.FindSuspects(default);
        for (var i = 0; i < texts.Count; i++)
        {
            if (suspects[i])
                await search.TakeAsync(i, Of(i), default);
        }
        return (search.Pairs, read);
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
