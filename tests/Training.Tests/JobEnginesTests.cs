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
        Assert.Null(JobEngines.WhyExact(false, CpuEngine.NumericsId));
        Assert.Null(JobEngines.WhyExact(true, "cpu-bf16-avx512-v1"));
        var said = JobEngines.WhyExact(true, CpuEngine.NumericsId);
        Assert.Contains(CpuEngine.Bf16Support.NumericsId == CpuEngine.NumericsId ? CpuEngine.Bf16Support.Missing : "switched off", said, StringComparison.Ordinal);
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
