using Temper.Tensors;
using Temper.Testing;
using Xunit.Abstractions;

namespace Temper.Models.Tests;

/// <summary>Exported files in llama.cpp: its probabilities of the next token against ours.</summary>
[Trait("Needs", "llama")]
public sealed class GgufRefereeTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int[] Text = [5, 17, 300, 42, 8, 99, 210, 3, 77, 150, 12, 260, 31, 9];
    private readonly IEngine engine = CpuEngine.Create(threads: 1);
    private readonly TempFolder folder = new();

    public void Dispose()
    {
        engine.Dispose();
        folder.Dispose();
    }

    public static TheoryData<string, GgufType, float> Cases => new()
    {
        { "llama", GgufType.F32, 5e-6f },
        { "llama", GgufType.F16, 1e-3f },
        { "llama", GgufType.BF16, 2e-2f },
        { "llama", GgufType.Q8_0, 4e-2f },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Llama_cpp_gives_the_probabilities_of_the_model(string family, GgufType type, float tolerance)
    {
        using var model = ExportModels.Make(engine, folder.Of(family), family);
        var file = folder.Of("model.gguf");
        GgufExport.Write(model, type, file);
        var worst = Worst(Ours(model, null), LlamaReferee.Probabilities(file, Text));
        output.WriteLine($"{family} {type}: {worst:G3}");
        Assert.InRange(worst, 0, tolerance);
    }

    [Theory]
    [InlineData("llama", false)]
    [InlineData("llama", true)]
    public void Llama_cpp_gives_the_probabilities_of_model_and_adapter(string family, bool special)
    {
        using var model = ExportModels.Make(engine, folder.Of(family), family);
        using var decoder = model.LoadDecoder(engine);
        var config = new LoraConfig { Rank = 4, Alpha = 8, TargetModules = ["all-linear"] };
        if (special) config = config with { UseRsLora = true, RankPattern = new Dictionary<string, int> { [".*_proj"] = 3 }, AlphaPattern = new Dictionary<string, double> { ["q_proj"] = 5 } };
        using var adapter = LoraAdapter.Create(decoder, config, 3);
        foreach (var (name, tensor) in adapter.Weights) engine.SetFloats(tensor, ExportModels.Normal(name, (int)tensor.Count));
        adapter.Save(folder.Of("adapter"));
        GgufExport.Write(model, GgufType.F32, folder.Of("model.gguf"));
        GgufAdapterExport.Write(folder.Of("adapter"), model.Config, folder.Of("adapter.gguf"));
        var (plain, adapted) = (Ours(model, null), Ours(model, adapter));
        Assert.True(TinyModel.LargestDifference(plain, adapted) > 0.05f);
        var worst = Worst(adapted, LlamaReferee.Probabilities(folder.Of("model.gguf"), Text, folder.Of("adapter.gguf")));
        output.WriteLine($"{family} adapter{(special ? " with rsLoRA and patterns" : "")}: {worst:G3}");
        Assert.InRange(worst, 0, 5e-6f);
    }

    private float[] Ours(ModelFolder model, LoraAdapter? adapter)
    {
        using var decoder = model.LoadDecoder(engine);
        using var noGrad = engine.NoGrad();
        using var scope = engine.BeginScope();
        return engine.ToFloats(engine.Softmax(decoder.Logits(decoder.Hidden(new PackedBatch(Text, [Text.Length]), new ForwardOptions { Adapter = adapter }))));
    }

    private static float Worst(float[] ours, float[][] theirs)
    {
        Assert.Equal(ours.Length, theirs.Sum(row => row.Length));
        return TinyModel.LargestDifference(ours, theirs.SelectMany(row => row));
    }
}
