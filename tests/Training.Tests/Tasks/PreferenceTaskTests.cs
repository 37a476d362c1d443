using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Training.Tests.Tasks;

/// <summary>Preference training as a job runs it.</summary>
public sealed class PreferenceTaskTests : IDisposable
{
    private readonly TaskWorld _world = new();

    public void Dispose() => _world.Dispose();

    [Theory]
    [InlineData("task: dpo\nlora: {r: 4}\n", "label_smoothing_factor: 0.05", "adapter_model.safetensors")]
    [InlineData("task: dpo\n", "loss_type: ipo", "model.safetensors")]
    [InlineData("task: orpo\nlora: {r: 4}\n", "beta: 0.2", "adapter_model.safetensors")]
    public async Task Chats_with_a_better_and_a_worse_answer_make_a_verified_result(string task, string setting, string file)
    {
        var log = await _world.RunAsync(_world.Decoder(), $"{task}data: {{max_length: 64, format: preference, validation: 2}}\ntraining: {{learning_rate: 0.003, max_steps: 12, per_device_train_batch_size: 4, eval_strategy: epoch, {setting}}}", TaskRecords.Pairs(14));
        Assert.True(log[^1].Values["rewards/margins"] > log[0].Values["rewards/margins"]);
        Assert.Contains("eval_rewards/accuracies", log.SelectMany(s => s.Values.Keys));
        Assert.True(File.Exists(Path.Combine(_world.Result, file)));
    }

    [Fact]
    public async Task Supervised_text_is_no_preference()
    {
        var text = new CanonicalRecord(Digest.OfText("t"), RecordKind.Text, new("a.jsonl", 4, 0)) { Text = "the bill" };
        Assert.Equal("data_needs_pairs", (await Assert.ThrowsAsync<TemperException>(() => _world.RunAsync(_world.Decoder(), "task: dpo\nlora: {r: 2}\ndata: {max_length: 64}", [text]))).Code);
    }
}
