using System.CommandLine;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Estimation;
using Temper.Training.Recipes;

namespace Temper.Cli.Verbs.Trials;

internal static class EstimateVerb
{
    public static Command Build()
    {
        var recipe = new RecipeFile();
        var threads = new Option<int>("--threads") { Description = "Threads of the trial [default: every processor]", HelpName = "N" };
        var command = new Command("estimate", """
            Say what a recipe's training will take: memory by kind, tokens, steps, time with an interval, cost (`limits: {cost_per_hour: …}`).
            The data is tokenised, the base loaded, and the largest micro-batch and a few steps are tried on this machine with a learning rate of 0.
            A run that exceeds its limits is refused with what would make it smaller.

            Examples:
              temper estimate recipe.yaml
              temper estimate recipe.yaml --set limits.memory_gib=4
            """) { threads };
        recipe.AddTo(command);
        command.SetAction((parsed, ct) => RunAsync(parsed, recipe, parsed.GetValue(threads), ct));
        return command;
    }

    /// <summary>The estimate of a prepared run on this machine.</summary>
    public static RunEstimate Estimate(TrialPlace place, Recipe recipe, int threads)
    {
        var processes = recipe.Training.DataParallelSize ?? 1;
        var share = processes == 1 ? threads : Math.Max(1, (threads > 0 ? threads : Environment.ProcessorCount) / processes);
        using var engine = CpuEngine.Create(share, matrix: recipe.Training.Bf16 ? MatrixPath.Bf16 : MatrixPath.Exact);
        try
        {
            return place.Run.Estimate(engine, TimeProvider.System);
        }
        finally
        {
            place.Run.Dispose(); // The model goes before its engine.
        }
    }

    private static async Task<int> RunAsync(ParseResult parsed, RecipeFile file, int threads, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var recipe = await file.ReadAsync(parsed, terminal, ct);
        using var place = await TrialPlace.OpenAsync(parsed, recipe, file.Name(parsed), ct);
        var estimate = await Task.Run(() => Estimate(place, recipe, threads), ct);
        TrialView.Show(terminal, estimate);
        terminal.Document(estimate);
        return estimate.Problems.Count == 0 ? 0 : throw new TemperException(estimate.Problems);
    }
}
