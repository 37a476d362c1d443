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
    public async Task What_is_found_depends_neither_on_threads_nor_on_batches_nor_on_memory()
    {
        // Copies of copies, next to each other and far apart, boilerplate of which there is more than is compared, and partners that an embedding proposes.
        var texts = Enumerable.Range(0, 600).Select(i => (i % 5) switch
        {
            0 => Planted(7, i % 25 / 5, i),
            1 => Planted(1000 + (i / 50), i % 3, i),
            2 => string.Concat(Enumerable.Repeat("short ", 1 + (i % 7))),
            3 => Planted(2000 + (i % 90), i / 300, i),
            _ => Planted(3000 + i, 0, i),
        }).Select(Of).ToList();
        var alike = Enumerable.Range(1, 599).Where(i => i % 11 == 0).ToDictionary(i => i, i => new List<int> { i - 1, i / 2 });
        var expected = OneByOne(texts, alike);
        Assert.InRange(expected.Pairs.Count, 100, 500);
        Assert.InRange(expected.OnlyAlike.Count, 20, 200);
        foreach (var (threads, batch, memory) in new[] { (1, 4096, 24 << 20), (4, 4096, 24 << 20), (1, 1, 1), (3, 7, 5_000), (8, 100, 30_000) })
        {
            var found = await SearchAsync(texts, alike, threads, batch, memory);
            Assert.Equal(expected.Pairs, found.Pairs);
            Assert.Equal(expected.OnlyAlike, found.OnlyAlike);
        }
    }

    [Fact]
    public async Task A_search_that_goes_on_behind_an_earlier_one_finds_what_one_search_finds()
    {
        var texts = Enumerable.Range(0, 300).Select(i => Planted(i % 60, i / 100, i)).Select(Of).ToList();
        var alike = new Dictionary<int, List<int>> { [200] = [3, 77] };
        var whole = await SearchAsync(texts, alike, 2, 50, 1 << 20);
        for (var cut = 50; cut < 300; cut += 50)
        {
            var rest = Search(texts, alike, 2, 50, 1 << 20);
            rest.GoOn(cut, whole.Pairs.Where(p => p.Record < cut), whole.OnlyAlike.Where(p => p.Record < cut));
            await rest.RunAsync(null, default);
            Assert.Equal(whole.Pairs, rest.Pairs);
            Assert.Equal(whole.OnlyAlike, rest.OnlyAlike);
        }
    }

    [Fact]
    public void Sketches_never_call_alike_what_is_not_and_tell_most_others_apart()
    {
        var texts = Enumerable.Range(0, 300).Select(i => i % 3 == 2 ? string.Concat(Enumerable.Repeat(Planted(i % 4, i % 12, i), 9)) : Planted(i % 40, i % 7, i)).ToList();
        var shingles = texts.Select(Of).ToList();
        var sketches = shingles.Select(s =>
        {
            var sketch = new byte[ShingleSketch.Width];
            ShingleSketch.Write(sketch, s.Asked, s.Answered);
            return sketch;
        }).ToList();
        var (apart, told) = (0, 0);
        for (var i = 0; i < texts.Count; i++)
        {
            for (var j = 0; j < i; j++)
            {
                var similarity = shingles[i].Similarity(shingles[j]);
                foreach (var least in (double[])[0.5, 0.8, 0.95])
                {
                    Assert.True(similarity < least || ShingleSketch.CanReach(sketches[i], sketches[j], least), $"{i} and {j} at {least}");
                    Assert.Equal(similarity < least ? -1 : similarity, shingles[i].Similarity(shingles[j], least));
                }
                apart += similarity < 0.5 ? 1 : 0;
                told += similarity < 0.5 && !ShingleSketch.CanReach(sketches[i], sketches[j], 0.8) ? 1 : 0;
            }
        }
        Assert.InRange((double)told / apart, 0.95, 1);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?!")]
    [InlineData("a")]
    [InlineData("Ab1 ")]
    [InlineData("  Grüße, ÄÖÜ! 你好世界 — ǅ ẞ İ 𝔘𝔫𝔦 … end")]
    [InlineData("😀😀 😀")]
    [InlineData("exactly sixteen. ")]
    public void Shingles_are_those_of_the_definition(string text)
    {
        for (var length = 1; length < 60; length += length < 8 ? 1 : 13)
        {
            foreach (var whole in (string[])[text, string.Concat(Enumerable.Repeat(text + "xyz ", 40))])
            {
                var body = new RecordText();
                body.Read(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { prompt = whole, text = "a" })));
                Assert.Equal(Defined(whole, length, 1), Shingles.Of(body, length).Asked);
            }
        }
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

    private static Shingles Of(string text)
    {
        var record = new RecordText();
        record.Read(Encoding.UTF8.GetBytes(JsonSerializer.Serialize(new { text })));
        return Shingles.Of(record);
    }

    private static NearDuplicates Search(List<Shingles> texts, Dictionary<int, List<int>> alike, int threads, int batch, long memory)
    {
        var (hash, keys, table, sketches, sketch) = (new MinHash(20, 5), new uint[20], new BandTable(texts.Count, 20), new SketchTable(), new byte[ShingleSketch.Width]);
        foreach (var shingles in texts)
        {
            hash.BandKeys(shingles, keys);
            table.Add(keys);
            ShingleSketch.Write(sketch, shingles.Asked, shingles.Answered);
            sketches.Add(sketch);
        }
        var search = new NearDuplicates(table, sketches, alike, 0.8, (wanted, _) => Task.FromResult(wanted.Select(i => texts[i]).ToArray())) { Threads = threads, Batch = batch, Memory = memory };
        search.Begin(default);
        return search;
    }

    private static async Task<NearDuplicates> SearchAsync(List<Shingles> texts, Dictionary<int, List<int>> alike, int threads, int batch, long memory)
    {
        var search = Search(texts, alike, threads, batch, memory);
        await search.RunAsync(null, default);
        return search;
    }

    /// <summary>The search as it is defined: record after record, each with all that were kept before and share a key, the first 64 of each.</summary>
    private static (List<NearPair> Pairs, List<(int, int)> OnlyAlike) OneByOne(List<Shingles> texts, Dictionary<int, List<int>> alike)
    {
        var (hash, keys, groups, kept) = (new MinHash(20, 5), new uint[20], new Dictionary<(int, uint), List<int>>(), new HashSet<int>());
        var (pairs, only) = (new List<NearPair>(), new List<(int, int)>());
        for (var i = 0; i < texts.Count; i++)
        {
            var own = texts[i];
            hash.BandKeys(own, keys);
            var mine = keys.Select((key, band) => groups.TryGetValue((band, key), out var group) ? group : groups[(band, key)] = []).ToList();
            var proposed = alike.GetValueOrDefault(i) ?? [];
            NearPair? best = null;
            foreach (var candidate in mine.SelectMany(g => g).Concat(proposed.Where(kept.Contains)).Distinct().Order())
            {
                var similarity = texts[candidate].Similarity(own);
                if (similarity >= 0.8 && (best is null || similarity > best.Similarity))
                    best = new(i, candidate, similarity);
                else if (similarity < 0.8 && proposed.Contains(candidate))
                    only.Add((i, candidate));
            }
            if (best is not null)
            {
                pairs.Add(best);
                continue;
            }
            kept.Add(i);
            mine.Where(g => g.Count < 64).ToList().ForEach(g => g.Add(i));
        }
        return (pairs, only);
    }

    /// <summary>Shingles of a text that is asked, rune by rune, in the least code.</summary>
    private static uint[] Defined(string text, int length, ulong part)
    {
        static ulong Mix(ulong state, ulong value)
        {
            unchecked
            {
                var x = (state ^ value) * 0xFF51AFD7ED558CCD;
                x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53;
                return x ^ (x >> 29);
            }
        }
        var runes = new List<ulong>();
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
                runes.Add((ulong)Rune.ToLowerInvariant(rune).Value);
            else if (runes.Count > 0 && runes[^1] != ' ')
                runes.Add(' ');
        }
        if (runes.Count > 0 && runes[^1] == ' ')
            runes.RemoveAt(runes.Count - 1);
        if (runes.Count == 0)
            runes.AddRange(text.EnumerateRunes().Where(r => !Rune.IsWhiteSpace(r)).Select(r => (ulong)r.Value));
        var seed = Mix(0x9E3779B97F4A7C15, part);
        uint Hash(IEnumerable<ulong> run) => (uint)(run.Append((ulong)run.Count()).Aggregate(seed, Mix) >> 32);
        return runes.Count <= length ? [Hash(runes)] : [.. Enumerable.Range(0, runes.Count - length + 1).Select(at => Hash(runes.Skip(at).Take(length))).Distinct().Order()];
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
