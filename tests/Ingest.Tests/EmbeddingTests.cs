using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;
using Temper.Registry.Tests;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>Records embedded by a registered model, each once.</summary>
public sealed class EmbeddingTests
{
    [Fact]
    public async Task A_registered_model_embeds_each_record_once_whatever_the_upload()
    {
        using var folder = new TempFolder();
        await using var registry = await RegistryHost.StartAsync();
        var model = await ImportAsync(registry.Client, folder.Of("model"));
        var embedded = new List<string>();
        var folders = new ModelFolderCache(registry.Client, folder.Of("cache"), TimeProvider.System);
        using var uploads = new Uploads
        {
            Options = new() { Embedders = async (pin, ct) => new Counting(await RegisteredModelEmbedder.OpenAsync(folders, pin, () => CpuEngine.Create(1), ct), embedded) },
            Resolve = async (reference, ct) => (await registry.Client.Models.ResolveAsync(reference, ct)).Pin,
        };
        (string, byte[]) config = ("dataset.yaml", "embedding: {model: tiny}\ndedup: {near: {action: drop}}\n"u8.ToArray());
        var chats = Uploads.Chats(40);
        var first = await uploads.IngestAsync(await uploads.PutAsync("one", ("a.jsonl", Uploads.Lines([.. chats, chats[3].ToUpperInvariant().Replace("MESSAGES", "messages", StringComparison.Ordinal).Replace("ROLE", "role", StringComparison.Ordinal).Replace("CONTENT", "content", StringComparison.Ordinal).Replace("USER", "user", StringComparison.Ordinal).Replace("ASSISTANT", "assistant", StringComparison.Ordinal)])), config));
        Assert.Equal(new Ledger(41, 40, 0, 1, 0), first.Ledger);
        Assert.Equal(41, embedded.Count);
        using var report = JsonDocument.Parse(await uploads.ReadAsync(first.Result, DatasetManifest.ReportName));
        Assert.Equal("embedding and lexical", report.RootElement.GetProperty("duplicates").GetProperty("method").GetString());

        var second = await uploads.IngestAsync(await uploads.PutAsync("two", ("b.jsonl", Uploads.Lines([.. chats, Uploads.Chat("new?", "new.")])), config));
        Assert.Equal(41, second.Ledger.Accepted);
        Assert.Equal(42, embedded.Count);
        Assert.Equal("tiny", model.Name.ToString());

        var (one, _) = (await ReportAsync(uploads, first), uploads.ResolveDataset = (_, _) => Task.FromResult(Uploads.PinOf(first.Result, 1)));
        Assert.Equal((41L, 16 * sizeof(float)), (one.Embedding!.Records, one.Embedding.Centroid.Length));
        var near = (await ReportAsync(uploads, await uploads.IngestAsync(await uploads.PutAsync("three", ("c.jsonl", Uploads.Lines(chats[..39])), config)))).Drift!;
        var far = (await ReportAsync(uploads, await uploads.IngestAsync(await uploads.PutAsync("four", ("d.jsonl", Uploads.Lines(Uploads.Chat("zzz zzz zzz", "yyy yyy yyy"))), config)))).Drift!;
        Assert.Null(near.NotCompared);
        Assert.InRange(Distance(near), 0, 0.01);
        Assert.True(Distance(far) > Distance(near), $"{Distance(far)} {Distance(near)}");
        var without = (await ReportAsync(uploads, await uploads.IngestAsync(await uploads.PutAsync("five", ("e.jsonl", Uploads.Lines(chats[..38])))))).Drift!;
        Assert.Equal("embedding: this version was not embedded", without.NotCompared);
        Assert.DoesNotContain(without.Measures, m => m.Name == "embedding");
    }

    private static double Distance(DriftReport drift) => drift.Measures.Single(m => m.Name == "embedding").Distance;

    private static async Task<DatasetReport> ReportAsync(Uploads uploads, Ingested made) =>
        JsonSerializer.Deserialize<DatasetReport>(await uploads.ReadAsync(made.Result, DatasetManifest.ReportName), Core.Json.Wire.Strict)!;

    private static async Task<ModelPin> ImportAsync(RegistryClient registry, string path)
    {
        var tokenizer = BpeTrainer.Train(["what is it", "it is what it is"], 300, ["<|end|>"]);
        var config = new ModelConfig { VocabularySize = 300, HiddenSize = 16, IntermediateSize = 32, Layers = 1, Heads = 2, KeyValueHeads = 1, HeadSize = 8, EosTokenIds = [0] };
        using (var engine = CpuEngine.Create(1))
        using (var decoder = Decoder.Create(engine, config, seed: 1))
            ModelFolder.Save(path, decoder, tokenizer, null, new GenerationConfig());
        var names = Directory.GetFiles(path).Select(f => Path.GetFileName(f)!).Order(StringComparer.Ordinal).ToList();
        var bytes = names.Select(n => File.ReadAllBytes(Path.Combine(path, n))).ToList();
        var session = await registry.Uploads.OpenAsync(new(UploadKind.Model, ResourceName.Parse("tiny"), [.. names.Select((n, i) => new FileEntry(n, bytes[i].Length, Digest.Of(bytes[i])))]), default);
        for (var i = 0; i < names.Count; i++)
            if (session.Files[i].Received < bytes[i].Length)
                await registry.Uploads.SendAsync(session.Id, i, 0, bytes[i], default);
        return (await registry.Uploads.CompleteAsync(session.Id, default)).Model!.Pin;
    }

    private sealed class Counting(IEmbedder inner, List<string> embedded) : IEmbedder
    {
        public Digest Model => inner.Model;

        public string Transform => inner.Transform;

        public int Width => inner.Width;

        public IReadOnlyList<float[]> Embed(IReadOnlyList<string> texts, CancellationToken ct)
        {
            embedded.AddRange(texts);
            return inner.Embed(texts, ct);
        }

        public void Dispose() => inner.Dispose();
    }
}
