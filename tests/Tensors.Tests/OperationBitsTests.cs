namespace Temper.Tensors.Tests;

/// <summary>The promise of <see cref="CpuEngine.NumericsId"/>, operation by operation.</summary>
public sealed class OperationBitsTests
{
    public static TheoryData<string> Operations => OperationCases.Names;

    public static TheoryData<string> RowWise => [.. OperationCases.All.Where(c => c.RowWise).Select(c => c.Name)];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Threads_vector_width_views_and_recomputation_change_no_bit(string name)
    {
        var operation = OperationCases.Of(name);
        using var one = CpuEngine.Create(1);
        using var two = CpuEngine.Create(2);
        using var narrow = CpuEngine.Create(3, VectorWidth.Bits256);
        using var scalar = CpuEngine.Create(1, VectorWidth.Scalar);
        foreach (var rows in new[] { 7, 33 })
        {
            var expected = operation.Run(one, rows);
            foreach (var engine in new[] { two, narrow, scalar }) Same(expected, operation.Run(engine, rows));
            Same(expected, operation.Run(two, rows, views: true));
            Same(expected, operation.Run(two, rows, checkpointed: true));
        }
    }

    [Theory]
    [MemberData(nameof(RowWise))]
    public void A_row_has_the_same_bits_alone_and_in_a_batch(string name)
    {
        const int rows = 33;
        using var engine = CpuEngine.Create(2);
        var operation = OperationCases.Of(name);
        var together = operation.Run(engine, rows).Output;
        Assert.Equal(together, Enumerable.Range(0, rows).SelectMany(row => operation.Alone(engine, rows, row)));
    }

    private static void Same((double[] Output, double[][] Gradients) expected, (double[] Output, double[][] Gradients) found)
    {
        Assert.Equal(expected.Output, found.Output);
        Assert.Equal(expected.Gradients, found.Gradients);
    }
}
