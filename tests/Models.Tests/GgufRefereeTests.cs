using Temper.Tensors;
using Temper.Testing;
using Xunit.Abstractions;

namespace Temper.Models.Tests;

/// <summary>Exported files in llama.cpp: its probabilities of the next token, and its tokens, against ours.</summary>
[Trait("Needs", "llama")]
public sealed class GgufRefereeTests(GgufRefereeTests.Answers answers, ITestOutputHelper output) : IClassFixture<GgufRefereeTests.Answers>
{
    private static readonly int[] Text = [5, 17, 300, 42, 8, 99, 210, 3, 77, 150, 12, 260, 31, 9];

    private static readonly (string Family, bool Special)[] Adapters = [("llama", false), ("llama", true), ("gpt2-quiet", false), ("qwen2", true), ("qwen3", false), ("gemma2-scalar", false)];

    public static TheoryData<string, GgufType, float> Cases
    {
        get
        {
            var cases = new TheoryData<string, GgufType, float> { { "llama", GgufType.F16, 1e-3f }, { "llama", GgufType.BF16, 2e-2f }, { "gpt2", GgufType.Q8_0, 4e-2f }, { "gemma2", GgufType.Q8_0, 4e-2f } };
            foreach (var family in ExportModels.Families) cases.Add(family, GgufType.F32, ExportModels.UsesGelu(family) ? 5e-4f : 5e-6f);
            foreach (var family in new[] { "llama", "mistral", "qwen2", "qwen3" }) cases.Add(family, GgufType.Q8_0, 4e-2f);
            return cases;
        }
    }

    public static TheoryData<string, bool> AdapterCases
    {
        get
        {
            var cases = new TheoryData<string, bool>();
            foreach (var (family, special) in Adapters) cases.Add(family, special);
            return cases;
        }
    }

    /// <summary>llama.cpp reads byte-level BPE of three kinds, and SentencePiece's BPE of two.</summary>
    public static TheoryData<string> Tokenizers => [.. Kinds];

    private static string[] Kinds => ["gpt2", "llama3", "qwen2", "llama2", "gemma"];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Llama_cpp_gives_the_probabilities_of_the_model(string family, GgufType type, float tolerance)
    {
        var worst = answers.Worst($"{family} {type}");
        output.WriteLine($"{family} {type}: {worst:G3}");
        Assert.InRange(worst, 0, tolerance);
    }

    [Theory]
    [MemberData(nameof(AdapterCases))]
    public void Llama_cpp_gives_the_probabilities_of_model_and_adapter(string family, bool special)
    {
        var worst = answers.Worst($"{family} adapter {special}");
        output.WriteLine($"{family} adapter{(special ? " with rsLoRA and patterns" : "")}: {worst:G3}");
        Assert.InRange(worst, 0, ExportModels.UsesGelu(family) ? 5e-4f : 5e-6f);
    }

    [Theory]
    [MemberData(nameof(Tokenizers))]
    public void Llama_cpp_cuts_texts_into_the_same_tokens(string kind)
    {
        var tokenizer = RefereeTokenizers.Load(kind);
        // llama.cpp composes no characters for qwen2; the export says so.
        Assert.All(Answers.Texts.Zip(answers.Tokens(kind)).Where(pair => kind != "qwen2" || !pair.First.Contains("e\u0301", StringComparison.Ordinal)), pair => Assert.Equal(tokenizer.Encode(pair.First), pair.Second));
    }

    /// <summary>All questions, asked at once: starting llama.cpp costs more than its answers.</summary>
    public sealed class Answers : IDisposable
    {
        public static readonly string[] Texts = [.. GeneratedTexts.All(400).Where(text => text.Length > 0 && !text.Contains("<|", StringComparison.Ordinal) && !HalfOrNul(text)).Take(60)];

        private readonly IEngine engine = CpuEngine.Create(threads: 1);
        private readonly TempFolder folder = new();
        private readonly Dictionary<string, float[]> ours = [];
        private readonly Dictionary<string, LlamaReferee.Question> questions = [];
        private readonly Dictionary<string, LlamaReferee.Answer> theirs;

        public Answers()
        {
            foreach (var family in Cases.Select(row => (string)row[0]).Distinct())
            {
                using var model = ExportModels.Make(engine, folder.Of(family), family);
                foreach (var type in Cases.Where(row => (string)row[0] == family).Select(row => (GgufType)row[1]))
                {
                    ours[$"{family} {type}"] = Ours(model, null);
                    GgufExport.Write(model, type, Path.Combine(folder.Of(family), $"{type}.gguf"));
                    questions[$"{family} {type}"] = new(Path.Combine(folder.Of(family), $"{type}.gguf"), Text);
                }
                foreach (var special in Adapters.Where(a => a.Family == family).Select(a => a.Special)) AddAdapter(model, family, special);
            }

            foreach (var kind in Kinds)
            {
                using var model = ExportModels.Make(engine, folder.Of("tokenizer-" + kind), "llama", RefereeTokenizers.Json(kind));
                Assert.Equal(kind == "qwen2", GgufExport.Write(model, GgufType.Q8_0, folder.Of(kind + ".gguf")).Any(note => note.Contains("NFC", StringComparison.Ordinal)));
                questions[kind] = new(folder.Of(kind + ".gguf"), Texts: Texts);
            }

            theirs = questions.Keys.Zip(LlamaReferee.Ask(questions.Values)).ToDictionary(pair => pair.First, pair => pair.Second);
        }

        public void Dispose()
        {
            engine.Dispose();
            folder.Dispose();
        }

        public float Worst(string name)
        {
            float[] found = [.. theirs[name].Probabilities!.SelectMany(row => row)];
            Assert.Equal(ours[name].Length, found.Length);
            return TinyModel.LargestDifference(ours[name], found);
        }

        public int[][] Tokens(string kind) => theirs[kind].Tokens!;

        private void AddAdapter(ModelFolder model, string family, bool special)
        {
            using var decoder = model.LoadDecoder(engine);
            var config = new LoraConfig { Rank = 4, Alpha = 8, TargetModules = ["all-linear"] };
            if (special) config = config with { UseRsLora = true, RankPattern = new Dictionary<string, int> { [".*_proj"] = 3 }, AlphaPattern = new Dictionary<string, double> { ["q_proj"] = 5 } };
            using var adapter = LoraAdapter.Create(decoder, config, 3);
            foreach (var (weight, tensor) in adapter.Weights) engine.SetFloats(tensor, ExportModels.Normal(weight, (int)tensor.Count));
            // A quiet model stays quiet.
            if (family.EndsWith("quiet", StringComparison.Ordinal))
                foreach (var (weight, tensor) in adapter.Weights)
                    if (weight.Contains("mlp.c_proj.lora_B", StringComparison.Ordinal)) engine.SetFloats(tensor, new float[tensor.Count]);
            var name = $"{family} adapter {special}";
            adapter.Save(folder.Of(name));
            GgufAdapterExport.Write(folder.Of(name), model.Config, folder.Of(name + ".gguf"));
            ours[name] = Ours(model, folder.Of(name));
            Assert.True(TinyModel.LargestDifference(Ours(model, null), ours[name]) > 0.05f);
            questions[name] = new(Path.Combine(folder.Of(family), "F32.gguf"), Text, folder.Of(name + ".gguf"));
        }

        private float[] Ours(ModelFolder model, string? adapterFolder)
        {
            using var decoder = model.LoadDecoder(engine);
            using var adapter = adapterFolder is null ? null : LoraAdapter.Load(decoder, adapterFolder);
            using var noGrad = engine.NoGrad();
            using var scope = engine.BeginScope();
            return engine.ToFloats(engine.Softmax(decoder.Logits(decoder.Hidden(new PackedBatch(Text, [Text.Length]), new ForwardOptions { Adapter = adapter }), adapter)));
        }

        private static bool HalfOrNul(string text) => text.Contains('\0', StringComparison.Ordinal) || System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text)) != text;
    }
}
