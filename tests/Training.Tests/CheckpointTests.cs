using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Checkpoints;

namespace Temper.Training.Tests;

public sealed class CheckpointTests : IDisposable
{
    private const string Settings = "data: {max_length: 64}\nlora: {r: 2}\ntraining: {learning_rate: 1e-2, max_steps: 6, save_strategy: steps, save_steps: 1, save_total_limit: ";
    private readonly TempFolder _folder = new();

    [Fact]
    public void A_damaged_checkpoint_is_told_and_skipped_and_the_one_before_it_leads_to_the_same_bits()
    {
        var recipe = Tiny.Recipe(Settings + "6}");
        var straight = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1));
        for (var round = 0; round < 50; round++)
        {
            using var copy = new TempFolder();
            CopyAll(_folder.Of("blobs"), copy.Of("blobs"));
            var damaged = Damage(copy.Of("blobs"), round);
            var resumed = Tiny.Train(recipe, 1, Tiny.Store(copy.Path, 2));
            var from = resumed.Events.OfType<TrainEvent.Planned>().Single().FirstStep;
            Assert.True(from == 5, $"after damage to {damaged} the run went on from step {from}");
            Assert.Equal(straight.Weights, resumed.Weights);
            Assert.Equal(straight.Log, resumed.Log);
        }
    }

    [Fact]
    public void When_every_checkpoint_is_damaged_the_run_begins_anew()
    {
        var recipe = Tiny.Recipe(Settings + "2}");
        var straight = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 1));
        foreach (var seal in Directory.EnumerateFiles(_folder.Of("blobs"), "*", SearchOption.AllDirectories))
            File.WriteAllBytes(seal, [1, 2, 3]);
        var resumed = Tiny.Train(recipe, 1, Tiny.Store(_folder.Path, 2));
        Assert.Equal(0, resumed.Events.OfType<TrainEvent.Planned>().Single().FirstStep);
        Assert.Equal(straight.Weights, resumed.Weights);
    }

    [Fact]
    public async Task Only_so_many_checkpoints_stay_and_the_newest_is_among_them()
    {
        Tiny.Train(Tiny.Recipe(Settings + "2}"), 1, Tiny.Store(_folder.Path, 1));
        Assert.Equal([6, 5], (await Tiny.Store(_folder.Path, 9).ListAsync(default)).Select(c => c.Step));
        Tiny.Train(Tiny.Recipe(Settings.Replace("max_steps: 6", "max_steps: 8", StringComparison.Ordinal) + "3}"), 1, Tiny.Store(_folder.Path, 2));
        Assert.Equal([8, 7, 6], (await Tiny.Store(_folder.Path, 9).ListAsync(default)).Select(c => c.Step));
        Assert.False(Directory.Exists(_folder.Of("scratch-1")) && Directory.EnumerateFileSystemEntries(_folder.Of("scratch-1")).Any());
    }

    [Fact]
    public async Task A_checkpoint_without_its_last_file_does_not_exist()
    {
        var store = Tiny.Store(_folder.Path, 1);
        Func<Stream> Content(string text) => () => new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text));
        await store.WriteAsync(1, [("a", Content("one")), ("b", Content("two"))], default);
        await Assert.ThrowsAsync<IOException>(() => store.WriteAsync(2, [("a", Content("one")), ("b", () => throw new IOException("killed"))], default));
        Assert.Equal([1], (await store.ListAsync(default)).Select(c => c.Step));
        await store.WriteAsync(2, [("a", Content("1")), ("b", Content("2"))], default);
        Assert.Equal([2, 1], (await store.ListAsync(default)).Select(c => c.Step));
        await store.ReadAsync((await store.ListAsync(default))[0], _folder.Of("read"), default);
        Assert.Equal("2", await File.ReadAllTextAsync(_folder.Of("read", "b")));
    }

    public void Dispose() => _folder.Dispose();

    /// <summary>Cuts a file of the newest checkpoint at a random byte, changes one of its bytes, or removes it.</summary>
    private static string Damage(string blobs, int round)
    {
        var key = new RandomKey(77, 1, (uint)round);
        var files = Directory.EnumerateFiles(blobs, "*", SearchOption.AllDirectories).Where(f => f.Contains("step-6", StringComparison.Ordinal)).Order(StringComparer.Ordinal).ToArray();
        var file = files[(int)Philox.Below(key, 0, files.Length)];
        var bytes = File.ReadAllBytes(file);
        var at = (int)Philox.Below(key, 1, bytes.Length);
        switch (Philox.Below(key, 2, 3))
        {
            case 0:
                File.WriteAllBytes(file, bytes[..at]);
                break;
            case 1:
                bytes[at] ^= 0x41;
                File.WriteAllBytes(file, bytes);
                break;
            default:
                File.Delete(file);
                break;
        }
        return $"{Path.GetFileName(file)} at {at}";
    }

    private static void CopyAll(string from, string to)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var target = Path.Combine(to, Path.GetRelativePath(from, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
