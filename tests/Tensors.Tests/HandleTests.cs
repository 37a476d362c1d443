namespace Temper.Tensors.Tests;

/// <summary>Handles of tensors are used again, but nobody who still holds one by mistake meets another's numbers (docs/adr/0007).</summary>
public sealed class HandleTests
{
    private readonly IEngine engine = CpuEngine.Create(1);

    [Fact]
    public void A_tensor_whose_scope_has_ended_stays_dead_while_two_more_scopes_open_and_close()
    {
        Tensor lost;
        using (engine.BeginScope()) lost = engine.FromInts([7]);
        for (var later = 0; later < 2; later++)
        {
            using var scope = engine.BeginScope();
            using (engine.BeginScope()) Assert.DoesNotContain(lost, Many());
            Assert.DoesNotContain(lost, Many());
            Assert.Throws<ObjectDisposedException>(() => engine.ToInts(lost));
            lost.Dispose();
        }

        Assert.Throws<ObjectDisposedException>(() => engine.ToInts(lost));
    }

    [Fact]
    public void Handles_are_used_again_when_they_have_rested()
    {
        var first = InScope();
        InScope();
        InScope();
        Assert.Equal(first.Length, InScope().Intersect(first).Count());
    }

    [Fact]
    public void Tensors_of_callers_may_be_disposed_as_late_and_as_often_as_they_like()
    {
        Tensor outside = engine.FromInts([1]), parameter = engine.Parameter(engine.FromFloats([1])), kept;
        using (var scope = engine.BeginScope()) kept = scope.Keep(engine.FromInts([2]));
        Tensor[] mine = [outside, parameter, kept];
        foreach (var tensor in mine) tensor.Dispose();
        for (var i = 0; i < 5; i++) InScope();
        using (engine.BeginScope())
        {
            var others = Many();
            Assert.Empty(others.Intersect(mine));
            foreach (var tensor in mine) tensor.Dispose();
            Assert.Equal(Enumerable.Range(0, others.Length), others.Select(other => engine.ToInts(other)[0]));
        }
    }

    [Fact]
    public void A_scope_or_a_switch_that_is_disposed_twice_ends_once()
    {
        var outer = engine.BeginScope();
        var inner = engine.BeginScope();
        inner.Dispose();
        inner.Dispose();
        var alive = engine.FromInts([3]);
        var off = engine.NoGrad();
        using (engine.NoGrad())
        {
            off.Dispose();
            off.Dispose();
            Assert.False(engine.Scale(engine.Parameter(engine.FromFloats([1])), 2).RequiresGrad);
        }

        Assert.Equal([3], engine.ToInts(alive));
        outer.Dispose();
        Assert.Throws<ObjectDisposedException>(() => engine.ToInts(alive));
    }

    [Fact]
    public void Shapes_of_any_rank_come_back()
    {
        using var scope = engine.BeginScope();
        foreach (var rank in Enumerable.Range(0, 9))
        {
            long[] shape = [.. Enumerable.Range(0, rank).Select(i => i % 3 + 1L)];
            Assert.Equal(shape, engine.Empty(DType.I32, shape).Shape.ToArray());
        }
    }

    private Tensor[] InScope()
    {
        using var scope = engine.BeginScope();
        return Many();
    }

    private Tensor[] Many() => [.. Enumerable.Range(0, 50).Select(i => engine.FromInts([i]))];
}
