using Temper.Tensors;

namespace Temper.Training.Jobs;

/// <summary>Makes an engine with that many threads (0: every processor).</summary>
public delegate IEngine EngineFactory(int threads);

/// <summary>A job's own process.</summary>
public static class JobProcess
{
    /// <summary>Engines that need no plug-in.</summary>
    public static readonly IReadOnlyDictionary<string, EngineFactory> BuiltInEngines = new Dictionary<string, EngineFactory> { ["cpu"] = threads => CpuEngine.Create(threads) };

    /// <summary>
    /// Reads a <see cref="JobStart"/> line, runs the job, finishes the row. Exit code 0: the row has its last word; 3: it has none (lease lost).
    /// The process ends at once when <paramref name="input"/> ends.
    /// </summary>
    /// <param name="input">Standard input.</param>
    /// <param name="engines">By name; plug-ins add theirs.</param>
    /// <param name="codeVersion">Product version and commit, for the lineage.</param>
    /// <param name="clock">Time.</param>
    public static Task<int> RunAsync(Stream input, IReadOnlyDictionary<string, EngineFactory> engines, string codeVersion, TimeProvider clock) =>
        throw new NotSupportedException($"{input} {engines} {codeVersion} {clock}");
}
