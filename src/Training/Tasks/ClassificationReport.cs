using System.Text.Json;
using Temper.Core.Json;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training.Tasks;

/// <summary>How well one class is told from the others.</summary>
/// <param name="Precision">Share of the inputs said to be of it that are; 0 where none was.</param>
/// <param name="Recall">Share of its inputs that were found; 0 where it has none.</param>
/// <param name="F1">2·p·r / (p + r); 0 where both are.</param>
/// <param name="Support">Its inputs.</param>
public sealed record ClassScore(double Precision, double Recall, double F1, int Support);

/// <summary><c>classification_report.json</c>: a classifier on the held-out records.</summary>
/// <param name="Records">Inputs.</param>
/// <param name="Accuracy">Share that is right.</param>
/// <param name="MacroF1">Mean of the classes' F1, each counting once.</param>
/// <param name="Classes">By label, in the order of the outputs.</param>
/// <param name="ConfusionMatrix">Row: true class; column: the one that was said.</param>
public sealed record ClassificationReport(int Records, double Accuracy, double MacroF1, IReadOnlyList<KeyValuePair<string, ClassScore>> Classes, int[][] ConfusionMatrix)
{
    /// <summary>Name of the file.</summary>
    public const string FileName = "classification_report.json";

    /// <summary>From what is true and what was said.</summary>
    public static ClassificationReport Of(IReadOnlyList<string> labels, IEnumerable<(int True, int Said)> outcomes)
    {
        var matrix = labels.Select(_ => new int[labels.Count]).ToArray();
        foreach (var (known, said) in outcomes)
            matrix[known][said]++;
        var scores = labels.Select((label, c) => KeyValuePair.Create(label, Score(matrix, c))).ToArray();
        var (all, right) = (matrix.Sum(row => row.Sum()), Enumerable.Range(0, labels.Count).Sum(c => matrix[c][c]));
        return new(all, all == 0 ? 0 : (double)right / all, scores.Average(s => s.Value.F1), scores, matrix);
    }

    /// <summary>Of a run's held-out examples.</summary>
    public static ClassificationReport Of(ClassObjective objective, TrainRun run) => Of(objective.Model.Labels,
        Batches.InOrder(run.HeldOut, run.Recipe, objective.Lay).SelectMany(micro => micro.Classes!.Zip(objective.Predict(micro))));

    /// <summary>The file's bytes.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(new { Records, Accuracy, MacroF1, Labels = Classes.Select(c => c.Key), Classes = Classes.Select(c => new { Label = c.Key, c.Value.Precision, c.Value.Recall, c.Value.F1, c.Value.Support }), ConfusionMatrix }, Wire.Pretty);

    private static ClassScore Score(int[][] matrix, int c)
    {
        var (hits, said, known) = (matrix[c][c], matrix.Sum(row => row[c]), matrix[c].Sum());
        var (precision, recall) = (said == 0 ? 0 : (double)hits / said, known == 0 ? 0 : (double)hits / known);
        return new(precision, recall, precision + recall == 0 ? 0 : 2 * precision * recall / (precision + recall), known);
    }
}
