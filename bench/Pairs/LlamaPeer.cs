using Temper.Models;
using Temper.Tensors;

namespace Temper.Bench;

/// <summary>llama.cpp as npm's prebuilt node-llama-cpp has it, on a GGUF file of the same shape with random weights, exported by us.</summary>
internal static class LlamaPeer
{
    public static Contestant For(Arguments arguments)
    {
        if (arguments.Words is not [var shape, "decode" or "prefill"]) throw new UsageException("--vs-llama goes with decode and prefill.");
        var type = arguments.DType switch
        {
            null or "fp32" => GgufType.F32,
            "bf16" => GgufType.BF16,
            "int8" => GgufType.Q8_0,
            _ => throw new UsageException($"--vs-llama --dtype {arguments.DType}: llama.cpp is measured in fp32, bf16 and int8 (Q8_0)."),
        };
        var modules = Environment.GetEnvironmentVariable("TEMPER_TEST_LLAMA_MODULES")
            ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".cache", "temper-test", "llama", "node_modules");
        if (!File.Exists(Path.Combine(modules, "node-llama-cpp", "dist", "index.js")))
            throw new PeerException($"node-llama-cpp is not in {modules}; `./test` installs it, or set TEMPER_TEST_LLAMA_MODULES.");
        var file = Path.Combine(Path.GetTempPath(), $"temper-bench-{shape}-{type}.gguf");
        if (!File.Exists(file)) Export(BenchModel.Of(shape), type, file);
        string[] words = [Path.Combine(AppContext.BaseDirectory, "peers", "llama_bench.mjs"), modules, file, shape, arguments.Words[1], arguments.DType ?? "fp32", $"{arguments.Threads}", $"{arguments.Steps}"];
        return new Contestant("llama.cpp", "node", words, new Dictionary<string, string>());
    }

    private static void Export(BenchModel shape, GgufType type, string file)
    {
        var folder = Directory.CreateTempSubdirectory("temper-bench").FullName;
        using (var engine = CpuEngine.Create())
        using (var decoder = Decoder.Create(engine, shape.Config() with { EosTokenIds = [1] }, 1, _ => false))
            ModelFolder.Save(folder, decoder, BpeTrainer.Train(["a text to learn bytes from"], 300, ["<s>", "</s>"]), null, new GenerationConfig { EosTokenIds = [1] });
        using (var model = ModelFolder.Open(folder)) GgufExport.Write(model, type, file);
        Directory.Delete(folder, recursive: true);
    }
}
