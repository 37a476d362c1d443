using Temper.Core.Errors;
using Temper.Plugins.TorchSharp;
using Temper.Tensors;
using Temper.Tensors.Tests;

namespace Temper.Cloud.Tests;

/// <summary>The engine port's contract on libtorch. TEMPER_TORCH_DEVICE chooses the device; the default takes the processor.</summary>
[Trait("Needs", "libtorch"), Collection("libtorch")]
public sealed class TorchEngineTests : EngineContract
{
    protected override double Tolerance => 1e-4;

    protected override double CastTolerance => 1.0 / 256;

    protected override double DecodingTolerance => Tolerance;

    protected override DType Compute => DType.F32;

    protected override IEngine Engine() => TorchEngine.Create(Environment.GetEnvironmentVariable("TEMPER_TORCH_DEVICE") ?? "cpu", allowTf32: false);

    [Theory]
    [InlineData(FrozenForm.BF16)]
    [InlineData(FrozenForm.Int8)]
    [InlineData(FrozenForm.NF4)]
    public void Products_in_bf16_are_near_the_exact_ones_in_both_passes_and_have_an_id_of_their_own(FrozenForm form)
    {
        var (exact, plain) = Frozen(form, MatrixPath.Exact);
        var (narrow, chosen) = Frozen(form, MatrixPath.Bf16);
        Assert.Null(chosen.WhyExact);
        Assert.Equal($"{plain.NumericsId}-bf16", chosen.NumericsId);
        Assert.NotEqual(exact, narrow);
        Numbers.Close(exact, narrow, 0.1, form.ToString());
    }

    [Fact]
    public void A_host_says_how_many_threads_there_are()
    {
        using var before = Engine();
        using (var one = TorchEngine.Create("cpu", allowTf32: false, threads: 1))
            Assert.Equal(1, one.Info.Threads);
        using var after = TorchEngine.Create("cpu", allowTf32: false, threads: before.Info.Threads);
        Assert.Equal(before.Info.Threads, after.Info.Threads);
    }

    [Theory]
    [InlineData("cuda:99")]
    [InlineData("nowhere")]
    public void A_device_that_is_not_there_is_named_in_one_line(string device)
    {
        var error = Assert.Throws<TemperException>(() => TorchEngine.Create(device, allowTf32: false));
        Assert.Equal("engine_unavailable", error.Code);
        Assert.StartsWith($"libtorch cannot compute on '{device}': ", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Theory]
    [InlineData(FrozenForm.BF16, 1)]
    [InlineData(FrozenForm.Int8, 1)]
    [InlineData(FrozenForm.NF4, 1)]
    [InlineData(FrozenForm.Int8, 1e-6f)]
    public void A_weight_of_many_blocks_of_rows_has_the_numbers_of_the_processor_also_where_a_form_cannot_hold_some(FrozenForm form, float last)
    {
        const int rows = 6, width = 3_000_000;
        using var engine = Engine();
        using var processor = CpuEngine.Create();
        Assert.True(Widened(processor).AsSpan().SequenceEqual(Widened(engine)));

        float[] Widened(IEngine any)
        {
            using var scope = any.BeginScope();
            return any.ToFloats(any.Cast(any.Freeze(form, rows, width, Fill), DType.F32));
        }

        void Fill(long first, Span<float> target)
        {
            for (var row = 0; row < target.Length / width; row++)
            {
                var factor = first + row == rows - 1 ? last : 1;
                var numbers = target.Slice(row * width, width);
                for (var i = 0; i < width; i++)
                    numbers[i] = ((i & 1023) - 511) * factor;
            }
        }
    }

    [Fact]
    public void Steps_leave_no_tensors_behind()
    {
        using var engine = Engine();
        using var parameter = engine.Parameter(engine.Random(1, 8, 8));
        var weight = engine.Freeze(FrozenForm.BF16, 8, 8, (first, rows) => Philox.FillNormal(new RandomKey(1, 2), rows, 0, 1, first * 8));
        using var optimizer = engine.AdamW([new([parameter])], new());
        Step();
        var before = AliveTensors.Count();
        for (var i = 0; i < 5; i++)
            Step();
        Assert.Equal(before, AliveTensors.Count());

        void Step()
        {
            using var scope = engine.BeginScope();
            var y = engine.Checkpoint(x => engine.Linear(engine.Linear(x, parameter), weight), engine.Random(2, 4, 8));
            engine.Backward(engine.Weighted(y));
            optimizer.ClipNorm(1);
            optimizer.Step(0.01);
            optimizer.ZeroGrad();
        }
    }

    /// <summary>A product with a frozen weight and the slope of what went in.</summary>
    private (double[] Numbers, EngineInfo Info) Frozen(FrozenForm form, MatrixPath matrix)
    {
        using var engine = Engine();
        engine.Choose(matrix);
        using var scope = engine.BeginScope();
        var weight = engine.Freeze(form, 16, 64, (first, rows) => Philox.FillNormal(new RandomKey(1, 2), rows, 0, 1, first * 64));
        using var x = engine.Parameter(engine.Random(3, 5, 64));
        var y = engine.Linear(x, weight);
        engine.Backward(engine.Weighted(y));
        return ([.. engine.ToDoubles(y), .. engine.ToDoubles(engine.GradOf(x)!)], engine.Info);
    }
}
