using System.Runtime.InteropServices;
using Temper.Tensors;
using Xunit.Abstractions;

namespace Temper.Models.Tests;

/// <summary>The same models in f64: moving any weight a little changes the loss as its gradient says.</summary>
public sealed class FiniteDifferenceTests(ITestOutputHelper output) : IDisposable
{
    private const double Step = 2e-5;
    private readonly IEngine engine = CpuEngine.CreateDouble();

    public static TheoryData<string> Decoders => GoldenModel.Names("decoders");

    public static TheoryData<string> Classifiers => GoldenModel.Names("classifiers");

    public static TheoryData<string> Encoders => GoldenModel.Names("encoders");

    public void Dispose() => engine.Dispose();

    [Theory]
    [MemberData(nameof(Decoders))]
    public void Every_weight_of_a_decoder_has_the_gradient_of_finite_differences(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        using var decoder = Load(golden);
        Check(name, decoder.Trainable, () => decoder.Loss(PackedBatch.Of(golden.Examples)).Sum);
    }

    [Theory]
    [MemberData(nameof(Classifiers))]
    public void Every_weight_of_a_classifier_has_the_gradient_of_finite_differences(string name)
    {
        using var golden = GoldenModel.Open("classifiers", name);
        using var decoder = Load(golden);
        Check(name, decoder.Trainable, () => decoder.ClassLoss(PackedBatch.Of(golden.Examples), [2, 0, 1]).Sum);
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void Every_weight_of_an_encoder_has_the_gradient_of_finite_differences(string name)
    {
        using var golden = GoldenModel.Open("encoders", name);
        using var weights = WeightFiles.Open(golden.Folder);
        using var encoder = Encoder.Load(engine, EncoderConfig.Parse(golden.ConfigJson), weights, _ => true);
        Check(name, encoder.Trainable, () => EncoderPass.Loss(encoder, golden).Sum);
    }

    /// <summary>Along one random direction per weight, which every one of its elements is part of.</summary>
    private void Check(string name, IReadOnlyList<NamedTensor> weights, Func<Tensor> loss)
    {
        var (site, worst, least) = (0u, 0.0, 1e-3);
        using (engine.BeginScope())
        {
            var whole = loss();
            // A difference of two losses is as exact as the losses themselves.
            least *= Math.Max(1, Math.Abs(engine.ScalarOf(whole)));
            engine.Backward(whole);
        }

        foreach (var (path, tensor) in weights.Select(w => (w.Name, w.Tensor)))
        {
            var values = engine.ToDoubles(tensor);
            var along = new float[values.Length];
            Philox.FillNormal(new RandomKey(1, 2, Site: site++), along, 0, (float)(1 / Math.Sqrt(along.Length)));
            var grad = engine.GradOf(tensor) is { } found ? engine.ToDoubles(found) : new double[values.Length];
            var slope = (At(tensor, values, along, Step, loss) - At(tensor, values, along, -Step, loss)) / (2 * Step);
            var (expected, length) = (grad.Zip(along, (g, a) => g * a).Sum(), Math.Sqrt(grad.Sum(g => g * g)));
            var error = Math.Abs(slope - expected) / Math.Max(length, least);
            Assert.True(error <= 1e-6, $"{path}: {slope} by differences, {expected} by gradient");
            worst = Math.Max(worst, error);
            engine.Upload(tensor, 0, MemoryMarshal.AsBytes<double>(values));
        }

        output.WriteLine($"{name}: largest error of {weights.Count} weights {worst:E1}");
    }

    private double At(Tensor tensor, double[] values, float[] along, double step, Func<Tensor> loss)
    {
        using var noGrad = engine.NoGrad();
        using var scope = engine.BeginScope();
        engine.Upload(tensor, 0, MemoryMarshal.AsBytes<double>(values.Zip(along, (v, a) => v + step * a).ToArray()));
        return engine.ScalarOf(loss());
    }

    private Decoder Load(GoldenModel golden)
    {
        using var weights = WeightFiles.Open(golden.Folder);
        return Decoder.Load(engine, ModelConfig.Parse(golden.ConfigJson), weights, _ => true);
    }
}
