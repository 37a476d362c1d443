using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Models;
using Temper.Training.Checkpoints;
using Temper.Training.Tests.Tasks;

namespace Temper.Training.Tests.Ranks;

/// <summary>Every task's result is the same files, whether one process made it or several.</summary>
public sealed class TaskRanksTests
{
    [Theory]
    [InlineData("task: dpo\nlora: {r: 4, lora_dropout: 0.1}\ndata: {max_length: 64, format: preference, validation: 2}\n", false, "adapter_model.safetensors")]
    [InlineData("task: sequence_classification\nlora: {r: 4}\ndata: {max_length: 32, validation: 4}\n", false, "adapter_model.safetensors")]
    [InlineData("task: sequence_classification\ndata: {max_length: 32}\n", true, "model.safetensors")]
    [InlineData("task: sequence_classification\nlora: {r: 4, lora_dropout: 0.1, use_dora: true, target_modules: all-linear}\ndata: {max_length: 32}\n", true, "adapter_model.safetensors")]
    [InlineData("task: sequence_classification\ndata: {max_length: 32}\n", false, "model.safetensors")]
    public async Task Two_processes_make_the_files_of_one(string task, bool bert, string file)
    {
        var pairs = task.Contains("dpo", StringComparison.Ordinal);
        var eval = task.Contains("validation", StringComparison.Ordinal) ? ", eval_strategy: steps, eval_steps: 2" : "";
        var yaml = $"{task}training: {{learning_rate: 0.003, max_steps: 5, per_device_train_batch_size: 2, gradient_accumulation_steps: 3{eval}}}";
        var results = new List<(string Log, byte[] Bytes)>();
        foreach (var ranks in (int[])[1, 2, 3])
        {
            using var world = new TaskWorld();
            var log = await world.RunAsync(bert ? world.Encoder(EncoderKind.Bert) : world.Decoder(), yaml, pairs ? TaskRecords.Pairs(14) : TaskRecords.Questions(16), ranks: ranks);
            results.Add((LogText.Of(log), File.ReadAllBytes(Path.Combine(world.Result, file))));
        }
        Assert.Equal(results[0].Log, results[1].Log);
        Assert.Equal(results[0].Log, results[2].Log);
        Assert.Equal(results[0].Bytes, results[1].Bytes);
        Assert.Equal(results[0].Bytes, results[2].Bytes);
    }
}
