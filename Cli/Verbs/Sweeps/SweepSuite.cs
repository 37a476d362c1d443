using System.CommandLine;
using Temper.Cli.Output;
using Temper.Core.Json;
using Temper.Core.Registry;
using Temper.Training.Suites;

namespace Temper.Cli.Verbs.Sweeps;

/// <summary>Asks models of a sweep the suite that it compares, and keeps each result with its version, once.</summary>
internal sealed class SweepSuite(ParseResult parsed, RegistryClient registry, Terminal terminal, Suite suite)
{
    public async Task AskAsync(SweepTrial trial, CancellationToken ct)
    {
        var model = await registry.Models.ResolveAsync(FormattableString.Invariant($"{trial.Model}:{trial.Version}"), ct);
        var score = await new SuiteRun(parsed, registry, terminal, suite).RunAsync(model, ct);
        // One result of a suite and a trial, whoever follows the sweep: the same id again changes nothing.
        var id = $"eval-{trial.JobId}-{suite.Digest.Short}";
        await registry.Models.AddEvaluationAsync(model.Pin.Name, model.Pin.Version, id, new(suite.Name, suite.Digest, score.Metrics, Wire.ToElement(new { score.Classes, score.Cases })), ct);
    }
}
