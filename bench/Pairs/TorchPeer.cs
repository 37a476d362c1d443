using System.Diagnostics;

namespace Temper.Bench;

/// <summary>PyTorch, tuned: the AVX-512 kernels of OpenBLAS (it takes slower ones by itself), its OpenMP build (with its own threads, two pools fight),
/// and as many threads as ours.</summary>
internal static class TorchPeer
{
    private const string Packages = "apt-get install python3-torch python3-numpy libopenblas0-openmp";
    private const string Blas = "/usr/lib/x86_64-linux-gnu/openblas-openmp";

    public static Contestant For(Arguments arguments)
    {
        Check(arguments);
        var python = arguments.Text("--python") ?? "/usr/bin/python3";
        var threads = $"{arguments.Threads}";
        var environment = new Dictionary<string, string>
        {
            ["OPENBLAS_CORETYPE"] = "SkylakeX",
            ["ATEN_CPU_CAPABILITY"] = "avx512",
            ["LD_LIBRARY_PATH"] = Blas,
            ["OMP_NUM_THREADS"] = threads,
            ["OPENBLAS_NUM_THREADS"] = threads,
        };
        if (!File.Exists(python)) throw new PeerException($"{python} is not there; {Packages}, or --python PATH.");
        if (arguments.Text("--python") is null && !Directory.Exists(Blas)) throw new PeerException($"{Blas} is not there; {Packages}");
        using var probe = Process.Start(new ProcessStartInfo(python, ["-c", "import torch, numpy"]) { RedirectStandardError = true })!;
        var errors = probe.StandardError.ReadToEnd();
        probe.WaitForExit();
        if (probe.ExitCode != 0) throw new PeerException($"{python} has no torch; {Packages}\n{errors.Trim()}");
        string[] words = [.. arguments.Words.Where(word => word != "prepacked")];
        return new Contestant("torch", python, [Path.Combine(AppContext.BaseDirectory, "peers", "torch_bench.py"), .. words, "--dtype", arguments.DType ?? "fp32", "--threads", threads, "--steps", $"{arguments.Steps}"], environment);
    }

    private static void Check(Arguments arguments)
    {
        if (arguments.Words is not ([_, "full" or "lora" or "decode" or "prefill"] or ["embed"] or ["gemm", _, _, _, ..]))
            throw new UsageException($"'{string.Join(' ', arguments.Words)}' has no counterpart in PyTorch; there are full, lora, decode, prefill, embed, gemm.");
        if (arguments.DType is not (null or "fp32" or "bf16")) throw new UsageException($"--vs-torch --dtype {arguments.DType}: PyTorch is measured in fp32 and bf16.");
    }
}
