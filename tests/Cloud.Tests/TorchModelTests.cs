using Temper.Models;
using Temper.Models.Tests;
using Temper.Plugins.TorchSharp;
using Temper.Tensors;
using Xunit.Abstractions;

namespace Temper.Cloud.Tests;

/// <summary>Every family on libtorch against PyTorch, with the limits that hold for the processor's engine: the same weights and inputs give the same logits,
/// loss, gradients and ten steps.</summary>
[Trait("Needs", "libtorch"), Collection("libtorch")]
public sealed class TorchModelTests(ITestOutputHelper output) : IDisposable
{
    private readonly TorchEngine _engine = TorchEngine.Create(Environment.GetEnvironmentVariable("TEMPER_TORCH_DEVICE") ?? "cpu", allowTf32: false);

    public static TheoryData<string> Decoders => GoldenModel.Names("decoders");

    public static TheoryData<string> Encoders => GoldenModel.Names("encoders");

    public void Dispose() => _engine.Dispose();

    [Theory]
    [MemberData(nameof(Decoders))]
    public void A_decoder_computes_and_learns_as_in_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        using var decoder = Decoder(golden);
        float[] logits = [.. golden.Examples.SelectMany(e => TinyModel.Logits(decoder, new PackedBatch(e.Tokens, [e.Tokens.Length])))];
        Assert.InRange(TinyModel.LargestDifference(golden.Floats("logits"), logits), 0, 1e-5f);
        var batch = PackedBatch.Of(golden.Examples);
        foreach (var recompute in Enum.GetValues<Recomputation>())
            using (_engine.BeginScope())
                Learns(golden, decoder.Weights, decoder.Loss(batch, new() { Recompute = recompute }).Sum, batch.LabelCount);
        output.WriteLine($"ten losses {TenSteps.Run(_engine, decoder.Trainable, golden, () => (decoder.Loss(batch).Sum, batch.LabelCount)):E1}");
    }

    [Theory]
    [MemberData(nameof(Decoders))]
    public void A_decoder_answers_token_by_token_what_it_answers_at_once(string name)
    {
        using var golden = GoldenModel.Open("decoders", name);
        using var decoder = Decoder(golden);
        using var scope = _engine.BeginScope();
        using var still = _engine.NoGrad();
        // Beyond its context a model whose rotation is dynamic turns a whole document otherwise.
        var tokens = golden.Examples[0].Tokens[..Math.Min(golden.Examples[0].Tokens.Length, decoder.Config.MaxPositions)];
        var (whole, vocabulary) = (TinyModel.Logits(decoder, new PackedBatch(tokens, [tokens.Length])), decoder.Config.VocabularySize);
        using var cache = new KvCache(_engine, decoder.Config, 2, 40);
        cache.Open();
        var slot = cache.Open();
        foreach (var size in (int[])[Math.Min(3, tokens.Length), .. Enumerable.Repeat(1, Math.Max(0, tokens.Length - 3))])
        {
            var found = _engine.ToFloats(decoder.Append(cache, [new CacheAppend(slot, tokens[cache.Length(slot)..(cache.Length(slot) + size)])]));
            Assert.InRange(TinyModel.LargestDifference(whole.AsSpan((cache.Length(slot) - 1) * vocabulary, vocabulary).ToArray(), found), 0, 1e-5f);
        }
    }

    [Theory]
    [MemberData(nameof(Encoders))]
    public void An_encoder_computes_and_learns_as_in_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("encoders", name);
        using var weights = WeightFiles.Open(golden.Folder);
        using var encoder = Encoder.Load(_engine, EncoderConfig.Parse(golden.ConfigJson), weights, _ => true);
        foreach (var checkpointing in (bool[])[false, true])
            using (_engine.BeginScope())
            {
                Assert.InRange(TinyModel.LargestDifference(golden.Floats("hidden"), _engine.ToFloats(EncoderPass.Hidden(encoder, golden).Hidden)), 0, 1e-5f);
                var (sum, count) = EncoderPass.Loss(encoder, golden, checkpointing);
                Learns(golden, encoder.Weights, sum, count);
            }
        if (encoder.Config.Head == ModelHead.Classification)
            output.WriteLine($"ten losses {TenSteps.Run(_engine, encoder.Trainable, golden, () => EncoderPass.Loss(encoder, golden)):E1}");
    }

    private void Learns(GoldenModel golden, IReadOnlyList<NamedTensor> weights, Tensor sum, int count)
    {
        Assert.Equal(golden.Loss, _engine.ScalarOf(sum) / count, 1e-5 * Math.Max(1, golden.Loss));
        _engine.Backward(sum, 1.0 / count);
        var errors = weights.ToDictionary(w => w.Name, w => golden.GradientError(_engine, w));
        output.WriteLine($"largest relative error of {errors.Count} gradients {errors.Values.Max():E1}");
        Assert.All(errors, pair => Assert.True(pair.Value <= 1e-4, $"{pair.Key}: {pair.Value:E2}"));
        using var optimizer = _engine.Sgd([new([.. weights.Select(w => w.Tensor)])], new(0));
        optimizer.ZeroGrad();
    }

    private Decoder Decoder(GoldenModel golden)
    {
        using var weights = WeightFiles.Open(golden.Folder);
        return Models.Decoder.Load(_engine, ModelConfig.Parse(golden.ConfigJson), weights, _ => true);
    }
}
