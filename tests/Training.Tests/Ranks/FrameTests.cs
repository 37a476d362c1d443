using System.Buffers.Binary;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Planning;
using Temper.Training.Ranks;

namespace Temper.Training.Tests.Ranks;

/// <summary>Messages between the processes of one job, also when they are not what they say.</summary>
public sealed class FrameTests
{
    [Fact]
    public void A_message_arrives_as_it_was_sent_and_the_end_of_the_pipe_is_told()
    {
        var sent = Sent(writer =>
        {
            writer.Write(FrameKind.Replica, new byte[3], new byte[32], flush: false);
            writer.Write(FrameKind.Micro, new byte[5 << 20]);
        });
        var reader = new FrameReader(new BufferedStream(new MemoryStream(sent)));
        using var first = reader.Read()!;
        using var second = reader.Read()!;
        Assert.Equal((FrameKind.Replica, 35, FrameKind.Micro, 5 << 20), (first.Kind, first.Body.Length, second.Kind, second.Body.Length));
        Assert.Null(reader.Read());
    }

    [Fact]
    public void A_byte_that_was_changed_anywhere_is_never_taken()
    {
        var sent = Sent(writer => writer.Write(FrameKind.Slope, [1, 2, 3, 4, 5, 6, 7, 8, 9]));
        for (var at = 0; at < sent.Length; at++)
            for (var bit = 0; bit < 8; bit++)
            {
                var changed = sent.ToArray();
                changed[at] ^= (byte)(1 << bit);
                var reader = new FrameReader(new BufferedStream(new MemoryStream(changed)));
                // Another kind of the same bytes is the one thing that the checksum of a body cannot see; whoever reads it finds it out of place.
                if (at is 4 && Record.Exception(() => reader.Read()?.Dispose()) is null)
                    continue;
                Assert.True(Record.Exception(() => new FrameReader(new BufferedStream(new MemoryStream(changed))).Read()) is InvalidDataException or EndOfStreamException, $"byte {at}, bit {bit}");
            }
    }

    [Theory]
    [InlineData((byte)6, 1 << 30)]
    [InlineData((byte)1, int.MaxValue)]
    [InlineData((byte)4, -1)]
    [InlineData((byte)4, int.MaxValue)]
    public void A_length_beyond_its_kind_is_refused_before_any_memory_is_taken(byte kind, int length)
    {
        var head = new byte[FrameHead.Size];
        new FrameHead((FrameKind)kind, length, 0).Write(head);
        Assert.Throws<InvalidDataException>(() => new FrameReader(new BufferedStream(new MemoryStream(head))).Read());
    }

    [Fact]
    public void Memory_grows_with_the_bytes_that_arrive_not_with_the_length_that_is_promised()
    {
        var head = new byte[FrameHead.Size + 100];
        new FrameHead(FrameKind.Micro, 1 << 30, 0).Write(head);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Throws<EndOfStreamException>(() => new FrameReader(new BufferedStream(new MemoryStream(head))).Read());
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20);
    }

    [Fact]
    public void A_micro_batch_is_the_same_on_the_other_side()
    {
        var micro = new MicroBatch(3, new PackedBatch([7, 8, 9, 10], [3, 1]) { Supervised = [false, true, true, false] }, [Digest.OfText("a"), Digest.OfText("b")], 2) { Classes = [1, 0], Pixels = [0.5f, -1f] };
        var read = MicroFrame.Read(new MicroFrame(new(5, 6, 3), 1, 4, 0.25, micro).ToBytes());
        Assert.Equal((5UL, 6, 3, 1, 4, 0.25), (read.Pass.Seed, read.Pass.Step, read.Pass.Micro, read.Place, read.Count, read.Scale));
        Assert.Equal((micro.Index, micro.Units), (read.Micro.Index, read.Micro.Units));
        Assert.Equal(micro.Batch.Tokens, read.Micro.Batch.Tokens);
        Assert.Equal(micro.Batch.Lengths, read.Micro.Batch.Lengths);
        Assert.Equal(micro.Batch.Supervised, read.Micro.Batch.Supervised);
        Assert.Equal(micro.Records, read.Micro.Records);
        Assert.Equal(micro.Classes, read.Micro.Classes);
        Assert.Equal(micro.Pixels, read.Micro.Pixels);
    }

    [Fact]
    public void Random_bytes_are_never_a_micro_batch_nor_an_answer()
    {
        var good = new MicroFrame(new(5, 6, 3), 1, 4, 0.25, new MicroBatch(3, new PackedBatch([7, 8], [2]), [Digest.OfText("a")], 2)).ToBytes();
        for (var i = 0; i < 2000; i++)
        {
            var key = new RandomKey(3, 4, (uint)i);
            var bytes = good[..(int)Philox.Below(key, 0, good.Length)];
            if (bytes.Length > 60)
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(45 + (int)Philox.Below(key, 1, 8)), (int)Philox.Below(key, 2, int.MaxValue));
            Assert.Throws<InvalidDataException>(() => MicroFrame.Read(bytes));
            Assert.Throws<InvalidDataException>(() => LossFrame.Read(bytes.AsSpan(0, Math.Min(bytes.Length, 39))));
        }
    }

    [Fact]
    public void Gradients_are_handed_on_from_the_last_block_to_the_first_and_a_table_that_is_the_output_waits_for_the_end()
    {
        using var engine = CpuEngine.Create(1);
        NamedTensor[] Of(params string[] names) => [.. names.Select(name => new NamedTensor(name, engine.Empty(DType.F32, 1)))];
        var adapter = new GradientOrder(Of("base_model.model.model.layers.0.a.lora_A.weight", "base_model.model.model.layers.1.a.lora_A.weight", "base_model.model.model.layers.0.a.lora_B.weight", "base_model.model.score.weight"));
        Assert.Equal([int.MaxValue, 1, 0], adapter.Blocks);
        Assert.Equal([[3], [1], [0, 2]], adapter.Groups);
        Assert.Equal((1, 2, 3, false), (adapter.DoneAbove(2), adapter.DoneAbove(1), adapter.DoneAbove(0), adapter.Whole));
        Assert.True(new GradientOrder(Of("model.embed_tokens.weight", "model.layers.0.x.weight", "model.norm.weight")).Whole);
        Assert.False(new GradientOrder(Of("model.embed_tokens.weight", "model.layers.0.x.weight", "lm_head.weight")).Whole);
        Assert.False(new GradientOrder(Of("embeddings.word_embeddings.weight", "encoder.layer.0.x.weight", "classifier.weight")).Whole);
    }

    private static byte[] Sent(Action<FrameWriter> write)
    {
        using var target = new MemoryStream();
        write(new(target));
        return target.ToArray();
    }
}
