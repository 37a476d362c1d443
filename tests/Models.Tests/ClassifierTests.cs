using Temper.Core.Errors;
using Temper.Tensors;
using Xunit.Abstractions;

namespace Temper.Models.Tests;

/// <summary>Decoders that classify a text by its last token, against PyTorch.</summary>
public sealed class ClassifierTests(ITestOutputHelper output) : IDisposable
{
    private static readonly int[] Classes = [2, 0, 1];
    private readonly IEngine engine = CpuEngine.Create(threads: 1);

    public static TheoryData<string> Names => GoldenModel.Names("classifiers");

    public void Dispose() => engine.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Classes_are_those_of_PyTorch_alone_and_in_a_batch(string name)
    {
        using var golden = GoldenModel.Open("classifiers", name);
        using var decoder = Load(golden);
        Assert.Equal(["billing", "delivery", "other"], decoder.Config.Labels);
        var together = Logits(decoder, PackedBatch.Of(golden.Examples));
        Assert.Equal(together, golden.Examples.SelectMany(e => Logits(decoder, PackedBatch.Of([e]))));
        var worst = TinyModel.LargestDifference(golden.Floats("logits"), together);
        output.WriteLine($"{name}: largest difference of a logit {worst:E1}");
        Assert.InRange(worst, 0, 1e-5f);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_every_gradient_are_those_of_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("classifiers", name);
        using var decoder = Load(golden);
        using var scope = engine.BeginScope();
        var loss = decoder.ClassLoss(PackedBatch.Of(golden.Examples), Classes);
        Assert.Equal(golden.Loss, engine.ScalarOf(loss.Sum) / 3, 1e-5);
        engine.Backward(loss.Sum, 1.0 / 3);
        var errors = decoder.Weights.ToDictionary(w => w.Name, w => golden.GradientError(engine, w));
        output.WriteLine($"{name}: largest relative error of {errors.Count} gradients {errors.Values.Max():E1}");
        Assert.All(errors, pair => Assert.True(pair.Value <= 1e-4, $"{pair.Key}: {pair.Value:E2}"));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Ten_steps_of_AdamW_lose_as_in_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("classifiers", name);
        using var decoder = Load(golden);
        var batch = PackedBatch.Of(golden.Examples);
        var worst = TenSteps.Run(engine, decoder.Trainable, golden, () => (decoder.ClassLoss(batch, Classes).Sum, 3));
        output.WriteLine($"{name}: largest difference of ten losses {worst:E1}");
    }

    [Fact]
    public void A_text_without_tokens_has_no_class_and_a_classifier_predicts_no_tokens()
    {
        using var golden = GoldenModel.Open("classifiers", "llama");
        using var decoder = Load(golden);
        using var scope = engine.BeginScope();
        Assert.Throws<ArgumentException>(() => decoder.Classify(new PackedBatch([1, 2], [2, 0])));
        Assert.Throws<InvalidOperationException>(() => decoder.Loss(PackedBatch.Of(golden.Examples)));
        using var causal = TinyModel.Load(engine);
        Assert.Throws<InvalidOperationException>(() => causal.Classify(new PackedBatch([1, 2], [2])));
    }

    [Theory]
    [InlineData("\"problem_type\": \"multi_label_classification\", \"vocab_size\"", "unsupported_architecture", "multi_label")]
    [InlineData("\"num_labels\": 0, \"id2label\": null, \"vocab_size\"", "config_invalid", "num_labels")]
    public void Heads_of_another_kind_are_refused_by_name(string instead, string code, string named)
    {
        var text = File.ReadAllText(TinyModel.DataPath("classifiers/gpt2/config.json"));
        if (named == "num_labels") text = text.Replace("\"id2label\": {", "\"was\": {", StringComparison.Ordinal);
        var error = Assert.Throws<TemperException>(() => ModelConfig.Parse(System.Text.Encoding.UTF8.GetBytes(text.Replace("\"vocab_size\"", instead, StringComparison.Ordinal))));
        Assert.Contains(error.Problems, p => p.Code == code && p.Message.Contains(named, StringComparison.Ordinal));
    }

    private Decoder Load(GoldenModel golden)
    {
        using var weights = WeightFiles.Open(golden.Folder);
        return Decoder.Load(engine, ModelConfig.Parse(golden.ConfigJson), weights, _ => true);
    }

    private float[] Logits(Decoder decoder, PackedBatch batch)
    {
        using var noGrad = engine.NoGrad();
        using var scope = engine.BeginScope();
        return engine.ToFloats(decoder.Classify(batch));
    }
}
