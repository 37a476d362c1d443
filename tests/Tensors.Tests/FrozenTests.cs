namespace Temper.Tensors.Tests;

/// <summary>Frozen weights of the CPU engine.</summary>
public sealed class FrozenTests
{
    [Fact]
    public void A_frozen_weight_is_refused_where_its_elements_would_be_needed()
    {
        using var engine = CpuEngine.Create(2);
        using var scope = engine.BeginScope();
        var frozen = Frozen(engine, FrozenForm.BF16, 4, 4);
        Assert.Throws<DTypeMismatchException>(() => engine.Add(frozen, frozen));
        Assert.Throws<DTypeMismatchException>(() => engine.Parameter(frozen));
        Assert.Throws<IndexOutsideException>(() => engine.Download(frozen, 0, new byte[4]));
        Assert.Throws<ShapeMismatchException>(() => engine.Freeze(FrozenForm.NF4, 0, 4, (_, _) => { }));
    }

    [Theory]
    [InlineData(FrozenForm.BF16, 2.0)]
    [InlineData(FrozenForm.Int8, 1.125)]
    [InlineData(FrozenForm.NF4, 0.5625)]
    [InlineData(FrozenForm.NF4Nested, 0.515625)]
    public void A_frozen_weight_takes_the_bytes_that_its_form_says(FrozenForm form, double bytes)
    {
        using var engine = CpuEngine.Create(1);
        var before = engine.Memory().LiveBytes;
        using var weight = Frozen(engine, form, 1024, 512);
        Assert.InRange(engine.Memory().LiveBytes - before, 1024 * 512 * bytes, 1024 * 512 * bytes * 1.25);
        Assert.Equal("Frozen [1024, 512]", weight.ToString());
    }

    private static Tensor Frozen(IEngine engine, FrozenForm form, long outputs, long inputs) =>
        engine.Freeze(form, outputs, inputs, (first, rows) => Philox.FillNormal(new RandomKey(1, 2), rows, 0, 1, first * inputs));
}
