using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Tensors;
using static Temper.Versioning.Tests.Samples;
using static Temper.Versioning.Tests.TensorDiffTests;

namespace Temper.Versioning.Tests;

public sealed class TensorMergeTests
{
    private static readonly (string Name, string Type, long[] Shape, byte[] Data)[] Base =
        [("a", "F32", [1], Floats(1)), ("b", "F32", [2], Floats(2, 3)), ("c", "BF16", [2], [1, 2, 3, 4])];

    [Fact]
    public async Task Each_tensor_is_taken_from_the_side_that_changed_it()
    {
        await using var store = await LocalStore.NewAsync();
        var merged = await MergeAsync(store, Safetensors(Base), Safetensors(With("a", Floats(9))), Safetensors(With("c", [5, 6, 7, 8])));
        Assert.Equal(Safetensors(("a", "F32", [1], Floats(9)), ("b", "F32", [2], Floats(2, 3)), ("c", "BF16", [2], [5, 6, 7, 8])), merged);
    }

    [Fact]
    public async Task What_was_added_and_removed_on_one_side_stays_so_and_the_file_is_valid()
    {
        await using var store = await LocalStore.NewAsync();
        byte[] ours = SafetensorsWith(new() { ["format"] = "pt", ["mine"] = "1" }, [Base[0], ("byte", "U8", [1], [1]), Base[1]]);
        byte[] theirs = SafetensorsWith(new() { ["format"] = "pt", ["theirs"] = "2" }, [.. Base, ("new", "F64", [1], BitConverter.GetBytes(0.5))]);
        var merged = await store.AddFileAsync(await MergeAsync(store, SafetensorsWith(new() { ["format"] = "pt" }, Base), ours, theirs));
        var table = await TensorTable.ReadAsync(store.Objects, merged, default);
        Assert.Equal(["new", "a", "b", "byte"], table.Tensors.Select(t => t.Name));
        Assert.Equal(["format", "mine", "theirs"], table.Metadata.Keys.Order());
        Assert.Equal(0.5, (await TensorStatistics.ReadAsync(store.Objects, table, table.Find("new")!, default)).Mean);
    }

    [Fact]
    public async Task A_tensor_that_both_changed_is_a_conflict_and_nothing_is_averaged()
    {
        await using var store = await LocalStore.NewAsync();
        var conflicts = await ConflictsAsync(store, SafetensorsWith(new() { ["step"] = "1" }, Base),
            SafetensorsWith(new() { ["step"] = "2" }, [("a", "F32", [1], Floats(5)), Base[1], ("x", "U8", [1], [1])]),
            SafetensorsWith(new() { ["step"] = "3" }, [("a", "F32", [1], Floats(7)), ("b", "F32", [1, 2], Floats(2, 3)), ("c", "BF16", [2], [0, 0, 0, 0]), ("x", "U8", [1], [2])]));
        Assert.Equal(["a", "b", "c", "x", "__metadata__/step"], conflicts.Select(c => c.Name).Order(Comparer<string>.Create((l, r) => (l[0] == '_', l).CompareTo((r[0] == '_', r)))));
        Assert.Equal("ours deleted it, theirs changed it", conflicts.Single(c => c.Name == "c").Reason);
    }

    [Fact]
    public async Task The_same_change_on_both_sides_is_no_conflict()
    {
        await using var store = await LocalStore.NewAsync();
        var both = Safetensors(With("a", Floats(4)));
        Assert.Equal(both, await MergeAsync(store, Safetensors(Base), both, both));
    }

    [Fact]
    public async Task A_file_that_is_none_is_not_merged()
    {
        await using var store = await LocalStore.NewAsync();
        var (text, model) = (await store.AddFileAsync("just a text"u8.ToArray()), await store.AddFileAsync(Safetensors(Base)));
        var broken = await store.AddFileAsync(Safetensors(Base)[..^1]);
        Assert.Null(await store.AddAsync(batch => TensorMerge.TryMergeAsync(store.Objects, model, model, text, batch, default)));
        Assert.Null(await store.AddAsync(batch => TensorMerge.TryMergeAsync(store.Objects, model, broken, model, batch, default)));
    }

    [Fact]
    public async Task Merging_random_edits_gives_what_each_side_said_from_either_side()
    {
        await using var store = await LocalStore.NewAsync();
        for (var seed = 0; seed < 60; seed++)
        {
            var random = new Random(seed);
            var names = Enumerable.Range(0, 12).Select(i => $"t{i}").ToList();
            var start = names.Take(8).ToDictionary(n => n, n => new byte[] { (byte)random.Next(4), 0 });
            Dictionary<string, byte[]> Edited(int side)
            {
                var edited = start.ToDictionary();
                foreach (var name in names.Where((_, i) => random.Next(3) == 0 && (seed % 3 == 0 || i % 2 == side)))
                    if (!edited.Remove(name) || random.Next(2) == 0)
                        edited[name] = [(byte)random.Next(4), 1];
                return edited;
            }
            var (ours, theirs) = (Edited(0), Edited(1));
            byte[]? Value(Dictionary<string, byte[]> of, string name) => of.GetValueOrDefault(name);
            static bool Same(byte[]? a, byte[]? b) => a is null ? b is null : b is not null && a.SequenceEqual(b);
            var clash = names.Where(n => !Same(Value(start, n), Value(ours, n)) && !Same(Value(start, n), Value(theirs, n)) && !Same(Value(ours, n), Value(theirs, n))).ToHashSet();
            foreach (var (left, right) in new[] { (ours, theirs), (theirs, ours) })
            {
                var result = await TryAsync(store, File(start), File(left), File(right));
                Assert.Equal(clash, result.Conflicts.Select(c => c.Name).ToHashSet());
                if (clash.Count > 0)
                    continue;
                var table = await TensorTable.ReadAsync(store.Objects, result.Merged!.Id, default);
                Assert.Equal(names.Where(n => (Same(Value(start, n), Value(ours, n)) ? Value(theirs, n) : Value(ours, n)) is not null).Order(), table.Tensors.Select(t => t.Name).Order());
                foreach (var row in table.Tensors)
                    Assert.Equal(Digest.Of(Same(Value(start, row.Name), Value(ours, row.Name)) ? theirs[row.Name] : ours[row.Name]), await table.DigestAsync(store.Objects, row, default));
            }
        }
    }

    private static byte[] File(Dictionary<string, byte[]> tensors) => Safetensors([.. tensors.Select(t => (t.Key, "U8", (long[])[2], t.Value))]);

    private static (string, string, long[], byte[])[] With(string name, byte[] data) => [.. Base.Select(t => t.Name == name ? t with { Data = data } : t)];

    private static async Task<TensorMergeResult> TryAsync(LocalStore store, byte[] @base, byte[] ours, byte[] theirs)
    {
        var files = (await store.AddFileAsync(@base), await store.AddFileAsync(ours), await store.AddFileAsync(theirs));
        return (await store.AddAsync(batch => TensorMerge.TryMergeAsync(store.Objects, files.Item1, files.Item2, files.Item3, batch, default)))!;
    }

    private static async Task<byte[]> MergeAsync(LocalStore store, byte[] @base, byte[] ours, byte[] theirs)
    {
        var result = await TryAsync(store, @base, ours, theirs);
        Assert.Empty(result.Conflicts);
        return await store.ReadAsync(result.Merged!.Id);
    }

    private static async Task<IReadOnlyList<TensorConflict>> ConflictsAsync(LocalStore store, byte[] @base, byte[] ours, byte[] theirs)
    {
        var result = await TryAsync(store, @base, ours, theirs);
        Assert.Null(result.Merged);
        return result.Conflicts;
    }
}
