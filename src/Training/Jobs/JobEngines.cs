using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Training.Jobs;

/// <summary>Makes an engine with that many threads (0: every processor). <paramref name="matrix"/> is what the recipe asks for; an engine that has
/// only one way of multiplying ignores it; <see cref="EngineInfo"/> says what came of it.</summary>
public delegate IEngine EngineFactory(int threads, MatrixPath matrix);

/// <summary>Engines that need no plug-in.</summary>
public static class JobEngines
{
    /// <summary>By name. With <paramref name="allowed"/> exact, recipes that ask for bf16 products get exact ones.</summary>
    public static IReadOnlyDictionary<string, EngineFactory> BuiltIn(MatrixPath allowed) => new Dictionary<string, EngineFactory>
    {
        ["cpu"] = (threads, asked) => CpuEngine.Create(threads, matrix: allowed == MatrixPath.Exact ? MatrixPath.Exact : asked),
    };

    /// <summary>What the variable TEMPER_MATRIX says: <c>exact</c> switches the bf16 matrix instructions off for every job of a worker; nothing, or
    /// <c>bf16</c>, leaves the choice to recipes.</summary>
    /// <exception cref="TemperException">Code <c>usage</c>: another word.</exception>
    public static MatrixPath Allowed(string? text) => text switch
    {
        null or "" or "bf16" => MatrixPath.Bf16,
        "exact" => MatrixPath.Exact,
        _ => throw new TemperException("usage", $"TEMPER_MATRIX is '{text}', expected exact or bf16.", "Set it to exact to compute everything in f32, or remove it."),
    };

    /// <summary>Why products are exact although a recipe asks for bf16, for the log; null when they are not.</summary>
    internal static string? WhyExact(bool bf16, EngineInfo engine)
    {
        var (id, missing) = CpuEngine.Bf16Support;
        var reason = engine.NumericsId != CpuEngine.NumericsId ? engine.WhyExact
            : id == CpuEngine.NumericsId ? missing : "the matrix instructions are switched off here";
        return bf16 && reason is not null ? $"Frozen weights are kept in bf16, but multiplied in f32: {reason}." : null;
    }
}
