using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Planning;

namespace Temper.Training.Sampling;

/// <summary>
/// Walks through the global order of a mix, one batch at a time. What step k holds is a function of the mix and k alone; the walker's counters (a few
/// numbers a bucket) are that function's short cut and its <see cref="State"/>. Allocates nothing per draw. Not safe for several threads.
/// </summary>
public sealed partial class Sampler
{
    private readonly MixTables _mix;
    private readonly long[] _taken;
    private readonly long[] _left;
    private readonly ulong[] _weight;
    private readonly KeyedPermutation[] _order;
    private readonly long[] _orderOf;
    private ulong _total;
    private long _draw;
    private int _step, _epoch, _turn, _empty;

    /// <summary>Stands before the first step.</summary>
    /// <exception cref="TemperException"><c>mix_invalid</c>: every problem of the mix.</exception>
    public Sampler(Mix mix)
    {
        MixChecks.Check(mix);
        _mix = new(mix);
        (_taken, _orderOf, _order) = (new long[_mix.Buckets], new long[_mix.Buckets], new KeyedPermutation[_mix.Buckets]);
        (_left, _weight) = (new long[mix.Datasets.Count], new ulong[mix.Datasets.Count]);
        Array.Fill(_orderOf, -1);
        Count();
    }

    /// <summary>What is walked through.</summary>
    public Mix Mix => _mix.Mix;

    /// <summary>Optimizer steps done.</summary>
    public int Step => _step;

    /// <summary>0-based epoch of the last step.</summary>
    public int Epoch => _epoch;

    /// <summary>Items left out because they did not fill a batch, because their dataset's window closed or another dataset ended the epoch, since this walker began.</summary>
    public long LeftOut { get; private set; }

    /// <summary>Items seen once more to fill batches up, since this walker began.</summary>
    public long Padded { get; private set; }

    /// <summary>Whether the epoch has nothing more to give to the next step, and nothing that waits for a later one.</summary>
    public bool EpochOver => Weigh() ? DropsTheRest() : Waiting() < 0;

    /// <summary>Items of dataset <paramref name="d"/> that this epoch still grants.</summary>
    public long LeftOf(int d)
    {
        var left = 0L;
        for (var f = _mix.FirstBucket[d]; f < _mix.FirstBucket[d + 1]; f++)
            left += Available(d, f);
        return left;
    }

    /// <summary>Share of what the epochs up to this one granted that was seen, without the epochs before; what is carried over counts as seen. 1 where an epoch ends.</summary>
    public double Coverage
    {
        get
        {
            var (before, granted, taken) = (0L, 0L, 0L);
            for (var d = 0; d < _left.Length; d++)
                for (var f = _mix.FirstBucket[d]; f < _mix.FirstBucket[d + 1] && _mix.Unit[d] > 0; f++)
                {
                    before += _mix.Granted(d, f, _epoch);
                    granted += _mix.Granted(d, f, _epoch + 1L);
                    taken += _taken[f] + (Carries && EpochOver ? Available(d, f) : 0);
                }
            return granted == before ? 1 : (taken - before) / (double)(granted - before);
        }
    }

    /// <summary>The share of the next step's draws that each dataset is asked to have; enters the next epoch where the last one is over.</summary>
    /// <exception cref="TemperException">As <see cref="Next"/>.</exception>
    public void Shares(Span<double> shares)
    {
        while (!Weigh())
            NextEpoch();
        var first = Array.FindIndex(_weight, w => w > 0);
        for (var d = 0; d < shares.Length; d++)
            shares[d] = Mix.Strategy == MixStrategy.Sequential ? (d == first ? 1 : 0) : _weight[d] / (double)_total;
    }

    /// <summary>Fills <paramref name="batch"/> with the next step's items.</summary>
    /// <exception cref="TemperException"><c>schedule_gap</c>: no dataset is active.</exception>
    public void Next(GlobalBatch batch) => Advance(batch);

    /// <summary>Passes over the next step without working out its items.</summary>
    /// <exception cref="TemperException">As <see cref="Next"/>.</exception>
    public void Skip() => Advance(null);

    /// <summary>Goes to where <paramref name="steps"/> steps are done: at once for a plain mix, else by walking.</summary>
    public void MoveTo(int steps)
    {
        if (Mix.Plain)
        {
            var (perEpoch, items) = ((Mix.Datasets[0].PerEpoch + Mix.Batch - 1) / Mix.Batch, Mix.Datasets[0].PerEpoch);
            (_step, _epoch) = (steps, (int)(Math.Max(0, steps - 1L) / perEpoch));
            _taken[0] = _draw = _epoch * items + Math.Min(items, (steps - _epoch * perEpoch) * Mix.Batch);
            Count();
            return;
        }
        if (steps < _step)
            Reset();
        while (_step < steps)
            Skip();
    }

    private void Advance(GlobalBatch? batch)
    {
        for (var complete = false; !complete;)
        {
            while (!Weigh())
                NextEpoch();
            if (batch is not null)
                (batch.Step, batch.Epoch, batch.Count) = (_step, _epoch, 0);
            var count = _mix.Bucketed ? TakeBucket(batch) : TakeItems(batch);
            complete = _mix.Bucketed || count == Mix.Batch || _mix.Rest != Remainder.Drop;
            LeftOut += complete ? 0 : count;
        }
        _empty = 0;
        _step++;
    }

    private int TakeItems(GlobalBatch? batch)
    {
        var count = 0;
        for (; count < Mix.Batch && _total > 0; count++)
        {
            var d = Draw(out _);
            var f = _mix.FirstBucket[d];
            batch?.Add(Place(d, f, _taken[f]));
            _taken[f]++;
            Took(d);
        }
        return count;
    }

    /// <summary>One draw is one batch of one bucket: the bucket by its share of the batches that its dataset has left.</summary>
    private int TakeBucket(GlobalBatch? batch)
    {
        var d = Draw(out var second);
        var at = Math.BigMul(second, (ulong)_left[d], out _);
        var f = _mix.FirstBucket[d];
        for (ulong batches; at >= (batches = (ulong)BatchesLeft(d, f)); f++)
            at -= batches;
        var real = (int)Math.Min(Mix.Batch, Available(d, f));
        for (var i = 0; i < real && batch is not null; i++)
            batch.Add(Place(d, f, _taken[f] + i));
        _taken[f] += real;
        if (_mix.Rest == Remainder.PadFromSameBucket && real < Mix.Batch)
            Pad(batch, d, f, Mix.Batch - real);
        Took(d);
        return real;
    }

    /// <summary>From the beginning of the last item's pass, round and round.</summary>
    private void Pad(GlobalBatch? batch, int d, int f, int missing)
    {
        var begin = (_taken[f] - 1) / _mix.Items[f] * _mix.Items[f];
        for (var i = 0; i < missing && batch is not null; i++)
            batch.Add(Place(d, f, begin + i % _mix.Items[f]) with { Padding = true });
        Padded += missing;
    }

    private Sample Place(int d, int f, long position)
    {
        var (pass, at) = Math.DivRem(position, _mix.Items[f]);
        if (_orderOf[f] != pass)
            (_orderOf[f], _order[f]) = (pass, new(_mix.Keys[f] with { Update = (uint)pass }, _mix.Items[f]));
        return new(d, f - _mix.FirstBucket[d], _order[f][at], pass);
    }

    /// <summary>Chooses a dataset with block number <see cref="_draw"/>: its first 64 bits times the sum of weights. The other 64 bits are <paramref name="second"/>.</summary>
    private int Draw(out ulong second)
    {
        var number = _draw++;
        var block = _mix.Bucketed || Mix.Datasets.Count > 1
            ? Philox.Block(new PhiloxBlock((uint)number, 0, (uint)(number >> 32), RandomStreams.Mixing << 20), (uint)Mix.Seed, (uint)(Mix.Seed >> 32))
            : default;
        second = ((ulong)block.X3 << 32) | block.X2;
        if (Mix.Strategy == MixStrategy.RoundRobin)
            return RoundRobin();
        var at = Mix.Strategy == MixStrategy.Sequential ? 0 : Math.BigMul(((ulong)block.X1 << 32) | block.X0, _total, out _);
        var d = 0;
        while (at >= _weight[d])
            at -= _weight[d++];
        return d;
    }

    private int RoundRobin()
    {
        var d = _turn % _weight.Length;
        while (_weight[d] == 0)
            d = (d + 1) % _weight.Length;
        _turn = (d + 1) % _weight.Length;
        return d;
    }
}
