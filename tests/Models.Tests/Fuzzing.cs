using System.Diagnostics;
using System.Globalization;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Damage by counters: case n of a parser is the same on every machine. With TEMPER_FUZZ_SECONDS set, parsers are fed for that long; otherwise
/// a few cases, and always the same.</summary>
internal static class Fuzzing
{
    private static readonly double Seconds = double.TryParse(Environment.GetEnvironmentVariable("TEMPER_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;

    /// <summary>Feeds cases; a failure names the case's number.</summary>
    public static void Run(string parser, int cases, Action<RandomKey> feed)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0L; i < cases || clock.Elapsed.TotalSeconds < Seconds; i++)
        {
            try
            {
                feed(new RandomKey(5, (uint)(i >> 32), (uint)i));
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"{parser}, case {i}: {e.GetType().Name}: {e.Message}", e);
            }
        }
    }

    /// <summary>A copy with a few bytes changed, cut, doubled or swapped.</summary>
    public static byte[] Damage(ReadOnlySpan<byte> good, RandomKey key)
    {
        var bad = good[..(int)(good.Length - Philox.Below(key, 0, 3) * Philox.Below(key, 1, 20) % good.Length)].ToArray();
        for (var n = Philox.Below(key, 2, 5); n >= 0; n--)
        {
            var at = (int)Philox.Below(key, 3 + n, bad.Length);
            bad[at] = Philox.Below(key, 30 + n, 3) switch
            {
                0 => (byte)Philox.Below(key, 60 + n, 256),
                1 => bad[Philox.Below(key, 90 + n, bad.Length)],
                _ => (byte)(bad[at] + 1),
            };
        }

        return bad;
    }
}
