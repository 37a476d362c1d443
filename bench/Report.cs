using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>A run's JSON line.</summary>
internal static class Report
{
    private static readonly JsonSerializerOptions Json = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Print(IReadOnlyDictionary<string, object> fields) => Console.WriteLine(JsonSerializer.Serialize(fields, Json));

    /// <summary>What every line ends with.</summary>
    public static Dictionary<string, object> WithEngine(this Dictionary<string, object> fields, IEngine engine)
    {
        fields.TryAdd("peak_rss_mb", PeakMemory());
        fields["threads"] = engine.Info.Threads;
        fields["engine"] = engine.Info.NumericsId;
        fields["dotnet"] = RuntimeInformation.FrameworkDescription;
        return fields;
    }

    public static double Median(IEnumerable<double> values)
    {
        var sorted = values.Order().ToArray();
        return sorted[sorted.Length / 2];
    }

    /// <summary>Seconds of each of <paramref name="count"/> calls, or as many as so many <paramref name="seconds"/> hold, after a warm-up of one call and at least two seconds: both programs of a pair do so.</summary>
    public static List<double> Times(int count, Action work, double warmUp = 2, Action? started = null, double seconds = 0)
    {
        var begin = Stopwatch.GetTimestamp();
        do work();
        while (Stopwatch.GetElapsedTime(begin).TotalSeconds < warmUp);
        started?.Invoke();
        var times = new List<double>(count);
        begin = Stopwatch.GetTimestamp();
        while (times.Count < count || (seconds > 0 && Stopwatch.GetElapsedTime(begin).TotalSeconds < seconds))
        {
            var start = Stopwatch.GetTimestamp();
            work();
            times.Add(Stopwatch.GetElapsedTime(start).TotalSeconds);
        }

        return times;
    }

    /// <summary>VmHWM of this process in MB (Linux); elsewhere the peak working set.</summary>
    public static long PeakMemory()
    {
        using var process = Process.GetCurrentProcess();
        return File.Exists("/proc/self/status")
            ? long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmHWM:", StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) / 1024
            : process.PeakWorkingSet64 >> 20;
    }
}
