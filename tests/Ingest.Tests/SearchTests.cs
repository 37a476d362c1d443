using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Tensors;

namespace Temper.Ingest.Tests;

/// <summary>Search by meaning: exact, and over vectors that are made once.</summary>
public sealed class SearchTests
{
    [Theory]
    [InlineData(1, 3)]
    [InlineData(100, 17)]
    [InlineData(9000, 33)]
    public void The_nearest_vectors_are_those_that_looking_at_each_in_double_finds(int vectors, int width)
    {
        var index = new VectorIndex(width);
        var all = Enumerable.Range(0, vectors).Select(i => Vector((uint)i, width)).ToList();
        foreach (var vector in all)
            index.Add(vector);
        var query = Vector(uint.MaxValue, width);
        var expected = all.Select((v, i) => (Index: i, Cosine: Cosine(v, query))).OrderByDescending(h => h.Cosine).Take(10).ToList();
        var found = index.Nearest(query, 10, default);
        Assert.Equal(expected.Select(h => h.Index), found.Select(h => h.Index));
        Assert.All(expected.Zip(found), pair => Assert.Equal(pair.First.Cosine, pair.Second.Cosine, 1e-6));
    }

    [Fact]
    public void Equal_vectors_come_in_the_order_in_which_they_were_added()
    {
        var index = new VectorIndex(4);
        for (var i = 0; i < 10_000; i++)
            index.Add([1, 2, 3, i % 5000 == 7 ? 5 : 4]);
        Assert.Equal([0, 1, 2], index.Nearest([1, 2, 3, 4], 3, default).Select(h => h.Index));
        Assert.Equal([7, 5007, 0], index.Nearest([1, 2, 3, 9], 3, default).Select(h => h.Index));
    }

    [Fact]
    public async Task A_search_finds_the_record_that_says_it_and_uses_the_vectors_that_ingestion_made()
    {
        using var uploads = new Uploads { Options = new() { Embedders = (_, _) => Task.FromResult<IEmbedder>(new Letters()) }, Resolve = (_, _) => Task.FromResult(Pin()) };
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(Uploads.Chat("Where is my parcel?", "On its way."), Uploads.Chat("zzz qqq", "My password: hunter22secret"), Uploads.Chat("How much is it?", "Ten."))),
            ("dataset.yaml", "embedding: {model: letters}\nformat: messages\nsecrets_scan: {action: report}\n"u8.ToArray()));
        var manifest = ingested.Result.Files.Single(f => f.Path == "manifest.json");
        var pin = new DatasetPin(Uploads.Dataset, 1, ingested.Result.VersionKey, manifest.Sha256, manifest.Sha256);
        using var embedder = new Letters();
        var search = await DatasetSearch.OpenAsync(uploads.Blobs, pin, embedder, (_, _) => { }, TimeProvider.System, default);
        Assert.Equal((3, 0), (search.Count, search.Made));
        Assert.Equal(0, embedder.Calls);
        var hits = await search.FindAsync("where is my PARCEL!", 2, default);
        Assert.Equal(("a.jsonl", 1L), (hits[0].Source.File, hits[0].Source.Line));
        Assert.Equal("Where is my parcel? | On its way.", hits[0].Excerpt);
        Assert.DoesNotContain("hunter22secret", (await search.FindAsync("zzz qqq", 1, default))[0].Excerpt);
        Assert.True(hits[0].Cosine > hits[1].Cosine);
    }

    private static double Cosine(float[] a, float[] b)
    {
        double dot = 0, aa = 0, bb = 0;
        for (var i = 0; i < a.Length; i++)
            (dot, aa, bb) = (dot + (double)a[i] * b[i], aa + (double)a[i] * a[i], bb + (double)b[i] * b[i]);
        return dot / Math.Sqrt(aa * bb);
    }

    private static float[] Vector(uint site, int width)
    {
        var vector = new float[width];
        Philox.FillNormal(new RandomKey(Seed: 9, Stream: 1, Site: site), vector);
        return vector;
    }

    private static ModelPin Pin() => new(ResourceName.Parse("letters"), 1, Digest.OfText("c"), Digest.OfText("letters"), []);

    /// <summary>How often each letter occurs.</summary>
    private sealed class Letters : IEmbedder
    {
        public int Calls { get; private set; }

        public Digest Model => Digest.OfText("letters");

        public string Transform => "counts";

        public int Width => 26;

        public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct)
        {
            Calls++;
            return [.. texts.Select(text =>
            {
                var counts = new float[26];
                foreach (var letter in text.Where(char.IsAsciiLetterLower))
                    counts[letter - 'a']++;
                return counts;
            })];
        }

        public void Dispose() { }
    }
}
