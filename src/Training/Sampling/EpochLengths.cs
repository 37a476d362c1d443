using Temper.Core.Errors;

namespace Temper.Training.Sampling;

/// <summary>How many optimizer steps each epoch of a mix has: worked out where the order does not matter, else by walking through it once without its items.</summary>
public sealed class EpochLengths
{
    private readonly MixTables _tables;
    private readonly List<long> _ends = [];
    private readonly Sampler? _walker;

    /// <summary>For a checked mix.</summary>
    /// <exception cref="TemperException"><c>mix_invalid</c>.</exception>
    public EpochLengths(Mix mix)
    {
        MixChecks.Check(mix);
        _tables = new(mix);
        if (mix.StopOn == StopOn.FirstExhausted || mix.Datasets.Any(d => d.StartStep > 0 || d.EndStep is not null))
            _walker = new(mix);
        Same = mix.StopOn == StopOn.AllExhausted && _walker is null && !(mix.Bucketed && mix.Rest == Remainder.Carry) && mix.Datasets.All(d => d is { StartEpoch: 1, EndEpoch: null });
    }

    /// <summary>Whether all epochs have the same number of steps.</summary>
    public bool Same { get; }

    /// <summary>Steps of the first <paramref name="epochs"/> epochs.</summary>
    /// <exception cref="TemperException"><c>schedule_gap</c>: no dataset is active somewhere in them.</exception>
    public long StepsAfter(int epochs)
    {
        if (Same)
            return epochs * Each;
        while (_ends.Count < epochs)
            Extend();
        return epochs == 0 ? 0 : _ends[epochs - 1];
    }

    /// <summary>Whether an epoch ends once <paramref name="done"/> steps are done.</summary>
    public bool EndsWith(int done)
    {
        if (_tables.Mix.StopOn == StopOn.MaxSteps || done == 0)
            return false;
        if (Same)
            return done % Each == 0;
        Simulate(done);
        while (_walker is null && (_ends.Count == 0 || _ends[^1] < done))
            Extend();
        return _ends.BinarySearch(done) >= 0;
    }

    /// <summary>Walks to <paramref name="steps"/>, so that a gap in the schedule is found before the first step.</summary>
    /// <exception cref="TemperException"><c>schedule_gap</c>.</exception>
    public void Simulate(int steps)
    {
        while (_walker is not null && _walker.Step < steps)
            Walk();
    }

    /// <summary>Steps of any epoch, where all are the same.</summary>
    private long Each => Length(0) is > 0 and var steps ? steps : throw Nothing(0);

    private static TemperException Nothing(int epoch) => new("schedule_gap", $"After epoch {epoch} no dataset gives another batch, and the run goes on.",
        "Lower the batch, train fewer epochs or steps, or let a dataset's window stay open.");

    private void Extend()
    {
        if (_walker is null)
        {
            var before = _ends.Count == 0 ? 0 : _ends[^1];
            if (_ends.Count > _tables.Mix.Batch + _tables.Mix.Datasets.Max(d => d.StartEpoch) && _ends[^1] == _ends[^(_tables.Mix.Batch + 1)])
                throw Nothing(_ends.Count);
            _ends.Add(before + Length(_ends.Count));
            return;
        }
        for (var known = _ends.Count; _ends.Count == known;)
            Walk();
    }

    private void Walk()
    {
        _walker!.Skip();
        if (!_walker.EpochOver)
            return;
        while (_ends.Count < _walker.Epoch)
            _ends.Add(_ends.Count == 0 ? 0 : _ends[^1]);
        _ends.Add(_walker.Step);
    }

    /// <summary>Every dataset gives all that it has, so the order does not matter.</summary>
    private long Length(int epoch)
    {
        var (sum, mix) = (0L, _tables.Mix);
        for (var d = 0; d < mix.Datasets.Count; d++)
            for (var f = _tables.FirstBucket[d]; f < _tables.FirstBucket[d + 1] && _tables.Unit[d] > 0 && mix.Datasets[d].InEpoch(epoch); f++)
            {
                var (before, after) = (_tables.Granted(d, f, epoch), _tables.Granted(d, f, epoch + 1L));
                sum += !mix.Bucketed ? after - before : mix.Rest == Remainder.Carry ? after / mix.Batch - before / mix.Batch : _tables.BatchesOf(after - before);
            }
        return mix.Bucketed ? sum : _tables.BatchesOf(sum);
    }
}
