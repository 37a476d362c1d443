using System.Text;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Training.Data;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

/// <summary>A dataset of its own that is measured, and a chat template of the recipe's choice, in real jobs.</summary>
public sealed class ValidationTests
{
    private const string Job = "lora: {r: 4}\ndata: {max_length: 128, VALIDATION}\ntraining: {learning_rate: 0.01, max_steps: 4, per_device_train_batch_size: 4, eval_strategy: epoch, save_strategy: \"no\"}";

    [Fact]
    public async Task Another_dataset_is_measured_and_named_by_the_lineage_and_all_records_of_the_first_are_trained_on()
    {
        await using var live = await LiveRegistry.StartAsync();
        await live.SealDatasetAsync("exam", 5);
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync(Job.Replace("VALIDATION", "validation: exam", StringComparison.Ordinal))).Id, live.Options());
        Assert.True(job.State == WorkState.Completed, live.Log.ToString());
        var state = Encoding.UTF8.GetString(await live.FileOfAsync(1, "trainer_state.json"));
        Assert.Contains("\"train_examples\": 16", state, StringComparison.Ordinal);
        Assert.Contains("\"eval_examples\": 5", state, StringComparison.Ordinal);
        Assert.Contains("\"eval_loss\"", state, StringComparison.Ordinal);
        var lineage = (await live.Client.Models.FindAsync(ResourceName.Parse("bot"), 1, default))!.Lineage!;
        Assert.Equal("exam", lineage.Validation!.Name.ToString());
        Assert.Contains("\"validation\"", Encoding.UTF8.GetString(await live.FileOfAsync(1, "lineage.json")), StringComparison.Ordinal);
        Assert.Equal("not_found", (await Assert.ThrowsAsync<TemperException>(() => live.SubmitAsync(Job.Replace("VALIDATION", "validation: nowhere", StringComparison.Ordinal)))).Code);
    }

    [Fact]
    public async Task A_result_keeps_the_chat_template_that_it_was_trained_with()
    {
        const string mine = "{%- for m in messages %}{{- '<|im_start|>' + m['role'] | upper + ': ' }}{%- if m['role'] == 'assistant' %}{% generation %}{{- m['content'] + '<|im_end|>' }}{% endgeneration %}{%- else %}{{- m['content'] + '<|im_end|>' }}{%- endif %}{%- endfor %}{%- if add_generation_prompt %}{{- '<|im_start|>ASSISTANT: ' }}{%- endif %}";
        await using var live = await LiveRegistry.StartAsync();
        var recipe = RecipeReader.ReadNoted("lora: {r: 2}\ndata: {max_length: 128, chat_template: mine.jinja}\ntraining: {max_steps: 1, save_strategy: \"no\"}", "r.yaml", [], null, name => name == "mine.jinja" ? mine : null).Recipe;
        Assert.Equal(mine, recipe.Data.ChatTemplate);
        var job = await live.WorkUntilEndedAsync((await live.SubmitAsync(recipe.ToJson().GetRawText())).Id, live.Options());
        Assert.True(job.State == WorkState.Completed, live.Log.ToString());
        Assert.Equal(mine, Encoding.UTF8.GetString(await live.FileOfAsync(1, "chat_template.jinja")));

        var wrong = await live.WorkUntilEndedAsync((await live.SubmitAsync("lora: {r: 2}\ndata: {max_length: 128, chat_template: llama3}\ntraining: {max_steps: 1}")).Id, live.Options());
        Assert.Equal((WorkState.Failed, "turn_end_not_trained"), (wrong.State, wrong.Errors[0].Code));
    }

    [Fact]
    public async Task Records_that_are_measured_and_trained_on_are_told_of()
    {
        var records = Enumerable.Range(0, 6).Select(i => new CanonicalRecord(Digest.OfText($"r{i}"), RecordKind.Text, new("a.jsonl", i + 1, 0)) { Text = $"text {i}" }).ToArray();
        var data = await new Preflight(new Words(), Tiny.Recipe("data: {validation: exam}")).RunAllAsync(
            [new(new("exam"), Digest.OfText("b"), records[3..]) { Measured = true }, new(new("facts"), Digest.OfText("a"), records[..4])], default);
        Assert.Equal((4, 3, 4), (data.Train.Count, data.HeldOut.Count, Assert.Single(data.Parts).Count));
        Assert.Contains("1 of 3 records of the validation dataset are trained on, too", Assert.Single(data.Notes), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("test_datasets: [{path: exam}]")]
    [InlineData("eval_dataset: exam")]
    [InlineData("data: {validation_dataset: exam}")]
    public void Other_tools_name_it_in_their_own_words(string text) => Assert.Equal("exam", Tiny.Recipe(text).Data.ValidationDataset);

    private sealed class Words : ExampleMaker
    {
        public override IReadOnlyList<Problem> Refused(IReadOnlyList<CanonicalRecord> records) => [];

        protected override MadeExample Make(CanonicalRecord record) => new(new(record.RecId, [1, 2, 3], [false, true, true]), null);
    }
}
