using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Jobs;

namespace Temper.Training.Tests;

public sealed class JobEnginesTests
{
    [Fact]
    public void A_worker_may_switch_bf16_products_off_for_every_recipe()
    {
        using var allowed = JobEngines.BuiltIn(MatrixPath.Bf16)["cpu"](1, MatrixPath.Bf16);
        using var plain = JobEngines.BuiltIn(MatrixPath.Bf16)["cpu"](1, MatrixPath.Exact);
        using var off = JobEngines.BuiltIn(JobEngines.Allowed("exact"))["cpu"](1, MatrixPath.Bf16);
        Assert.Equal(CpuEngine.Bf16Support.NumericsId, allowed.Info.NumericsId);
        Assert.Equal(CpuEngine.NumericsId, plain.Info.NumericsId);
        Assert.Equal(CpuEngine.NumericsId, off.Info.NumericsId);
    }

    [Fact]
    public void The_log_says_why_products_are_exact_although_bf16_was_asked_for()
    {
        var exact = new EngineInfo("cpu", "cpu", DType.F32, CpuEngine.NumericsId, 1, Deterministic: true);
        Assert.Null(JobEngines.WhyExact(false, exact));
        Assert.Null(JobEngines.WhyExact(true, exact with { NumericsId = "cpu-bf16-avx512-v1" }));
        var said = JobEngines.WhyExact(true, exact);
        Assert.Contains(CpuEngine.Bf16Support.NumericsId == CpuEngine.NumericsId ? CpuEngine.Bf16Support.Missing : "switched off", said, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_says_what_an_engine_of_a_plug_in_says()
    {
        var card = new EngineInfo("torchsharp", "cuda", DType.F32, "torch-2.10.0-CUDA-f32", 1, Deterministic: false) { WhyExact = "this GPU has compute capability 7.5" };
        Assert.Contains("compute capability 7.5", JobEngines.WhyExact(true, card), StringComparison.Ordinal);
        Assert.Null(JobEngines.WhyExact(false, card));
        Assert.Null(JobEngines.WhyExact(true, card with { NumericsId = "torch-2.10.0-CUDA-f32-bf16", WhyExact = null }));
    }

    [Theory]
    [InlineData(null, MatrixPath.Bf16)]
    [InlineData("bf16", MatrixPath.Bf16)]
    [InlineData("exact", MatrixPath.Exact)]
    public void The_switch_has_two_words(string? text, MatrixPath expected) => Assert.Equal(expected, JobEngines.Allowed(text));

    [Fact]
    public void Another_word_is_refused() =>
        Assert.Equal("usage", Assert.Throws<TemperException>(() => JobEngines.Allowed("off")).Code);
}
