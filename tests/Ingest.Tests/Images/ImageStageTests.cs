using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Registry.Tests;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>Embedding of images, pictures that look alike, and files that were damaged at random.</summary>
public sealed class ImageStageTests
{
    private static readonly string Encoders = Path.Combine(RepoRoot.Path, "tests", "Models.Tests", "data", "encoders");

    [Fact]
    public async Task A_registered_ViT_embeds_each_image_once_whatever_its_caption()
    {
        using var folder = new TempFolder();
        await using var registry = await RegistryHost.StartAsync();
        await ImportAsync(registry.Client, "vit-classifier");
        var embedded = 0;
        var folders = new ModelFolderCache(registry.Client, folder.Of("cache"), TimeProvider.System);
        using var uploads = new Uploads
        {
            Options = new() { Embedders = async (pin, ct) => new Counting(await RegisteredModelEmbedder.OpenAsync(folders, pin, () => CpuEngine.Create(1), ct), count => embedded += count) },
            Resolve = async (reference, ct) => (await registry.Client.Models.ResolveAsync(reference, ct)).Pin,
        };
        (string, byte[]) config = ("dataset.yaml", "dataset_type: image\nembedding: {model: looks}\nmax_bad_fraction: 1\n"u8.ToArray());
        var (one, two) = (Pictures.Golden("jpeg-q100.jpg"), Pictures.Golden("png-6-16-i.png"));
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", config, ("a.jpg", one), ("a.txt", Pictures.Text("x")), ("b.png", two), ("b.txt", Pictures.Text("y")), ("c.jpg", one[..500])));
        Assert.Equal(new Ledger(3, 2, 1, 0, 0), first.Ledger);
        Assert.Equal(2, embedded);
        var second = await uploads.IngestAsync(await uploads.PutAsync("two", config, ("a.jpg", one), ("a.txt", Pictures.Text("another")), ("d.png", Pictures.Png(5, 5)), ("d.txt", Pictures.Text("z"))));
        Assert.Equal(2, second.Ledger.Accepted);
        Assert.Equal(3, embedded);
    }

    [Fact]
    public async Task Quarantined_images_are_kept_whole_and_larger_ones_by_name_alone()
    {
        using var uploads = new Uploads();
        var cut = Pictures.Golden("jpeg-q100.jpg")[..500];
        var huge = new byte[ImageAside.Largest + 1];
        var made = await uploads.IngestAsync(("dataset.yaml", "dataset_type: image\ncaption_strategy: filename\nmax_bad_fraction: 1\n"u8.ToArray()), ("a.png", Pictures.Png(5, 5)), ("b/cut.jpg", cut), ("c.png", huge));
        Assert.Equal(new Ledger(3, 1, 2, 0, 0), made.Ledger);
        await using var stream = await uploads.Blobs.OpenAsync(Core.Blobs.BlobLayout.Quarantine(Uploads.Dataset, made.Result.VersionKey), 0, null, null, default);
        var kept = await JsonSerializer.DeserializeAsyncEnumerable<QuarantinedLine>(stream, topLevelValues: true, Wire.Json, default).ToListAsync();
        Assert.Equal([("b/cut.jpg", true), ("c.png", true)], kept.Select(k => (k!.File, k.Whole)));
        Assert.Equal(cut, kept[0]!.Bytes);
        Assert.Null(kept[1]!.Bytes);
    }

    [Fact]
    public async Task An_image_finds_itself_and_vectors_are_made_once()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync([.. Enumerable.Range(0, 5).Select(i => ($"{i}.jpg", Pictures.Golden($"jpeg-{new[] { "q100", "37x29-2x2", "greyp", "exif6", "rgb" }[i]}.jpg")))]);
        var pin = new DatasetPin(made.Result.Dataset, 1, made.Result.VersionKey, Digest.OfText("commit"), Digest.Of(await uploads.ReadAsync(made.Result, DatasetManifest.FileName)));
        using var engine = CpuEngine.Create(1);
        using var vit = new Vit(ImageEmbedder.Open(Path.Combine(Encoders, "vit-classifier"), engine));
        var search = await ImageSearch.OpenAsync(uploads.Blobs, pin, vit, (_, _) => { }, TimeProvider.System, default);
        Assert.Equal((5, 5), (search.Count, search.Made));
        var hits = search.Find(ImageDecoder.Decode(Pictures.Golden("jpeg-exif6.jpg")).Image, 5, default);
        Assert.Equal("3.jpg", hits[0].Source.File);
        Assert.Equal(1, hits[0].Cosine, 1e-5);
        Assert.Equal(0, (await ImageSearch.OpenAsync(uploads.Blobs, pin, vit, (_, _) => { }, TimeProvider.System, default)).Made);
        using var words = new TextOnly();
        Assert.Equal("CFG_UNSUPPORTED", (await Assert.ThrowsAsync<TemperException>(() => ImageSearch.OpenAsync(uploads.Blobs, pin, words, (_, _) => { }, TimeProvider.System, default))).Code);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_worker_that_dies_at_any_write_leaves_nothing_that_changes_the_version(bool inside)
    {
        (string, byte[])[] files = [("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: folder\nmax_bad_fraction: 1\n")), ("x/a.png", Pictures.Png(9, 9)), ("x/b.jpg", Pictures.Golden("jpeg-q1.jpg")), ("y/c.jpg", [0xFF, 0xD8, 0xFF])];
        using var calm = new Uploads();
        var expected = await calm.IngestAsync(files);
        var manifest = await calm.ReadAsync(expected.Result, DatasetManifest.FileName);
        for (var write = 1; ; write++)
        {
            using var uploads = new Uploads();
            var payload = await uploads.PutAsync("up", files);
            var dying = new DyingBlobStore(uploads.Blobs, write, inside);
            await Record.ExceptionAsync(() => uploads.IngestAsync(payload, dying));
            var made = await uploads.IngestAsync(payload);
            Assert.Equal(manifest, await uploads.ReadAsync(made.Result, DatasetManifest.FileName));
            Assert.Equal(expected.Ledger, made.Ledger);
            if (!dying.Died)
                break;
            Assert.True(write < 100);
        }
    }

    [Fact]
    public async Task A_model_of_texts_does_not_embed_images()
    {
        using var uploads = new Uploads
        {
            Options = new() { Embedders = (_, _) => Task.FromResult<IEmbedder>(new TextOnly()) },
            Resolve = (_, _) => Task.FromResult(new ModelPin(ResourceName.Parse("words"), 1, Digest.OfText("words"), Digest.OfText("words"), [])),
        };
        var error = await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(("dataset.yaml", "dataset_type: image\ncaption_strategy: none\nembedding: {model: words}\n"u8.ToArray()), ("a.png", Pictures.Png(8, 8))));
        Assert.Equal("CFG_UNSUPPORTED", error.Code);
    }

    [Fact]
    public async Task The_same_picture_in_another_compression_is_reported_as_alike_and_kept()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(("a.jpg", Pictures.Golden("jpeg-q100.jpg")), ("b.jpg", Pictures.Golden("jpeg-optimised.jpg")), ("c.jpg", Pictures.Golden("jpeg-37x29-2x2.jpg")), ("d.png", Pictures.Png(20, 20)), ("e.png", Pictures.Png(20, 20, 9)));
        Assert.Equal(5, made.Ledger.Accepted);
        var report = JsonSerializer.Deserialize<DatasetReport>(await uploads.ReadAsync(made.Result, DatasetManifest.ReportName), Wire.Strict)!.Images!;
        var pair = Assert.Single(report.AlikePairs);
        Assert.Equal(("b.jpg", "a.jpg"), (pair.File, pair.OfFile));
        Assert.Equal((1, 5), (report.Alike, report.Uncaptioned));
    }

    [Fact]
    public async Task Whatever_is_done_to_images_the_ledger_closes_and_every_accepted_one_can_be_read()
    {
        var folder = Path.Combine(RepoRoot.Path, "tests", "Models.Tests", "data", "images");
        var names = Directory.GetFiles(folder).Where(f => ImageSignature.OfName(f) != ImageFormat.Unknown).Order(StringComparer.Ordinal).ToArray();
        List<(string, byte[])> files = [("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: filename\nmax_bad_fraction: 1\ndedup: {exact: false}\n"))];
        for (var i = 0u; i < 120; i++)
        {
            var bytes = File.ReadAllBytes(names[i % names.Length]);
            var key = new RandomKey(8, 1, i);
            for (var n = 0; n < i % 4; n++)
                bytes[Philox.Below(key, n, bytes.Length)] = (byte)Philox.Below(key, 10 + n, 256);
            files.Add(($"{i:D3}{Path.GetExtension(names[(i + i % 5) % names.Length])}", i % 7 == 0 ? bytes[..(int)Philox.Below(key, 20, bytes.Length)] : bytes));
        }
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync([.. files]);
        Assert.True(made.Ledger.Closes);
        Assert.Equal(120, made.Ledger.RecordsIn);
        Assert.True(made.Ledger is { Accepted: > 40, Quarantined: > 40 });
        Assert.All(made.Codes, code => Assert.StartsWith("IMG_", code, StringComparison.Ordinal));
        var manifest = JsonSerializer.Deserialize<DatasetManifest>(await uploads.ReadAsync(made.Result, DatasetManifest.FileName), Wire.Strict)!;
        var images = await SealedImages.OpenAsync(uploads.Blobs, manifest, default);
        foreach (var record in made.Records)
        {
            var image = ImageDecoder.Decode(await images.ReadAsync(record.Image!.Sha256, default)).Image;
            Assert.Equal((record.Image.Width, record.Image.Height), (image.Width, image.Height));
        }
    }

    private static async Task ImportAsync(RegistryClient registry, string model)
    {
        string[] names = ["config.json", "model.safetensors"];
        var bytes = names.Select(n => File.ReadAllBytes(Path.Combine(Encoders, model, n))).ToList();
        var session = await registry.Uploads.OpenAsync(new(UploadKind.Model, ResourceName.Parse("looks"), [.. names.Select((n, i) => new FileEntry(n, bytes[i].Length, Digest.Of(bytes[i])))]), default);
        for (var i = 0; i < names.Length; i++)
            if (session.Files[i].Received < bytes[i].Length)
                await registry.Uploads.SendAsync(session.Id, i, 0, bytes[i], default);
        await registry.Uploads.CompleteAsync(session.Id, default);
    }

    private sealed class Counting(IEmbedder inner, Action<int> embedded) : IEmbedder
    {
        public Digest Model => inner.Model;

        public string Transform => inner.Transform;

        public int Width => inner.Width;

        public bool ReadsImages => inner.ReadsImages;

        public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct) => inner.Embed(texts, ct);

        public IReadOnlyList<float[]> EmbedImages(int count, Func<int, RgbImage> image, CancellationToken ct)
        {
            embedded(count);
            return inner.EmbedImages(count, image, ct);
        }

        public void Dispose() => inner.Dispose();
    }

    /// <summary>A ViT from its folder.</summary>
    private sealed class Vit(ImageEmbedder inner) : IEmbedder
    {
        public Digest Model => Digest.OfText("vit");

        public string Transform => inner.Preprocessor.Digest;

        public int Width => inner.Width;

        public bool ReadsImages => true;

        public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct) => throw new NotSupportedException();

        public IReadOnlyList<float[]> EmbedImages(int count, Func<int, RgbImage> image, CancellationToken ct) => inner.Embed(count, image, ct);

        public void Dispose() => inner.Dispose();
    }

    /// <summary>An embedder that someone wrote for texts, before images could be embedded.</summary>
    private sealed class TextOnly : IEmbedder
    {
        public Digest Model => Digest.OfText("words");

        public string Transform => "letters";

        public int Width => 1;

        public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct) => [.. texts.Select(text => new float[] { text.Length })];

        public void Dispose() { }
    }
}
