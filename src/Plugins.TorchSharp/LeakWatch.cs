namespace Temper.Plugins.TorchSharp;

/// <summary>Watches the number of tensors alive from step to step. What a scope misses waits for the collector, which sees little of a GPU's memory; so a number
/// that keeps growing ends the run with a sentence before the device's memory ends the process without one.</summary>
internal sealed class LeakWatch
{
    /// <summary>Steps of which the lowest number counts: it is the one right after a collection.</summary>
    private const int Window = 100;

    /// <summary>Windows in a row that must have grown.</summary>
    private const int Most = 3;

    private long _lowest = long.MaxValue, _before = long.MaxValue, _first;
    private int _steps, _grown;

    /// <summary>A step has ended.</summary>
    /// <param name="alive">Tensors alive.</param>
    /// <exception cref="InvalidOperationException">At least one more tensor a step, over hundreds of steps.</exception>
    public void Step(long alive)
    {
        _lowest = Math.Min(_lowest, alive);
        if (++_steps % Window != 0)
            return;
        if (_before != long.MaxValue && _lowest - _before >= Window)
            _grown++;
        else
            (_grown, _first) = (0, _lowest);
        (_before, _lowest) = (_lowest, long.MaxValue);
        if (_grown == Most)
            throw new InvalidOperationException($"Tensors leak: {_first} were alive {Most * Window} steps ago, now {_before} are.");
    }
}
