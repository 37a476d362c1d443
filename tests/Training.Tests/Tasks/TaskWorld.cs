using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Temper.Core.Blobs;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Safetensors;
using Temper.Core.Work;
using Temper.Models;
using Temper.Storage.Blobs;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Data;
using Temper.Training.Objectives;
using Temper.Training.Recipes;
using Temper.Training.Tasks;

namespace Temper.Training.Tests.Tasks;

/// <summary>A task from its base's folder to its result, as a job runs it, without a registry.</summary>
internal sealed partial class TaskWorld(IEngine? engine = null) : IDisposable
{
    public const int Side = 16;
    private const string Key = "0123456789abcdef0123456789abcdef";
    private readonly TempFolder _folder = new();
    private readonly byte[] _tokenizer = BpeTrainer.Train(["the parcel is late and lost, where is my money, the bill is wrong"], 300, ["<|im_start|>", "<|im_end|>"]);

    public IEngine Engine { get; } = engine ?? CpuEngine.Create(1);

    public string Result => _folder.Of("result");

    public Tokenizer Tokenizer => Tokenizer.Parse(_tokenizer);

    private IBlobStore Blobs => BlobStores.Open(_folder.Of("blobs"), TimeProvider.System);

    public void Dispose()
    {
        Engine.Dispose();
        _folder.Dispose();
    }

    public string Decoder()
    {
        var path = _folder.Of("decoder");
        using var decoder = Models.Decoder.Create(Engine, Tiny.Config with { VocabularySize = Tokenizer.VocabularySize, MaxPositions = 256 }, 3);
        ModelFolder.Save(path, decoder, _tokenizer, ChatTemplate.ChatMl, new GenerationConfig { EosTokenIds = [Tokenizer.IdOf("<|im_end|>")!.Value] });
        return path;
    }

    public string Encoder(EncoderKind kind, bool pooler = true)
    {
        var path = _folder.Of("encoder");
        var config = new EncoderConfig { Kind = kind, HiddenSize = 32, IntermediateSize = 64, Layers = 2, Heads = 4 };
        config = kind == EncoderKind.Vit ? config with { ImageSize = Side, PatchSize = 4, Channels = 3 } : config with { VocabularySize = Tokenizer.VocabularySize, MaxPositions = 64, TokenTypes = 2 };
        Directory.CreateDirectory(path);
        using var encoder = Models.Encoder.Create(Engine, config, 3);
        File.WriteAllBytes(Path.Combine(path, "config.json"), config.ToJson());
        SafetensorsWriter.Write(Path.Combine(path, "model.safetensors"), encoder.Sources(StoredType.F32).Where(source => pooler || !source.Name.Contains("pooler", StringComparison.Ordinal)));
        if (kind == EncoderKind.Bert)
            File.WriteAllBytes(Path.Combine(path, "tokenizer.json"), _tokenizer);
        return path;
    }

    /// <summary>Trains, writes and verifies; the result is in <see cref="Result"/>, unless the run was stopped before its end.</summary>
    public async Task<IReadOnlyList<StepMetrics>> RunAsync(string model, string yaml, IReadOnlyList<CanonicalRecord> records, IReadOnlyDictionary<Digest, byte[]>? images = null, int ranks = 1, Factories.RunParts? parts = null,
        RunControl? control = null, Func<TrainRun, TrainRun>? change = null)
    {
        var (recipe, pin) = (RecipeReader.Read(yaml, "tiny.yaml", parts), await SealAsync(records, images ?? new Dictionary<Digest, byte[]>()));
        using var task = JobTasks.Find(JobTasks.With([]), JobTasks.NameOf(recipe))(new(recipe, model, "registry://base:1"));
        var datasets = await LoadedDataset.ReadAsync(Blobs, [pin], recipe, default);
        task.Check(datasets);
        var data = await task.PrepareAsync(datasets, new(Blobs, [pin], TimeProvider.System), default);
        var run = new TrainRun { Recipe = recipe, Objective = task.Start(Engine, data), Train = data.Train, Parts = data.Parts, HeldOut = data.HeldOut };
        IDisposable? crew = null;
        Share(ref run, ref crew, ranks, other =>
        {
            var copy = JobTasks.Find(JobTasks.With([]), JobTasks.NameOf(recipe))(new(recipe, model, "registry://base:1"));
            copy.Check(datasets);
            return (copy.Start(other, copy.PrepareAsync(datasets, new(Blobs, [pin], TimeProvider.System), default).Result), copy);
        });
        using var end = crew;
        run = change?.Invoke(run) ?? run;
        var outcome = new Trainer(TimeProvider.System).Run(run, control ?? new RunControl(), Channel.CreateUnbounded<TrainEvent>().Writer);
        if (outcome is not TrainOutcome.Completed)
            return outcome.Log;
        Directory.CreateDirectory(Result);
        task.Write(Result, run);
        task.Verify(Result, run);
        return outcome.Log;
    }

    /// <summary>Lets other ranks take part in a run; where ranks cannot be made, nothing.</summary>
    partial void Share(ref TrainRun run, ref IDisposable? crew, int ranks, Func<IEngine, (IObjective Objective, IDisposable Owner)> make);

    /// <summary>An image of one of four shapes, in colours and places of its own: horizontal or vertical bar, square, cross.</summary>
    public static RgbImage Shape(int number, int shape)
    {
        var (pixels, key) = (new byte[3 * Side * Side], new RandomKey(17, 5, (uint)number));
        int Below(int element, int limit) => (int)Philox.Below(key, element, limit);
        byte[] ground = [(byte)Below(0, 60), (byte)Below(1, 60), (byte)Below(2, 60)], ink = [(byte)(200 + Below(3, 50)), (byte)(200 + Below(4, 50)), (byte)(200 + Below(5, 50))];
        var (left, top) = (1 + Below(6, 3), 1 + Below(7, 3));
        for (var y = 0; y < Side; y++)
            for (var x = 0; x < Side; x++)
            {
                var (dx, dy) = (x - left, y - top);
                var inside = dx is >= 0 and < 12 && dy is >= 0 and < 12;
                var drawn = inside && shape switch { 0 => dy is >= 4 and < 8, 1 => dx is >= 4 and < 8, 2 => true, _ => dx is >= 4 and < 8 || dy is >= 4 and < 8 };
                (drawn ? ink : ground).CopyTo(pixels, 3 * (y * Side + x));
            }
        return new(Side, Side, pixels);
    }

    /// <summary>A PNG file of it.</summary>
    public static byte[] Png(RgbImage image)
    {
        using var file = new MemoryStream();
        file.Write([0x89, (byte)'P', (byte)'N', (byte)'G', 13, 10, 26, 10]);
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, image.Width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), image.Height);
        (head[8], head[9]) = (8, 2);
        Chunk(file, "IHDR", head);
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
            for (var y = 0; y < image.Height; y++)
            {
                zlib.WriteByte(0);
                zlib.Write(image.Row(y));
            }
        Chunk(file, "IDAT", packed.ToArray());
        Chunk(file, "IEND", []);
        return file.ToArray();
    }

    private static void Chunk(MemoryStream file, string type, byte[] content)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. content];
        var number = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, content.Length);
        file.Write(number);
        file.Write(body);
        BinaryPrimitives.WriteUInt32BigEndian(number, Crc32.HashToUInt32(body));
        file.Write(number);
    }

    private async Task<DatasetPin> SealAsync(IReadOnlyList<CanonicalRecord> records, IReadOnlyDictionary<Digest, byte[]> images)
    {
        var name = ResourceName.Parse("data");
        var shard = await PutAsync(name, "records-00000.jsonl", Encoding.UTF8.GetBytes(string.Concat(records.Select(record => JsonSerializer.Serialize(record, Wire.Json) + "\n"))));
        var manifest = new DatasetManifest(1, name, Key, new Ledger(records.Count, records.Count, 0, 0, 0), [], [], [shard], Wire.ToElement(new { }));
        if (images.Count > 0)
        {
            var (places, at, all) = (new StringBuilder(), 0L, new MemoryStream());
            foreach (var (digest, bytes) in images)
            {
                places.Append(JsonSerializer.Serialize(new ImagePlace(digest, SealedImages.ShardName(0), at, bytes.Length), Wire.Json)).Append('\n');
                all.Write(bytes);
                at += bytes.Length;
            }
            manifest = manifest with { Images = [await PutAsync(name, SealedImages.ShardName(0), all.ToArray()), await PutAsync(name, SealedImages.IndexName, Encoding.UTF8.GetBytes(places.ToString()))] };
        }
        var sealing = await PutAsync(name, DatasetManifest.FileName, JsonSerializer.SerializeToUtf8Bytes(manifest, Wire.Json));
        return new(name, 1, Key, Digest.OfText("commit"), sealing.Sha256);
    }

    private async Task<FileEntry> PutAsync(ResourceName name, string file, byte[] bytes)
    {
        using var content = new MemoryStream(bytes);
        Assert.NotNull(await Blobs.CreateAsync(BlobLayout.Dataset(name, Key, file), content, default));
        return new(file, bytes.Length, Digest.Of(bytes));
    }
}
