using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>A step of training allocates no managed memory once everything in it has been used before.</summary>
[Collection(nameof(Alone))]
public sealed class AllocationTests
{
    private const int LogitsHandle = 150;
    private static readonly PackedBatch One = Batch(40, 3, 21), Other = Batch(7, 64);

    public static TheoryData<string, WeightForm, int, Recomputation> Ways
    {
        get
        {
            var ways = new TheoryData<string, WeightForm, int, Recomputation>();
            foreach (var recompute in Enum.GetValues<Recomputation>())
            {
                foreach (var way in new[] { "full", "lora", "dropout" })
                {
                    ways.Add(way, WeightForm.Real, 1, recompute);
                    ways.Add(way, WeightForm.Real, 2, recompute);
                }

                foreach (var form in new[] { WeightForm.BF16, WeightForm.Int8, WeightForm.NF4 }) ways.Add("lora", form, 2, recompute);
            }

            return ways;
        }
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void A_training_step_allocates_nothing(string way, WeightForm form, int threads, Recomputation recompute)
    {
        using var engine = CpuEngine.Create(threads, matrix: form == WeightForm.BF16 ? MatrixPath.Bf16 : MatrixPath.Exact);
        using var files = WeightFiles.Open(TinyModel.DataPath("tiny-llama"));
        using var decoder = Decoder.Load(engine, TinyModel.Config, files, _ => way == "full", form);
        using var adapter = way == "full" ? null : LoraAdapter.Create(decoder, new LoraConfig { TargetModules = ["all-linear"], Dropout = way == "dropout" ? 0.1 : 0 }, 1);
        using var optimizer = engine.AdamW([new ParameterGroup([.. (adapter?.Weights ?? decoder.Weights).Select(w => w.Tensor)])], new AdamWOptions());
        ForwardOptions[] options = [.. Enumerable.Range(0, 20).Select(step => new ForwardOptions
        {
            Adapter = adapter,
            Recompute = recompute,
            DropoutKey = way == "dropout" ? new RandomKey(1, 2, (uint)step) : null,
        })];
        void Steps(int first, int count, PackedBatch even, PackedBatch odd)
        {
            for (var step = first; step < first + count; step++)
            {
                var batch = step % 2 == 0 ? even : odd;
                using var scope = engine.BeginScope();
                var loss = decoder.Loss(batch, options[step % options.Length]);
                engine.Backward(loss.Sum, 1.0 / batch.LabelCount);
                optimizer.ClipNorm(1);
                optimizer.Step(1e-3);
                optimizer.ZeroGrad();
            }
        }

        Steps(0, 3, One, One);
        Assert.Equal((0, 0), Allocations.Of(() => Steps(3, 5, One, One)));
        Steps(8, 3, One, Other);
        Assert.Equal((0, 0), Allocations.Of(() => Steps(11, 5, One, Other)));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void Decoding_a_token_allocates_its_logits_alone(int threads)
    {
        using var engine = CpuEngine.Create(threads);
        using var decoder = TinyModel.Load(engine);
        using var cache = new KvCache(engine, decoder.Config, 3, 256);
        int[] slots = [cache.Open(), cache.Open(), cache.Open()];
        decoder.Append(cache, [.. slots.Select(slot => new CacheAppend(slot, [1, 2, 3]))]).Dispose();
        CacheAppend[] next = [.. slots.Select(slot => new CacheAppend(slot, [4]))];
        void FiveTokens()
        {
            foreach (var slot in slots) cache.Truncate(slot, 3);
            for (var i = 0; i < 5; i++) decoder.Append(cache, next).Dispose();
        }

        for (var i = 0; i < 4; i++) FiveTokens();
        // The handle of the logits is the caller's, to be disposed whenever and however often it likes: it is not used again.
        Assert.InRange(Allocations.Of(FiveTokens).Process, 5, 5 * LogitsHandle);
    }

    private static PackedBatch Batch(params int[] lengths)
    {
        var count = lengths.Sum();
        return new PackedBatch([.. Enumerable.Range(0, count).Select(i => i * 7 % 13)], lengths) { Supervised = [.. Enumerable.Repeat(true, count)] };
    }
}
