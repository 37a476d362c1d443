using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;
using Xunit.Abstractions;

namespace Temper.Models.Tests;

/// <summary>BERT and ViT against PyTorch: the same weights and inputs give the same states, outputs, gradients and ten steps.</summary>
public sealed class EncoderTests(ITestOutputHelper output) : IDisposable
{
    private readonly IEngine engine = CpuEngine.Create(threads: 1);

    public static TheoryData<string> Names => GoldenModel.Names("encoders");

    public void Dispose() => engine.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public void Hidden_states_and_outputs_are_those_of_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("encoders", name);
        using var encoder = Load(golden, trainable: false);
        using var scope = engine.BeginScope();
        var (hidden, lengths) = Hidden(encoder, golden);
        var worst = TinyModel.LargestDifference(golden.Floats("hidden"), engine.ToFloats(hidden));
        var result = encoder.Config.Head == ModelHead.Classification ? encoder.Classify(encoder.Features(hidden, lengths)) : encoder.Pooled(hidden, lengths);
        worst = Math.Max(worst, TinyModel.LargestDifference(golden.Floats("out"), engine.ToFloats(result)));
        output.WriteLine($"{name}: largest difference {worst:E1}");
        Assert.InRange(worst, 0, 1e-5f);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Loss_and_every_gradient_are_those_of_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("encoders", name);
        using var encoder = Load(golden, trainable: true);
        using var scope = engine.BeginScope();
        var (sum, count) = Loss(encoder, golden);
        Assert.Equal(golden.Loss, engine.ScalarOf(sum) / count, 1e-5 * Math.Max(1, golden.Loss));
        engine.Backward(sum, 1.0 / count);
        var errors = encoder.Weights.ToDictionary(w => w.Name, w => golden.GradientError(engine, w));
        output.WriteLine($"{name}: largest relative error of {errors.Count} gradients {errors.Values.Max():E1}");
        Assert.All(errors, pair => Assert.True(pair.Value <= 1e-4, $"{pair.Key}: {pair.Value:E2}"));
    }

    [Theory]
    [InlineData("bert-classifier")]
    [InlineData("vit-classifier")]
    public void Ten_steps_of_AdamW_lose_as_in_PyTorch(string name)
    {
        using var golden = GoldenModel.Open("encoders", name);
        using var encoder = Load(golden, trainable: true);
        var worst = TenSteps.Run(engine, encoder.Trainable, golden, () => Loss(encoder, golden));
        output.WriteLine($"{name}: largest difference of ten losses {worst:E1}");
    }

    [Fact]
    public void Vectors_of_texts_are_the_same_bits_however_many_go_through_at_once()
    {
        var config = new EncoderConfig { Kind = EncoderKind.Bert, HiddenSize = 16, IntermediateSize = 32, Layers = 2, Heads = 2, VocabularySize = 50, MaxPositions = 64, TokenTypes = 2 };
        using var encoder = Encoder.Create(engine, config, 3, _ => false);
        int[] lengths = [.. Enumerable.Range(0, 150).Select(i => 1 + i * 7 % 60)];
        var texts = new PackedBatch([.. Enumerable.Range(0, lengths.Sum()).Select(i => i * 31 % 50)], lengths);
        Assert.True(lengths.Sum() > 4096);
        float[] atOnce, laidOut;
        using (engine.BeginScope()) atOnce = engine.ToFloats(engine.SegmentMean(encoder.Hidden(texts), lengths));
        encoder.Prepack();
        var before = engine.Memory().LiveBytes;
        using (var vectors = encoder.Embed(texts)) laidOut = engine.ToFloats(vectors);
        Assert.Equal(atOnce, laidOut);
        Assert.Equal(before, engine.Memory().LiveBytes);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void What_is_written_reads_back_as_the_same_model(string name)
    {
        using var golden = GoldenModel.Open("encoders", name);
        var config = EncoderConfig.Parse(golden.ConfigJson);
        Assert.True(EncoderConfig.IsEncoder(golden.ConfigJson));
        var back = EncoderConfig.Parse(config.ToJson());
        Assert.Equal(config with { Labels = [] }, back with { Labels = [] });
        Assert.Equal(config.Labels, back.Labels);
        using var encoder = Load(golden, trainable: false);
        using var folder = new Testing.TempFolder();
        SafetensorsWriter.Write(folder.Of("model.safetensors"), encoder.Sources(StoredType.F32));
        Assert.Equal(Digest(Path.Combine(golden.Folder, "model.safetensors")), Digest(folder.Of("model.safetensors")));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Checkpointing_and_threads_change_no_bit_of_a_gradient(string name)
    {
        var expected = Gradients(engine, name, checkpointing: false);
        Assert.Equal(expected, Gradients(engine, name, checkpointing: true));
        using var two = CpuEngine.Create(threads: 2);
        Assert.Equal(expected, Gradients(two, name, checkpointing: true));
    }

    [Fact]
    public void An_image_beside_others_has_the_bits_that_it_has_alone()
    {
        using var golden = GoldenModel.Open("encoders", "vit-classifier");
        using var encoder = Load(golden, trainable: false);
        var (pixels, one) = (golden.Floats("pixels"), golden.Floats("pixels").Length / golden.Ints("labels").Length);
        Assert.Equal(engine.ToFloats(encoder.Hidden(pixels)), pixels.Chunk(one).SelectMany(image => engine.ToFloats(encoder.Hidden(image))));
    }

    [Fact]
    public void A_text_beside_others_has_the_bits_that_it_has_alone()
    {
        using var golden = GoldenModel.Open("encoders", "bert");
        using var encoder = Load(golden, trainable: false);
        var (ids, types, lengths, at) = (golden.Ints("ids"), golden.Ints("types"), golden.Ints("lengths"), 0);
        var (all, alone) = (engine.ToFloats(Hidden(encoder, golden).Hidden), new List<float>());
        foreach (var length in lengths)
        {
            alone.AddRange(engine.ToFloats(encoder.Hidden(new PackedBatch(ids[at..(at + length)], [length]), null, types[at..(at + length)])));
            at += length;
        }

        Assert.Equal(all, alone);
    }

    [Fact]
    public void Files_with_the_family_before_every_name_and_old_names_of_norms_are_read()
    {
        using var golden = GoldenModel.Open("encoders", "bert");
        using var encoder = Load(golden, trainable: false);
        using var folder = new Testing.TempFolder();
        static string Old(string name) => "bert." + name.Replace("LayerNorm.weight", "LayerNorm.gamma", StringComparison.Ordinal).Replace("LayerNorm.bias", "LayerNorm.beta", StringComparison.Ordinal);
        SafetensorsWriter.Write(folder.Of("model.safetensors"), encoder.Sources(StoredType.F32).Select(s => s with { Name = Old(s.Name) }));
        using var weights = WeightFiles.Open(folder.Of());
        using var again = Encoder.Load(engine, encoder.Config, weights);
        Assert.Equal(engine.ToFloats(Hidden(encoder, golden).Hidden), engine.ToFloats(Hidden(again, golden).Hidden));
    }

    [Theory]
    [InlineData("\"position_embedding_type\": \"relative_key\"", "position_embedding_type is 'relative_key'")]
    [InlineData("\"architectures\": [\"BertForMaskedLM\"]", "begins with 'BertForMaskedLM'")]
    [InlineData("\"hidden_act\": \"mish\"", "hidden_act is 'mish'")]
    [InlineData("\"is_decoder\": true", "is_decoder is not supported")]
    [InlineData("\"quantization_config\": {}", "quantization_config asks for quantised weights")]
    [InlineData("\"pooler_act\": \"relu\"", "pooler_act is 'relu'")]
    [InlineData("\"pooler_output_size\": 4", "pooler_output_size is 4")]
    [InlineData("\"model_type\": \"deberta\"", "'deberta'; supported encoders: bert, vit")]
    public void What_cannot_be_honoured_is_refused_by_name(string field, string words)
    {
        var json = $$"""{"model_type": "bert", "vocab_size": 30, "hidden_size": 8, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16, "hidden_act": "gelu"}""";
        var key = field.Split(':')[0];
        json = json.Contains(key, StringComparison.Ordinal) ? System.Text.RegularExpressions.Regex.Replace(json, key + ": [^,}]+", field) : json.Replace("{", "{" + field + ", ", StringComparison.Ordinal);
        var error = Assert.Throws<TemperException>(() => EncoderConfig.Parse(System.Text.Encoding.UTF8.GetBytes(json)));
        Assert.Contains("unsupported_architecture", error.Problems.Select(p => p.Code));
        Assert.Contains(words, error.Message);
    }

    private static (Tensor Hidden, int[] Lengths) Hidden(Encoder encoder, GoldenModel golden) => EncoderPass.Hidden(encoder, golden);

    private static (Tensor Sum, int Count) Loss(Encoder encoder, GoldenModel golden) => EncoderPass.Loss(encoder, golden);

    private static float[][] Gradients(IEngine on, string name, bool checkpointing)
    {
        using var golden = GoldenModel.Open("encoders", name);
        using var weights = WeightFiles.Open(golden.Folder);
        using var encoder = Encoder.Load(on, EncoderConfig.Parse(golden.ConfigJson), weights, _ => true);
        using var scope = on.BeginScope();
        on.Backward(EncoderPass.Loss(encoder, golden, checkpointing).Sum);
        return [.. encoder.Trainable.Select(w => on.GradOf(w.Tensor) is { } grad ? on.ToFloats(grad) : [])];
    }

    private Encoder Load(GoldenModel golden, bool trainable)
    {
        using var weights = WeightFiles.Open(golden.Folder);
        return Encoder.Load(engine, EncoderConfig.Parse(golden.ConfigJson), weights, _ => trainable);
    }

    private static string Digest(string file)
    {
        using var reader = SafetensorsReader.Open(file);
        return string.Join('\n', reader.Tensors.OrderBy(t => t.Name, StringComparer.Ordinal).Select(t => $"{t.Name} {string.Join('x', t.Shape)} {reader.ReadFloats(t).Sum(x => (double)x)}"));
    }
}
