using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Training.Tests.Tasks;

/// <summary>Tasks in a job's own process, against a registry.</summary>
public sealed class TaskJobTests
{
    [Fact]
    public async Task A_job_that_prefers_and_a_job_that_classifies_publish_versions_with_what_they_measured()
    {
        await using var live = await LiveRegistry.StartAsync();
        await live.SealDatasetAsync("pairs", [.. Enumerable.Range(0, 8).Select(i => new CanonicalRecord(Digest.OfText($"pair {i}"), RecordKind.Preference, new("pairs.jsonl", i + 1, 0))
        {
            Prompt = $"where is box {i}?",
            Chosen = new(" it is here"),
            Rejected = new(" how much is it"),
        })]);
        await live.SealDatasetAsync("labels", [.. Enumerable.Range(0, 12).Select(i => new CanonicalRecord(Digest.OfText($"text {i}"), RecordKind.Labelled, new("labels.jsonl", i + 1, 0))
        {
            Text = i % 2 == 0 ? $"where is the box {i}" : $"how much is {i}",
            Class = i % 2 == 0 ? "place" : "price",
        })]);
        var preferred = await live.WorkUntilEndedAsync((await live.SubmitAsync("task: dpo\nlora: {r: 4}\ndata: {max_length: 64}\ntraining: {max_steps: 4}", "pairs")).Id, live.Options());
        Assert.Equal((WorkState.Completed, ""), (preferred.State, string.Join(' ', preferred.Errors.Select(e => e.Message))));
        Assert.Contains("rewards/margins", (await live.Client.Jobs.MetricsAsync(preferred.Id, 0, default)).Items[^1].Values.Keys);

        var sorted = await live.WorkUntilEndedAsync((await live.SubmitAsync("task: sequence_classification\nlora: {r: 4}\ndata: {max_length: 64, validation: 3}\ntraining: {max_steps: 6}", "labels")).Id, live.Options(dieAt: "train.result_file"));
        Assert.Equal((WorkState.Completed, 2, ""), (sorted.State, sorted.Attempt, string.Join(' ', sorted.Errors.Select(e => e.Message))));
        using var report = JsonDocument.Parse(await live.FileOfAsync(2, "classification_report.json"));
        Assert.Equal(3, report.RootElement.GetProperty("records").GetInt32());
        using var labels = JsonDocument.Parse(await live.FileOfAsync(2, "classifier_labels.json"));
        Assert.Equal(1, labels.RootElement.GetProperty("label2id").GetProperty("price").GetInt32());
    }
}
