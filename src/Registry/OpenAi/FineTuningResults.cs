using System.Globalization;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Registry.Jobs;

namespace Temper.Registry.OpenAi;

/// <summary>The result file of a job: its numbers, a line a step.</summary>
internal sealed class FineTuningResults(JobQueries queries)
{
    private const string Prefix = "result-";

    private static readonly (string Column, string Key)[] Columns =
        [("train_loss", "loss"), ("train_accuracy", "token_accuracy"), ("valid_loss", "eval_loss"), ("valid_mean_token_accuracy", "eval_token_accuracy")];

    public static string IdOf(WorkId job) => $"{Prefix}{job}";

    public static bool IsResult(string id) => id.StartsWith(Prefix, StringComparison.Ordinal);

    /// <summary><c>step,train_loss,train_accuracy,valid_loss,valid_mean_token_accuracy</c>; what was not measured is empty.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>.</exception>
    public async Task<Stream> OpenAsync(string id, CancellationToken ct)
    {
        var job = FineTuningJobs.IdOf(id[Prefix.Length..]);
        if (await queries.FindAsync(job, ct) is null)
            throw new TemperException([new("not_found", $"There is no file '{id}'.") { Path = "id" }]);
        var text = new StringBuilder("step,").AppendJoin(',', Columns.Select(column => column.Column)).Append('\n');
        foreach (var point in await queries.AllMetricsAsync(job, ct))
            text.Append(point.Step.ToString(CultureInfo.InvariantCulture)).Append(',')
                .AppendJoin(',', Columns.Select(column => point.Values.TryGetValue(column.Key, out var value) ? value.ToString("R", CultureInfo.InvariantCulture) : "")).Append('\n');
        return new MemoryStream(Encoding.UTF8.GetBytes(text.ToString()), writable: false);
    }
}
