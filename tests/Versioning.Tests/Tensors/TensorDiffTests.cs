using System.Runtime.InteropServices;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Tensors;
using static Temper.Versioning.Tests.Samples;

namespace Temper.Versioning.Tests;

public sealed class TensorDiffTests
{
    [Fact]
    public async Task A_table_lists_what_the_header_says()
    {
        await using var store = await LocalStore.NewAsync();
        var file = await store.AddFileAsync(SafetensorsWith(new() { ["format"] = "pt" }, ("b", "F32", [2, 3], Floats(1, 2, 3, 4, 5, 6)), ("a", "U8", [], [7])), "m.safetensors");
        var table = await TensorTable.ReadAsync(store.Objects, file, default);
        Assert.Equal(["b", "a"], table.Tensors.Select(t => t.Name));
        Assert.Equal(("pt", 6, 24), (table.Metadata["format"], table.Find("b")!.Count, table.Find("b")!.Length));
        Assert.Equal(Digest.Of([7]), await table.DigestAsync(store.Objects, table.Find("a")!, default));
        Assert.True(await TensorTable.IsTableAsync(store.Objects, file, default));
        var text = await store.AddFileAsync("not one, but long enough"u8.ToArray());
        Assert.False(await TensorTable.IsTableAsync(store.Objects, text, default));
        Assert.Equal("safetensors_header_invalid", (await Assert.ThrowsAsync<TemperException>(() => TensorTable.ReadAsync(store.Objects, text, default))).Code);
    }

    [Fact]
    public async Task Every_kind_of_change_is_named_and_the_rest_is_not()
    {
        await using var store = await LocalStore.NewAsync();
        var old = await store.AddFileAsync(SafetensorsWith(new() { ["step"] = "1", ["format"] = "pt" },
            ("kept", "F32", [1], Floats(1)), ("moved", "F32", [4], Floats(3, 4, 0, 0)), ("gone", "I64", [1], new byte[8]), ("form", "F32", [2], new byte[8])));
        var @new = await store.AddFileAsync(SafetensorsWith(new() { ["step"] = "2", ["format"] = "pt" },
            ("moved", "F32", [4], Floats(3, 4, 0, 5)), ("kept", "F32", [1], Floats(1)), ("form", "F32", [1, 2], new byte[8]), ("more", "BOOL", [3], new byte[3])));
        var found = await TensorDiff.CompareAsync(store.Objects, old, @new, default);
        Assert.Equal(["R form", "D gone", "A more", "M moved"], found.Changes.Select(c => $"{c.Letter} {c.Name}"));
        Assert.Equal((1, true), (found.Unchanged, found.IsReordered));
        Assert.Equal(["step"], found.Metadata);
        var moved = found.Changes[3].Moved!;
        Assert.Equal((4, 1, 5.0, 1.25, 1.0), (moved.Elements, moved.Changed, moved.MaxAbs, moved.MeanAbs, moved.RelativeL2));
        Assert.Equal(5 / Math.Sqrt(50), moved.Cosine!.Value, 1e-15);
        Assert.True((await TensorDiff.CompareAsync(store.Objects, old, old, default)).IsEmpty);
        Assert.Equal(4, (await TensorDiff.CompareAsync(store.Objects, null, @new, default)).Changes.Count(c => c.Letter == 'A'));
    }

    [Theory]
    [InlineData("F64", 8)]
    [InlineData("F32", 4)]
    [InlineData("BF16", 2)]
    [InlineData("F16", 2)]
    [InlineData("I64", 8)]
    [InlineData("I32", 4)]
    [InlineData("I8", 1)]
    [InlineData("U8", 1)]
    [InlineData("BOOL", 1)]
    public async Task Figures_are_those_of_the_formulas_for_every_type(string type, int size)
    {
        await using var store = await LocalStore.NewAsync();
        const int Count = 300_001;
        var random = new Random(size * 7 + type.Length);
        byte[] a = new byte[Count * size], b = new byte[Count * size];
        for (var i = 0; i < Count; i++)
        {
            Encode(type, random.NextDouble() * 8 - 4, a, i);
            if (random.Next(4) == 0)
                Encode(type, random.NextDouble() * 8 - 4, b, i);
            else
                a.AsSpan(i * size, size).CopyTo(b.AsSpan(i * size));
        }
        var (old, @new) = (await store.AddFileAsync(Safetensors(("w", type, [Count], a))), await store.AddFileAsync(Safetensors(("w", type, [Count], b))));
        var moved = Assert.Single((await TensorDiff.CompareAsync(store.Objects, old, @new, default)).Changes).Moved!;
        decimal absolute = 0, squared = 0, oldSquared = 0, newSquared = 0, product = 0;
        double max = 0;
        long changed = 0;
        for (var i = 0; i < Count; i++)
        {
            var (x, y) = (Decode(type, a, i), Decode(type, b, i));
            var delta = y - x;
            changed += a.AsSpan(i * size, size).SequenceEqual(b.AsSpan(i * size, size)) ? 0 : 1;
            max = Math.Max(max, Math.Abs(delta));
            absolute += (decimal)Math.Abs(delta);
            squared += (decimal)(delta * delta);
            oldSquared += (decimal)(x * x);
            newSquared += (decimal)(y * y);
            product += (decimal)(x * y);
        }
        Assert.Equal((Count, changed, max), (moved.Elements, moved.Changed, moved.MaxAbs!.Value));
        Close((double)absolute / Count, moved.MeanAbs);
        Close(Math.Sqrt((double)squared / (double)oldSquared), moved.RelativeL2);
        Close((double)product / Math.Sqrt((double)oldSquared) / Math.Sqrt((double)newSquared), moved.Cosine);
        var table = await TensorTable.ReadAsync(store.Objects, old, default);
        var statistics = await TensorStatistics.ReadAsync(store.Objects, table, table.Tensors[0], default);
        Close(Math.Sqrt((double)oldSquared / Count), Math.Sqrt(Math.Pow(statistics.Deviation!.Value, 2) + Math.Pow(statistics.Mean!.Value, 2)));
    }

    [Fact]
    public async Task What_is_not_finite_is_counted_and_left_out()
    {
        await using var store = await LocalStore.NewAsync();
        var old = await store.AddFileAsync(Safetensors(("w", "F32", [6], Floats(1, float.NaN, 3, float.PositiveInfinity, 5, 0))));
        var @new = await store.AddFileAsync(Safetensors(("w", "F32", [6], Floats(2, float.NaN, float.NaN, 4, float.NegativeInfinity, 0))));
        var moved = Assert.Single((await TensorDiff.CompareAsync(store.Objects, old, @new, default)).Changes).Moved!;
        Assert.Equal((1, 2, 1, 1), (moved.OldNan, moved.NewNan, moved.OldInfinite, moved.NewInfinite));
        Assert.Equal((4, 1.0, 0.5, 1.0), (moved.Changed, moved.MaxAbs, moved.MeanAbs, moved.Cosine));
        var huge = await store.AddFileAsync(Safetensors(("w", "F64", [1], BitConverter.GetBytes(1e300))));
        var tiny = await store.AddFileAsync(Safetensors(("w", "F64", [1], BitConverter.GetBytes(-1e300))));
        moved = Assert.Single((await TensorDiff.CompareAsync(store.Objects, huge, tiny, default)).Changes).Moved!;
        Assert.Equal((2e300, null), (moved.MaxAbs, moved.RelativeL2));
    }

    [Fact]
    public async Task Minus_zero_and_large_whole_numbers_count_as_changes()
    {
        await using var store = await LocalStore.NewAsync();
        var old = await store.AddFileAsync(Safetensors(("z", "F32", [1], Floats(0f)), ("n", "I64", [1], BitConverter.GetBytes(1L << 60))));
        var @new = await store.AddFileAsync(Safetensors(("z", "F32", [1], Floats(-0f)), ("n", "I64", [1], BitConverter.GetBytes((1L << 60) + 1))));
        var found = await TensorDiff.CompareAsync(store.Objects, old, @new, default);
        Assert.All(found.Changes, c => Assert.Equal((1, 0.0), (c.Moved!.Changed, c.Moved.MaxAbs)));
        Assert.Equal(2, found.Changes.Count);
    }

    [Fact]
    public async Task Equal_chunks_give_the_figures_of_reading_everything_and_are_read_once()
    {
        await using var store = await LocalStore.NewAsync();
        var (a, b) = (new byte[3 << 20], new byte[3 << 20]);
        var random = new Random(3);
        for (var i = 0; i < a.Length / 2; i++)
            Encode("BF16", random.NextDouble() - 0.5, a, i);
        a.CopyTo(b, 0);
        Encode("BF16", 9, b, 700_000);
        var (old, @new) = (await store.AddFileAsync(Safetensors(("w", "BF16", [a.Length / 2], a))), await store.AddFileAsync(Safetensors(("w", "BF16", [b.Length / 2], b))));
        var whole = Assert.Single((await TensorDiff.CompareAsync(store.Objects, old, @new, default)).Changes).Moved;

        var cut = new CutStore(store.Objects);
        var changed = await TensorDiff.CompareAsync(cut, old, @new, default);
        Assert.Equal(whole, Assert.Single(changed.Changes).Moved);
        Assert.InRange(cut.BytesRead, 1, a.Length + (512 << 10) + 10_000);

        cut = new(store.Objects);
        Assert.True((await TensorDiff.CompareAsync(cut, old, await store.AddFileAsync(SafetensorsWith(new() { ["x"] = "y" }, ("w", "BF16", [a.Length / 2], a))), default)).Changes.Count == 0);
        Assert.InRange(cut.BytesRead, 1, 10_000);
    }

    [Fact]
    public async Task Empty_tensors_and_files_without_any_are_fine()
    {
        await using var store = await LocalStore.NewAsync();
        var none = await store.AddFileAsync(Safetensors());
        var empty = await store.AddFileAsync(Safetensors(("e", "F32", [0, 4], [])));
        Assert.True((await TensorDiff.CompareAsync(store.Objects, empty, empty, default)).IsEmpty);
        Assert.Equal("A", Assert.Single((await TensorDiff.CompareAsync(store.Objects, none, empty, default)).Changes).Letter.ToString());
    }

    internal static byte[] Floats(params float[] values) => MemoryMarshal.AsBytes(values.AsSpan()).ToArray();

    private static void Close(double expected, double? actual) => Assert.InRange(actual!.Value, expected - Math.Abs(expected) * 1e-11 - 1e-300, expected + Math.Abs(expected) * 1e-11 + 1e-300);

    private static void Encode(string type, double value, byte[] to, int i)
    {
        var bytes = type switch
        {
            "F64" => BitConverter.GetBytes(value),
            "F32" => BitConverter.GetBytes((float)value),
            "BF16" => BitConverter.GetBytes((float)value)[2..],
            "F16" => BitConverter.GetBytes((Half)value),
            "I64" => BitConverter.GetBytes((long)(value * 100)),
            "I32" => BitConverter.GetBytes((int)(value * 100)),
            "I8" => [(byte)(sbyte)(value * 10)],
            "U8" => [(byte)(Math.Abs(value) * 10)],
            _ => [(byte)(value > 0 ? 1 : 0)],
        };
        bytes.CopyTo(to, i * bytes.Length);
    }

    private static double Decode(string type, byte[] from, int i) => type switch
    {
        "F64" => BitConverter.ToDouble(from, i * 8),
        "F32" => BitConverter.ToSingle(from, i * 4),
        "BF16" => BitConverter.ToSingle([0, 0, from[2 * i], from[2 * i + 1]]),
        "F16" => (double)BitConverter.ToHalf(from, i * 2),
        "I64" => BitConverter.ToInt64(from, i * 8),
        "I32" => BitConverter.ToInt32(from, i * 4),
        "I8" => (sbyte)from[i],
        _ => from[i],
    };
}
