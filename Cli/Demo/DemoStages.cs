namespace Temper.Cli.Demo;

/// <summary>How long each stage of the demo took, in the order in which they ended.</summary>
internal sealed class DemoStages(TimeProvider clock)
{
    private readonly long began = clock.GetTimestamp();
    private readonly Dictionary<string, double> seconds = [];

    public async Task<T> TimeAsync<T>(string stage, Func<Task<T>> work)
    {
        var start = clock.GetTimestamp();
        var result = await work();
        seconds[stage] = seconds.GetValueOrDefault(stage) + clock.GetElapsedTime(start).TotalSeconds;
        return result;
    }

    /// <summary>Seconds of every stage, and <c>total</c> since the demo began.</summary>
    public IReadOnlyDictionary<string, double> Seconds() =>
        new Dictionary<string, double> { ["total"] = Rounded(clock.GetElapsedTime(began).TotalSeconds) }.Concat(seconds.Select(s => KeyValuePair.Create(s.Key, Rounded(s.Value)))).ToDictionary();

    private static double Rounded(double value) => Math.Round(value, 1);
}
