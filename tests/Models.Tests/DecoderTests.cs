using Temper.Tensors;

namespace Temper.Models.Tests;

public sealed class DecoderTests : IDisposable
{
    private readonly IEngine engine = CpuEngine.Create(threads: 1);

    public void Dispose() => engine.Dispose();

    [Fact]
    public void Logits_are_those_of_PyTorch()
    {
        using var decoder = TinyModel.Load(engine);
        var documents = TinyModel.Documents;
        for (var i = 0; i < documents.Length; i++)
        {
            var expected = TinyModel.Floats(TinyModel.Golden.GetProperty("logits")[i]);
            Assert.InRange(TinyModel.LargestDifference(expected, TinyModel.Logits(decoder, new PackedBatch(documents[i], [documents[i].Length]))), 0, 1e-5f);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Loss_and_every_gradient_are_those_of_PyTorch(bool checkpointing)
    {
        using var decoder = TinyModel.Load(engine, trainable: true);
        using var golden = SafetensorsReader.Open(TinyModel.DataPath("tiny-llama-grads.safetensors"));
        var batch = PackedBatch.Of(TinyModel.Examples);
        Assert.Equal(TinyModel.Golden.GetProperty("labels").GetInt32(), batch.LabelCount);
        using var scope = engine.BeginScope();
        var loss = decoder.Loss(batch, new ForwardOptions { Recompute = checkpointing ? Recomputation.Blocks : Recomputation.Nothing });
        Assert.Equal(TinyModel.Golden.GetProperty("loss").GetDouble(), engine.ScalarOf(loss.Sum) / batch.LabelCount, 1e-5);
        engine.Backward(loss.Sum, 1.0 / batch.LabelCount);
        foreach (var (name, tensor) in decoder.Trainable)
        {
            var expected = golden.ReadFloats(golden.Find(name)!);
            var found = engine.ToFloats(engine.GradOf(tensor)!);
            Assert.InRange(RelativeError(expected, found), 0, 1e-4);
        }
    }

    [Fact]
    public void Checkpointing_changes_no_bit_of_a_gradient()
    {
        Assert.Equal(Gradients(Recomputation.Nothing), Gradients(Recomputation.FeedForward));
        Assert.Equal(Gradients(Recomputation.Nothing), Gradients(Recomputation.Blocks));
    }

    [Fact]
    public void Ten_steps_of_AdamW_lose_as_in_PyTorch()
    {
        using var decoder = TinyModel.Load(engine, trainable: true);
        var (matrices, norms) = (decoder.Trainable.Where(w => !w.Name.Contains("norm", StringComparison.Ordinal)), decoder.Trainable.Where(w => w.Name.Contains("norm", StringComparison.Ordinal)));
        using var optimizer = engine.AdamW([new ParameterGroup([.. matrices.Select(w => w.Tensor)], 0.1), new ParameterGroup([.. norms.Select(w => w.Tensor)])], new AdamWOptions());
        var batch = PackedBatch.Of(TinyModel.Examples);
        for (var step = 0; step < 10; step++)
        {
            using var scope = engine.BeginScope();
            var loss = decoder.Loss(batch);
            Assert.Equal(TinyModel.Golden.GetProperty("losses")[step].GetDouble(), engine.ScalarOf(loss.Sum) / batch.LabelCount, 1e-5);
            engine.Backward(loss.Sum, 1.0 / batch.LabelCount);
            Assert.Equal(1, optimizer.ClipNorm(1.0) / TinyModel.Golden.GetProperty("norms")[step].GetDouble(), 1e-4);
            optimizer.Step(1e-2 * (step < 2 ? step / 2.0 : 0.5 * (1 + Math.Cos(Math.PI * (step - 2) / 8))));
            optimizer.ZeroGrad();
        }
    }

    [Fact]
    public void Packed_documents_have_the_logits_that_they_have_alone()
    {
        using var decoder = TinyModel.Load(engine);
        var documents = TinyModel.Documents;
        var packed = TinyModel.Logits(decoder, new PackedBatch([.. documents.SelectMany(d => d)], [.. documents.Select(d => d.Length)]));
        var alone = documents.SelectMany(d => TinyModel.Logits(decoder, new PackedBatch(d, [d.Length])));
        Assert.Equal(alone, packed);
    }

    [Fact]
    public void Decoding_with_a_cache_gives_the_bits_of_the_full_pass_in_any_chunks_and_company()
    {
        using var decoder = TinyModel.Load(engine);
        using var cache = new KvCache(engine, decoder.Config, slots: 3, capacity: 40);
        var documents = TinyModel.Documents;
        var vocabulary = decoder.Config.VocabularySize;
        var full = documents.Select(d => TinyModel.Logits(decoder, new PackedBatch(d, [d.Length]))).ToArray();
        var slots = documents.Select(_ => cache.Open()).ToArray();
        Step([(0, 5), (2, 1)]);
        Step([(1, 8), (0, 1), (2, 3)]);
        decoder.Prepack();
        Step([(2, 1), (0, 1)]);
        cache.Truncate(slots[0], 4);
        Step([(0, 9), (1, 1)]);
        Assert.ThrowsAny<ArgumentException>(() => cache.Truncate(slots[1], 10));

        void Step((int Document, int Count)[] steps)
        {
            var appends = steps.Select(s => new CacheAppend(slots[s.Document], documents[s.Document].AsSpan(cache.Length(slots[s.Document]), s.Count).ToArray())).ToArray();
            var logits = engine.ToFloats(decoder.Append(cache, appends));
            for (var i = 0; i < steps.Length; i++)
            {
                var last = cache.Length(slots[steps[i].Document]) - 1;
                Assert.Equal(full[steps[i].Document].AsSpan(last * vocabulary, vocabulary).ToArray(), logits.AsSpan(i * vocabulary, vocabulary).ToArray());
            }
        }
    }

    [Fact]
    public void A_cache_refuses_what_does_not_fit()
    {
        using var decoder = TinyModel.Load(engine);
        using var cache = new KvCache(engine, decoder.Config, slots: 1, capacity: 4);
        var slot = cache.Open();
        Assert.Throws<InvalidOperationException>(() => cache.Open());
        Assert.Throws<ArgumentException>(() => decoder.Append(cache, [new CacheAppend(slot, [1, 2, 3, 4, 5])]));
        Assert.Throws<ArgumentException>(() => decoder.Append(cache, [new CacheAppend(slot, [])]));
        Assert.Equal(0, cache.Length(slot));
        cache.Close(slot);
        Assert.Equal(1, cache.FreeSlots);
        Assert.Throws<ArgumentException>(() => decoder.Append(cache, [new CacheAppend(slot, [1])]));
    }

    [Fact]
    public void An_embedding_is_the_mean_hidden_state_of_its_document()
    {
        using var decoder = TinyModel.Load(engine);
        var documents = TinyModel.Documents;
        var batch = new PackedBatch([.. documents[0], .. documents[1]], [documents[0].Length, documents[1].Length]);
        using var scope = engine.BeginScope();
        var hidden = engine.ToFloats(decoder.Hidden(batch));
        var means = engine.ToFloats(decoder.Embed(batch));
        var width = decoder.Config.HiddenSize;
        for (var d = 0; d < width; d++)
        {
            var mean = Enumerable.Range(documents[0].Length, documents[1].Length).Average(t => (double)hidden[t * width + d]);
            Assert.Equal(mean, means[width + d], 1e-5);
        }
    }

    [Fact]
    public void A_random_model_is_a_function_of_its_seed()
    {
        using var a = Decoder.Create(engine, TinyModel.Config, 5);
        using var b = Decoder.Create(engine, TinyModel.Config, 5);
        using var c = Decoder.Create(engine, TinyModel.Config, 6);
        var bits = a.Weights.Select(w => engine.ToFloats(w.Tensor)).ToArray();
        Assert.Equal(bits, b.Weights.Select(w => engine.ToFloats(w.Tensor)));
        Assert.NotEqual(bits[0], engine.ToFloats(c.Weights[0].Tensor));
        Assert.InRange(bits[0].Average(x => x * x), 0.0003, 0.0005);
        Assert.All(a.Trainable, w => Assert.True(w.Tensor.RequiresGrad));
    }

    [Fact]
    public void The_first_token_of_a_document_is_never_a_label()
    {
        var batch = new PackedBatch([5, 6, 7, 8], [2, 2]) { Supervised = [true, true, true, true] };
        Assert.Equal(2, batch.LabelCount);
    }

    private float[][] Gradients(Recomputation recompute)
    {
        using var decoder = TinyModel.Load(engine, trainable: true);
        using var scope = engine.BeginScope();
        engine.Backward(decoder.Loss(PackedBatch.Of(TinyModel.Examples), new ForwardOptions { Recompute = recompute }).Sum);
        return [.. decoder.Trainable.Select(w => engine.ToFloats(engine.GradOf(w.Tensor)!))];
    }

    internal static double RelativeError(float[] expected, float[] found) =>
        Math.Sqrt(expected.Zip(found, (x, y) => ((double)x - y) * ((double)x - y)).Sum() / expected.Sum(x => (double)x * x));
}
