namespace Temper.Tensors.Tests;

public abstract partial class EngineContract
{
    /// <summary>Every operation, by name.</summary>
    public static TheoryData<string> Operations => OperationCases.Names;

    [Theory]
    [MemberData(nameof(Operations))]
    public void Values_and_gradients_are_those_in_double(string name)
    {
        foreach (var rows in new[] { 1, 7, 33 }) Compare(name, rows, views: false);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Views_count_as_the_numbers_they_show(string name) => Compare(name, 7, views: true);

    [Theory]
    [MemberData(nameof(Operations))]
    public void A_batch_without_rows_is_a_batch(string name)
    {
        Compare(name, 0, views: false);
        Compare(name, 0, views: true);
    }

    [Theory]
    [MemberData(nameof(Operations))]
    public void Recomputing_an_operation_gives_its_gradients(string name)
    {
        using var engine = Engine();
        var (plain, again) = (OperationCases.Of(name).Run(engine, 7), OperationCases.Of(name).Run(engine, 7, checkpointed: true));
        Numbers.Close(plain.Output, again.Output, Tolerance, name);
        foreach (var (i, gradient) in plain.Gradients.Index()) Numbers.Close(gradient, again.Gradients[i], Tolerance, $"{name}: gradient of input {i}");
    }

    [Fact]
    public void No_operation_of_the_port_is_without_a_case()
    {
        string[] besides = ["Detach", "Empty", "Parameter", "GradOf"];
        var methods = typeof(IEngine).GetMethods().Where(m => m.ReturnType == typeof(Tensor) || m.ReturnType == typeof(TokenLoss)).Select(m => m.Name).Except(besides);
        Assert.Empty(methods.Except(OperationCases.All.Select(c => c.Method)));
    }

    /// <summary>The engine against the one in double, whose gradients finite differences prove.</summary>
    private void Compare(string name, int rows, bool views)
    {
        using var engine = Engine();
        using var exact = CpuEngine.CreateDouble();
        var (found, expected) = (OperationCases.Of(name).Run(engine, rows, views), OperationCases.Of(name).Run(exact, rows));
        var tolerance = name == "Freeze BF16" ? Math.Max(Tolerance, BrainTolerance) : Tolerance;
        Numbers.Close(expected.Output, found.Output, tolerance, name);
        var slope = name == "Cast" ? Math.Max(Tolerance, CastTolerance) : tolerance;
        foreach (var (i, gradient) in expected.Gradients.Index()) Numbers.Close(gradient, found.Gradients[i], slope, $"{name}: gradient of input {i}");
    }
}
