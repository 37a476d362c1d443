using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Temper.Bench;

/// <summary>What the machine gives to threads that only read memory: the limit of decoding.</summary>
internal static unsafe class ReadBandwidth
{
    private const long Bytes = 256L << 20;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow();
        return new Dictionary<string, object>
        {
            ["bench"] = "membw",
            ["mb_per_thread"] = Bytes >> 20,
            ["read_gb_s_1"] = Math.Round(Measure(1), 1),
            ["read_gb_s"] = Math.Round(Measure(arguments.Threads), 1),
            ["threads"] = arguments.Threads,
        };
    }

    /// <summary>GB/s of all threads together, each reading 256 MB of its own: the median of some passes.</summary>
    public static double Measure(int threads, int passes = 9)
    {
        var rates = new List<double>();
        using var barrier = new Barrier(threads + 1);
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() => Read(barrier, passes))).ToArray();
        foreach (var worker in workers) worker.Start();
        barrier.SignalAndWait();
        for (var pass = 0; pass < passes; pass++)
        {
            var start = Stopwatch.GetTimestamp();
            barrier.SignalAndWait();
            barrier.SignalAndWait();
            rates.Add(threads * Bytes / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }

        foreach (var worker in workers) worker.Join();
        return Report.Median(rates);
    }

    private static void Read(Barrier barrier, int passes)
    {
        var block = (byte*)NativeMemory.AlignedAlloc((nuint)Bytes, 4096);
        new Span<byte>(block, (int)Bytes).Fill(1);
        barrier.SignalAndWait();
        var all = Vector512<long>.Zero;
        for (var pass = 0; pass < passes; pass++)
        {
            barrier.SignalAndWait();
            all ^= Sweep(block);
            barrier.SignalAndWait();
        }

        NativeMemory.AlignedFree(block);
        if (all == Vector512<long>.AllBitsSet) throw new InvalidOperationException("memory did not hold what was written");
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static Vector512<long> Sweep(byte* block)
    {
        Vector512<long> a = default, b = default, c = default, d = default;
        for (var p = block; p < block + Bytes; p += 256)
        {
            a ^= Vector512.Load((long*)p);
            b ^= Vector512.Load((long*)(p + 64));
            c ^= Vector512.Load((long*)(p + 128));
            d ^= Vector512.Load((long*)(p + 192));
        }

        return a ^ b ^ c ^ d;
    }
}
