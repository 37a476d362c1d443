using System.Diagnostics;
using Temper.Training.Prefetching;
using Temper.Training.Sampling;

namespace Temper.Training.Planning;

/// <summary>A run's updates in order, prepared ahead of the loop that reads them. What is read ahead and never taken leaves no trace: an update carries the data's state behind it.</summary>
public sealed class Feed : IDisposable
{
    private readonly Sampler _sampler;
    private readonly GlobalBatch _rows;
    private readonly double[] _expected, _shares;
    private readonly long[] _drawn;
    private readonly int _total;
    private readonly Prefetch<StepRows, Update> _ahead;

    internal Feed(Sampler sampler, BatchMaker maker, int total, PrefetchOptions options)
    {
        (_sampler, _total, _rows) = (sampler, total, new(sampler.Mix.Batch));
        var datasets = sampler.Mix.Datasets.Count;
        (_expected, _shares, _drawn) = (new double[datasets], new double[datasets], new long[datasets]);
        _ahead = new(Plan, (plan, _) => new(maker.Make(plan)), options, maker.BytesOf);
    }

    /// <summary>The next update; null when <paramref name="control"/> asks to stop while there is none.</summary>
    /// <exception cref="Core.Errors.TemperException">What kept a batch from being made: <c>batch_unreadable</c>, <c>schedule_gap</c>.</exception>
    /// <exception cref="InvalidOperationException">There is none after the run's last step.</exception>
    public Update? Take(RunControl control)
    {
        var began = Stopwatch.GetTimestamp();
        TrainingTelemetry.QueueDepth.Record(_ahead.Ready);
        try
        {
            if (!_ahead.TryTake(out var update, control.Token))
                throw new InvalidOperationException("The run has no further step.");
            TrainingTelemetry.BatchWait.Record(Stopwatch.GetElapsedTime(began).TotalSeconds);
            return update;
        }
        catch (OperationCanceledException) when (control.Stopping)
        {
            return null;
        }
    }

    /// <summary>Forgets what was read ahead.</summary>
    public void Dispose() => _ahead.Dispose();

    private StepRows? Plan()
    {
        if (_sampler.Step >= _total)
            return null;
        _sampler.Shares(_shares);
        _sampler.Next(_rows);
        var rows = _rows.Rows.ToArray();
        return new(_rows.Step, rows)
        {
            MixError = MixError(rows),
            Coverage = _sampler.EpochOver ? _sampler.Coverage : null,
            State = _sampler.Mix.Plain ? null : _sampler.State,
        };
    }

    private double MixError(Sample[] rows)
    {
        foreach (var row in rows)
            _drawn[row.Dataset]++;
        var (worst, all) = (0.0, 0L);
        for (var d = 0; d < _drawn.Length; d++)
            (_expected[d], all) = (_expected[d] + _shares[d] * rows.Length, all + _drawn[d]);
        for (var d = 0; d < _drawn.Length; d++)
            worst = Math.Max(worst, Math.Abs(_drawn[d] - _expected[d]) / all);
        return worst;
    }
}
