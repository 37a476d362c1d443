using Temper.Core.Errors;

namespace Temper.Training.Sampling;

/// <summary>Epochs, windows and what is left.</summary>
public sealed partial class Sampler
{
    private bool Infinite => Mix.StopOn == StopOn.MaxSteps;

    private bool Carries => _mix.Rest == Remainder.Carry && Mix.StopOn == StopOn.AllExhausted;

    private void Reset()
    {
        Array.Clear(_taken);
        (_draw, _step, _epoch, _turn, _empty, LeftOut, Padded) = (0, 0, 0, 0, 0, 0, 0);
        Count();
    }

    private long Available(int d, int f) => Infinite ? MixTables.Endless : Mix.Datasets[d].InEpoch(_epoch) ? _mix.Granted(d, f, _epoch + 1L) - _taken[f] : 0;

    /// <summary>Counts anew what each dataset has left: items, or batches when a batch is of one bucket.</summary>
    private void Count()
    {
        for (var d = 0; d < _left.Length; d++)
        {
            _left[d] = 0;
            for (var f = _mix.FirstBucket[d]; f < _mix.FirstBucket[d + 1]; f++)
                _left[d] += _mix.Bucketed ? BatchesLeft(d, f) : Available(d, f);
        }
    }

    private long BatchesLeft(int d, int f) => Infinite ? Math.Max(1, _mix.BatchesOf(_mix.Items[f])) : _mix.BatchesOf(Available(d, f));

    /// <summary>Sets the weights of the step; false when nothing can be drawn.</summary>
    private bool Weigh()
    {
        _total = 0;
        var over = Ended();
        for (var d = 0; d < _weight.Length; d++)
            _total += _weight[d] = over || !Mix.Datasets[d].InSteps(_step) ? 0 : WeightOf(d);
        return _total > 0;
    }

    private ulong WeightOf(int d) => _left[d] <= 0 ? 0 : Mix.Strategy == MixStrategy.AutoWeighting && !Infinite ? _mix.Unit[d] * (ulong)_left[d] : _mix.Weight[d];

    /// <summary>Whether a dataset of this epoch has come to its end, where that ends the epoch.</summary>
    private bool Ended()
    {
        if (Mix.StopOn != StopOn.FirstExhausted)
            return false;
        for (var d = 0; d < _left.Length; d++)
            if (_left[d] <= 0 && _mix.Unit[d] > 0 && Mix.Datasets[d].InEpoch(_epoch))
                return true;
        return false;
    }

    private void Took(int d)
    {
        if (Infinite)
            return;
        if (_mix.Bucketed)
        {
            _left[d] = 0;
            for (var f = _mix.FirstBucket[d]; f < _mix.FirstBucket[d + 1]; f++)
                _left[d] += BatchesLeft(d, f);
        }
        else
        {
            _left[d]--;
        }
        var now = WeightOf(d);
        _total = now == 0 && Mix.StopOn == StopOn.FirstExhausted ? 0 : _total - _weight[d] + now;
        _weight[d] = now;
    }

    /// <summary>Whether the next draws fill no batch where incomplete ones are dropped. Where a dataset's end ends the epoch, that is seen by making them, and they are taken back.</summary>
    private bool DropsTheRest()
    {
        if (_mix.Bucketed || _mix.Rest != Remainder.Drop)
            return false;
        var (active, least) = (0L, long.MaxValue);
        for (var d = 0; d < _left.Length; d++)
            if (_weight[d] > 0)
                (active, least) = (active + _left[d], Math.Min(least, _left[d]));
        if (Mix.StopOn != StopOn.FirstExhausted || least > Mix.Batch)
            return active < Mix.Batch && Waiting() < 0;
        var (taken, left, draw, turn) = (_taken.ToArray(), _left.ToArray(), _draw, _turn);
        var over = TakeItems(null) < Mix.Batch && Waiting() < 0;
        taken.CopyTo(_taken, 0);
        left.CopyTo(_left, 0);
        (_draw, _turn) = (draw, turn);
        Weigh();
        return over;
    }

    /// <summary>A dataset of this epoch that has something left and begins at a later step; -1 when there is none.</summary>
    private int Waiting()
    {
        for (var d = 0; d < _left.Length && !Ended(); d++)
            if (_left[d] > 0 && _mix.Unit[d] > 0 && _step < Mix.Datasets[d].StartStep)
                return d;
        return -1;
    }

    private void NextEpoch()
    {
        if (Waiting() is >= 0 and var waiting)
            throw new TemperException("schedule_gap", FormattableString.Invariant($"After step {_step} (epoch {_epoch + 1}) no dataset is active, but '{Mix.Datasets[waiting].Id}' still has {LeftOf(waiting)} items and begins after step {Mix.Datasets[waiting].StartStep}."),
                $"Let another dataset go on to step {Mix.Datasets[waiting].StartStep}, or lower start_step of '{Mix.Datasets[waiting].Id}'.");
        // A carried bucket needs at most a batch of epochs to fill one.
        if (++_empty > Mix.Batch + Mix.Datasets.Max(d => d.StartEpoch) || Infinite)
            throw new TemperException("schedule_gap", FormattableString.Invariant($"After step {_step} (epoch {_epoch + 1}) no dataset is active any more, and the run goes on."),
                "Train fewer steps, or let a dataset's window (end_step, end_epoch) stay open.");
        Close();
        _epoch++;
        Count();
    }

    /// <summary>Puts every bucket to the epoch's end, unless what is left of it goes first in the next one.</summary>
    private void Close()
    {
        for (var d = 0; d < _left.Length; d++)
            for (var f = _mix.FirstBucket[d]; f < _mix.FirstBucket[d + 1]; f++)
            {
                var (granted, carries) = (_mix.Granted(d, f, _epoch + 1L), Carries && Mix.Datasets[d].InEpoch(_epoch + 1));
                if (_mix.Unit[d] > 0 && !carries)
                    LeftOut += Math.Max(0, granted - _taken[f]);
                _taken[f] = carries ? _taken[f] : granted;
            }
    }
}
