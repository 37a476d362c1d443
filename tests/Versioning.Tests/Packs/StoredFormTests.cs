using System.Runtime.InteropServices;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Tests;

public sealed class StoredFormTests
{
    private static readonly Digest Base = Digest.OfText("base");

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(4095)]
    [InlineData(524_288)]
    public void Byte_planes_give_back_what_was_taken_apart(int size)
    {
        foreach (var width in (int[])[1, 2, 4, 8])
            foreach (var body in (byte[][])[Weights(size), Random(size), new byte[size]])
            {
                var coded = BytePlanes.Encode(body, width).ToArray();
                Assert.Equal(body, BytePlanes.Decode(coded, width, size));
                Assert.Null(BytePlanes.Decode((byte[])[.. coded, 0], width, size));
                if (size > 0)
                    Assert.Null(BytePlanes.Decode(coded.AsMemory(0, coded.Length - 1), width, size));
            }
    }

    [Fact]
    public void Bits_that_did_not_change_cost_next_to_nothing()
    {
        var before = Weights(524_288);
        // Updates of a thousandth of the weights' scale, as a full fine-tune makes them.
        var after = Tuned(before, 1e-3f);
        var stored = PackForms.EncodeDifference(after, 2, Base, (byte[])before.Clone())!.Value;
        Assert.InRange(stored.Bytes.Length / 524_288.0, 0, 0.15);
        Assert.Equal(after, PackForms.Decode(PackForm.Difference, stored.Bytes.ToArray(), after.Length, before));
        Assert.Null(PackForms.Decode(PackForm.Difference, stored.Bytes.ToArray(), after.Length, before[..^1]));
        Assert.Null(PackForms.EncodeDifference(Random(524_288), 2, Base, before));
    }

    [Fact]
    public void Byte_planes_are_kept_where_they_pay()
    {
        var weights = Weights(524_288);
        var stored = PackForms.EncodePlanes(weights, 2);
        Assert.Equal(PackForm.Planes2, stored.Form);
        Assert.InRange(stored.Bytes.Length / 524_288.0, 0.6, 0.72);
        Assert.Equal(weights, PackForms.Decode(PackForm.Planes2, stored.Bytes.ToArray(), weights.Length));
        Assert.Equal(PackForm.Raw, PackForms.EncodePlanes(Random(524_288), 2).Form);
        var floats = MemoryMarshal.AsBytes<float>([.. Enumerable.Range(0, 100_000).Select(i => MathF.Sin(i) * 0.02f)]).ToArray();
        var wide = PackForms.EncodePlanes(floats, 4);
        Assert.Equal(PackForm.Planes4, wide.Form);
        Assert.Equal(floats, PackForms.Decode(PackForm.Planes4, wide.Bytes.ToArray(), floats.Length));
    }

    [Fact]
    public void Weights_are_kept_as_they_are_and_empty_tensors_are_not()
    {
        Assert.Equal(PackForm.Raw, PackForms.Encode(ObjectKind.Chunk, Weights(524_288), isTensor: true).Form);
        Assert.Equal(PackForm.Raw, PackForms.Encode(ObjectKind.Chunk, Random(524_288)).Form);
        Assert.InRange(PackForms.Encode(ObjectKind.Chunk, new byte[524_288], isTensor: true).Bytes.Length, 1, 6_000);
    }

    [Fact]
    public void Damaged_planes_are_refused_and_never_too_long()
    {
        var body = Tuned(Weights(20_000), 1);
        var coded = BytePlanes.Encode(body, 2).ToArray();
        var random = new Random(3);
        for (var i = 0; i < 2_000; i++)
        {
            var damaged = (byte[])coded.Clone();
            damaged[random.Next(damaged.Length)] ^= (byte)(1 << random.Next(8));
            Assert.True(BytePlanes.Decode(damaged, 2, body.Length) is null or { Length: 20_000 });
        }
    }

    [Fact]
    public void Stored_forms_are_the_bytes_of_the_specification()
    {
        byte[] body = [1, 0x3f, 2, 0x3f, 3, 0x3f, 0], planes = [0, 3, 0, 0, 0, 1, 2, 3, 0, 3, 0, 0, 0, 0x3f, 0x3f, 0x3f, 2, 0, 0, 0, 0];
        Assert.Equal(body, PackForms.Decode(PackForm.Planes2, planes, 7));
        byte[] from = [0, 1, 0xfe, 1], object4 = [0, 1, 0xff, 1];
        byte[] difference = [.. Convert.FromHexString("992e5aceb23ab5831f5bf6f3335e204497eebe744a638cf0c8bf9d21acd8f98b"), 2, 0, 2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0];
        Assert.Equal(object4, PackForms.Decode(PackForm.Difference, difference, 4, from));
        Assert.Equal(Digest.Of(from), PackForms.BaseOf(difference, new(Digest.Of(object4), ObjectKind.Chunk, PackFormat.HeaderSize, difference.Length, 4, PackForm.Difference), Digest.Of(from)));
    }

    internal static byte[] Weights(int size, int seed = 0)
    {
        var random = new Random(size + seed);
        var weights = new byte[size];
        foreach (ref var weight in MemoryMarshal.Cast<byte, ushort>(weights.AsSpan(0, size & ~1)))
            weight = Bf16(0.02f * Gauss(random));
        return weights;
    }

    internal static byte[] Tuned(byte[] weights, float scale)
    {
        var (random, tuned) = (new Random(9), (byte[])weights.Clone());
        foreach (ref var weight in MemoryMarshal.Cast<byte, ushort>(tuned.AsSpan()))
            weight = Bf16(BitConverter.UInt32BitsToSingle((uint)weight << 16) + 0.02f * scale * Gauss(random));
        return tuned;
    }

    private static ushort Bf16(float value)
    {
        var bits = BitConverter.SingleToUInt32Bits(value);
        return (ushort)((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
    }

    private static float Gauss(Random random) => MathF.Sqrt(-2 * MathF.Log(1 - random.NextSingle())) * MathF.Cos(2 * MathF.PI * random.NextSingle());

    private static byte[] Random(int size)
    {
        var bytes = new byte[size];
        new Random(size).NextBytes(bytes);
        return bytes;
    }
}
