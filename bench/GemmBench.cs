using System.Diagnostics;
using System.Text.Json;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>C[M, N] = A[M, K] · W[N, K]ᵀ as a linear layer runs it, packing of W included unless prepacked.</summary>
internal static class GemmBench
{
    public static int Run(int m, int n, int k, bool prepacked = false)
    {
        var threads = int.TryParse(Environment.GetEnvironmentVariable("BENCH_THREADS"), out var set) ? set : 0;
        var vectors = Environment.GetEnvironmentVariable("BENCH_VECTORS") == "256" ? VectorWidth.Bits256 : VectorWidth.Widest;
        using var engine = CpuEngine.Create(threads, vectors);
        using var a = Filled(engine, m, k);
        using var w = Filled(engine, n, k);
        if (prepacked) engine.Prepack(w);
        var rates = new List<double>();
        var total = Stopwatch.StartNew();
        while (rates.Count < 20 || (total.Elapsed.TotalSeconds < 3 && rates.Count < 2000))
        {
            var start = Stopwatch.GetTimestamp();
            engine.Linear(a, w).Dispose();
            rates.Add(2.0 * m * n * k / Stopwatch.GetElapsedTime(start).TotalSeconds / 1e9);
        }

        rates.Sort();
        Console.WriteLine(JsonSerializer.Serialize(new
        {
            bench = "gemm",
            m,
            n,
            k,
            prepacked,
            vectors = vectors.ToString(),
            threads = engine.Info.Threads,
            gflops_median = Math.Round(rates[rates.Count / 2], 1),
            gflops_best = Math.Round(rates[^1], 1),
        }));
        return 0;
    }

    private static Tensor Filled(IEngine engine, int rows, int columns)
    {
        var values = new float[(long)rows * columns];
        Philox.FillUniform(new RandomKey(1, 0), values, -1, 1);
        return engine.FromFloats(values, rows, columns);
    }
}
