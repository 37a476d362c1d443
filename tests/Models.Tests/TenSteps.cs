using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Ten AdamW steps with warmup, cosine, decay of matrices and clipping, as in tests/reference/golden.py.</summary>
internal static class TenSteps
{
    /// <summary>Checks every loss and norm and returns the largest difference of a loss.</summary>
    public static double Run(IEngine engine, IReadOnlyList<NamedTensor> trained, GoldenModel golden, Func<(Tensor Sum, int Count)> loss)
    {
        ParameterGroup Group(bool matrices, double decay) => new([.. trained.Where(w => w.Tensor.Rank > 1 == matrices).Select(w => w.Tensor)], decay);
        using var optimizer = engine.AdamW([Group(true, 0.1), Group(false, 0)], new AdamWOptions());
        var (losses, norms, worst) = (golden.Floats("losses"), golden.Floats("norms"), 0.0);
        for (var step = 0; step < 10; step++)
        {
            using var scope = engine.BeginScope();
            var (sum, count) = loss();
            var difference = Math.Abs(losses[step] - engine.ScalarOf(sum) / count);
            Assert.True(difference <= 1e-5, $"step {step}: {difference:E1}");
            worst = Math.Max(worst, difference);
            engine.Backward(sum, 1.0 / count);
            Assert.Equal(1, optimizer.ClipNorm(1.0) / norms[step], 1e-4);
            optimizer.Step(1e-2 * (step < 2 ? step / 2.0 : 0.5 * (1 + Math.Cos(Math.PI * (step - 2) / 8))));
            optimizer.ZeroGrad();
        }

        return worst;
    }
}
