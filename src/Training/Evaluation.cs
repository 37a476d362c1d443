using Temper.Models;
using Temper.Training.Planning;

namespace Temper.Training;

/// <summary>Loss and accuracy on held-out examples, each token counting once.</summary>
/// <param name="Loss">Mean of -log p over supervised tokens.</param>
/// <param name="TokenAccuracy">Share of supervised tokens that the model would have said.</param>
/// <param name="Tokens">Supervised tokens.</param>
public sealed record Evaluation(double Loss, double TokenAccuracy, long Tokens)
{
    /// <summary>Measures a run's held-out examples. No graph, no dropout, no state: training bits do not change.</summary>
    public static Evaluation Of(TrainRun run)
    {
        var engine = run.Model.Engine;
        using var frozen = engine.NoGrad();
        var (sum, correct, tokens) = (0.0, 0.0, 0L);
        foreach (var micro in Batches.InOrder(run.HeldOut, run.Recipe))
        {
            using var scope = engine.BeginScope();
            var loss = run.Model.Loss(micro.Batch, new ForwardOptions { Adapter = run.Adapter });
            sum += engine.ScalarOf(loss.Sum);
            correct += engine.ScalarOf(loss.Correct);
            tokens += (long)engine.ScalarOf(loss.Tokens);
        }
        return new(sum / Math.Max(1, tokens), correct / Math.Max(1, tokens), tokens);
    }

    internal void AddTo(SortedDictionary<string, double> metrics)
    {
        if (Tokens == 0 || !double.IsFinite(Loss))
            return;
        metrics["eval_loss"] = Loss;
        metrics["eval_token_accuracy"] = TokenAccuracy;
    }
}
