using System.Globalization;
using System.Text;
using Temper.Core.Work;

namespace Temper.Training.Results;

/// <summary><c>results.csv</c>: a line a step in the columns of OpenAI's result files; a cell is empty where nothing was measured.</summary>
internal static class ResultsTable
{
    private static readonly (string Column, string Metric)[] Columns =
    [
        ("train_loss", "loss"), ("train_accuracy", "token_accuracy"), ("valid_loss", "eval_loss"), ("valid_mean_token_accuracy", "eval_token_accuracy"), ("learning_rate", "learning_rate"), ("grad_norm", "grad_norm"),
    ];

    /// <summary>The file. The same run gives the same bytes.</summary>
    public static byte[] Bytes(IReadOnlyList<StepMetrics> log)
    {
        var text = new StringBuilder("step").AppendJoin("", Columns.Select(c => "," + c.Column)).Append('\n');
        foreach (var step in log)
        {
            text.Append(CultureInfo.InvariantCulture, $"{step.Step}");
            foreach (var (_, metric) in Columns)
                text.Append(',').Append(step.Values.TryGetValue(metric, out var value) ? value.ToString("R", CultureInfo.InvariantCulture) : "");
            text.Append('\n');
        }
        return Encoding.UTF8.GetBytes(text.ToString());
    }
}
