using Temper.Tensors;

namespace Temper.Bench;

/// <summary>C[M, N] = A[M, K] · W[N, K]ᵀ as a linear layer runs it, packing of W included unless prepacked. In bf16, W is frozen, so packed, and A is rounded
/// on the way.</summary>
internal static class GemmBench
{
    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--vectors", "--dtype", "--matrix");
        if (arguments.DType is not (null or "fp32" or "bf16")) throw new UsageException($"gemm --dtype {arguments.DType}: there are fp32 and bf16.");
        var brain = arguments.DType == "bf16";
        if (arguments.Text("--vectors") is not (null or "256" or "512")) throw new UsageException($"--vectors {arguments.Text("--vectors")}: there are 256 and 512.");
        var vectors = arguments.Text("--vectors") == "256" ? VectorWidth.Bits256 : VectorWidth.Widest;
        var (m, n, k, prepacked) = (Size(arguments, 1), Size(arguments, 2), Size(arguments, 3), arguments.Words.Length == 5);
        using var engine = CpuEngine.Create(arguments.Threads, vectors, matrix: arguments.Matrix(brain ? MatrixPath.Bf16 : MatrixPath.Exact));
        using var a = Filled(engine, m, k);
        using var w = brain ? engine.Freeze(FrozenForm.BF16, n, k, (row, rows) => Philox.FillUniform(new RandomKey(1, 0), rows, -1, 1, row * k)) : Filled(engine, n, k);
        if (prepacked && !brain) engine.Prepack(w);
        var times = Report.Times(20, () => engine.Linear(a, w).Dispose(), warmUp: 0.5, seconds: 1);
        var rates = times.Select(seconds => 2.0 * m * n * k / seconds / 1e9).ToList();
        return new Dictionary<string, object>
        {
            ["bench"] = "gemm",
            ["m"] = m,
            ["n"] = n,
            ["k"] = k,
            ["dtype"] = arguments.DType ?? "fp32",
            ["prepacked"] = prepacked || brain,
            ["vectors"] = vectors.ToString(),
            ["gflops_median"] = Math.Round(Report.Median(rates), 1),
            ["gflops_best"] = Math.Round(rates.Max(), 1),
        }.WithEngine(engine);
    }

    private static int Size(Arguments arguments, int word) => int.TryParse(arguments.Words[word], out var size) && size > 0 ? size
        : throw new UsageException($"gemm needs three sizes from 1 up, not '{arguments.Words[word]}'.");

    private static Tensor Filled(IEngine engine, int rows, int columns)
    {
        var values = new float[(long)rows * columns];
        Philox.FillUniform(new RandomKey(1, 0), values, -1, 1);
        return engine.FromFloats(values, rows, columns);
    }
}
