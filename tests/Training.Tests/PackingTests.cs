using Temper.Tensors;
using Temper.Training.Planning;

namespace Temper.Training.Tests;

public sealed class PackingTests
{
    [Fact]
    public void The_longest_goes_first_and_each_into_the_fullest_block_with_room() =>
        Assert.Equal([[1, 4], [0, 2], [3]], Packing.Pack([5, 8, 4, 3, 2], 10));

    [Fact]
    public void Nothing_is_lost_nothing_is_doubled_and_no_block_overflows()
    {
        for (uint round = 0; round < 50; round++)
        {
            var lengths = Enumerable.Range(0, 200).Select(i => 1 + (int)Philox.Below(new RandomKey(round, 1), i, 64)).ToArray();
            var blocks = Packing.Pack(lengths, 64);
            Assert.Equal(Enumerable.Range(0, 200), blocks.SelectMany(b => b).Order());
            Assert.All(blocks, b => Assert.InRange(b.Sum(i => lengths[i]), 1, 64));
            Assert.True(blocks.Count <= 1.25 * lengths.Sum() / 64 + 1, $"{blocks.Count} blocks for {lengths.Sum()} tokens");
        }
    }

    [Fact]
    public void An_example_longer_than_a_block_is_refused() => Assert.Throws<ArgumentOutOfRangeException>(() => Packing.Pack([11], 10));

    [Fact]
    public void Every_epoch_visits_every_example_once_in_another_order()
    {
        var batches = new Batches(Tiny.Examples(23), Tiny.Recipe("data: {max_length: 64}\ntraining: {per_device_train_batch_size: 2, gradient_accumulation_steps: 3, num_train_epochs: 2}"));
        var epochs = Enumerable.Range(0, batches.Plan.TotalSteps).SelectMany(s => batches.Update(s).MicroBatches.SelectMany(m => m.Records)).Chunk(23).ToArray();
        Assert.Equal(2, epochs.Length);
        Assert.Equal(Tiny.Examples(23).Select(e => e.Record).Order(), epochs[0].Order());
        Assert.Equal(epochs[0].Order(), epochs[1].Order());
        Assert.NotEqual(epochs[0], epochs[1]);
        Assert.Equal(batches.Update(3).MicroBatches.SelectMany(m => m.Records), batches.Update(3).MicroBatches.SelectMany(m => m.Records));
    }
}
