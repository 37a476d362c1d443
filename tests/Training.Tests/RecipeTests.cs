using Temper.Core.Errors;
using Temper.Models;
using Temper.Training.Recipes;
using Temper.Training.Sampling;

namespace Temper.Training.Tests;

public sealed class RecipeTests
{
    private const string Full = """
        version: 1
        model_name_or_path: registry://tiny-llama:1
        task: causal_lm
        seed: 7
        output: support-bot
        data:
          train: support
          validation: 0.05
          format: auto
          chat_template: model
          train_on: assistant
          max_length: 256
          on_overlength: drop
          packing: true
        lora: {r: 8, lora_alpha: 16, lora_dropout: 0.05, target_modules: all-linear, use_rslora: true, use_dora: false, modules_to_save: null, rank_pattern: {}}
        quantization: null
        training:
          learning_rate: 1e-3
          max_steps: 40
          per_device_train_batch_size: 2
          gradient_accumulation_steps: 4
          lr_scheduler_type: linear
          warmup_steps: 5
          optim: adamw
          bf16: true
          neftune_noise_alpha: null
          eval_strategy: steps
          eval_steps: 10
          save_strategy: steps
          save_steps: 0.25
          on_nan: skip
        resume_from_checkpoint: auto
        limits: {memory_gib: 8, max_duration: 2h, max_cost: null}
        """;

    [Fact]
    public void Every_setting_arrives()
    {
        var r = RecipeReader.Read(Full, "full.yaml");
        Assert.Equal(("registry://tiny-llama:1", 7, "support-bot", "support"), (r.ModelNameOrPath, r.Seed, r.Output, r.Data.Train));
        Assert.Equal((0.05, TrainOn.Assistant, 256, OverlengthPolicy.Drop, true), (r.Data.Validation, r.Data.TrainOn, r.Data.MaxLength, r.Data.OnOverlength, r.Data.Packing));
        Assert.Equal((8, 16.0, 0.05, true), (r.Lora!.R, r.Lora.LoraAlpha, r.Lora.LoraDropout, r.Lora.UseRslora));
        Assert.Equal(["all-linear"], r.Lora.TargetModules);
        Assert.Equal((1e-3, 40, 2, 4, "linear", 5), (r.Training.LearningRate, r.Training.MaxSteps, r.Training.PerDeviceTrainBatchSize, r.Training.GradientAccumulationSteps, r.Training.LrSchedulerType, r.Training.WarmupSteps));
        Assert.Equal((Cadence.Steps, 10.0, Cadence.Steps, 0.25, BadNumberPolicy.Skip), (r.Training.EvalStrategy, r.Training.EvalSteps, r.Training.SaveStrategy, r.Training.SaveSteps, r.Training.OnNan));
        Assert.Equal((8.0, TimeSpan.FromHours(2)), (r.Limits.MemoryGib, r.Limits.MaxDuration));
    }

    [Theory]
    [InlineData(Full)]
    [InlineData("")]
    [InlineData("lora: {}")]
    [InlineData("training: {num_train_epochs: 0.5, learning_rate: 3.3e-5}")]
    public void The_resolved_recipe_reads_back_as_itself(string text)
    {
        var once = RecipeReader.Read(text, null);
        var twice = RecipeReader.Read(once.ToJson());
        Assert.Equal(once.ToJson().GetRawText(), twice.ToJson().GetRawText());
        Assert.Equal(once.Digest(), twice.Digest());
    }

    [Fact]
    public void Order_comments_and_spelling_of_names_do_not_change_the_digest()
    {
        var a = RecipeReader.Read("seed: 3 # three\ntraining: {learning_rate: 1e-4}\nlora: {r: 4}", "a.yaml");
        var b = RecipeReader.Read("""{"lora_r": 4, "learning_rate": "1e-4", "seed": 3}""", "b.json");
        Assert.Equal(a.Digest(), b.Digest());
        Assert.NotEqual(a.Digest(), RecipeReader.Read("seed: 4\ntraining: {learning_rate: 1e-4}\nlora: {r: 4}", "a.yaml").Digest());
    }

    [Fact]
    public void The_names_of_other_tools_are_understood()
    {
        var r = RecipeReader.Read("base_model: tiny\nlora_rank: 4\nlora_target_modules: [q_proj, v_proj]\nmicro_batch_size: 3\nnum_epochs: 2\nsequence_len: 64\nval_set_size: 0.2\nsample_packing: true\n", "axolotl.yml");
        Assert.Equal(("tiny", 4, 3, 2.0, 64, 0.2, true), (r.ModelNameOrPath, r.Lora!.R, r.Training.PerDeviceTrainBatchSize, r.Training.NumTrainEpochs, r.Data.MaxLength, r.Data.Validation, r.Data.Packing));
        Assert.Equal(["q_proj", "v_proj"], r.Lora.TargetModules);
    }

    [Theory]
    [InlineData("1e-4")]
    [InlineData("1.0E-4")]
    [InlineData("'1e-4'")]
    [InlineData("0.0001")]
    public void A_learning_rate_may_be_spelled_as_people_do(string spelled) =>
        Assert.Equal(1e-4, RecipeReader.Read($"training:\n  learning_rate: {spelled}", null).Training.LearningRate);

    [Fact]
    public void Without_a_lora_section_every_weight_is_trained_and_the_rate_is_smaller()
    {
        Assert.Equal((null, 2e-5), (RecipeReader.Read("", null).Lora, RecipeReader.Read("lora: null", null).Training.LearningRate));
        Assert.Equal((16, 2e-4), (RecipeReader.Read("lora: {}", null).Lora!.R, RecipeReader.Read("lora: {}", null).Training.LearningRate));
    }

    [Fact]
    public void Minus_one_steps_means_that_epochs_count() =>
        Assert.Equal((null, 2.0), (RecipeReader.Read("training: {max_steps: -1}", null).Training.MaxSteps, RecipeReader.Read("training: {num_train_epochs: 2}", null).Training.NumTrainEpochs));

    [Fact]
    public void Several_datasets_are_written_as_a_list_in_our_way_or_in_Axolotls()
    {
        var r = RecipeReader.Read("""
            datasets:
              - chats
              - {path: code:3, weight: 0.5, repeats: 2, max_num_samples: 100, start_step: 5, end_step: 50, start_epoch: 1, end_epoch: 2}
            data: {sampling: auto-weighting, remainder: drop, stop_on: first_exhausted, on_runtime_error: substitute_next, prefetch: 3}
            """, "mix.yaml");
        Assert.Null(r.Data.Train);
        Assert.Equal([new DatasetEntry("chats"), new("code:3") { Probability = 0.5, Repeats = 2, MaxNumSamples = 100, StartStep = 5, EndStep = 50, StartEpoch = 1, EndEpoch = 2 }], r.Data.Datasets!);
        Assert.Equal(["chats", "code"], r.Data.Datasets!.Select(d => d.Name));
        Assert.Equal((MixStrategy.AutoWeighting, StopOn.FirstExhausted, RuntimeErrorPolicy.SubstituteNext, 3, Remainder.Drop), (r.Data.Sampling, r.Data.StopOn, r.Data.OnRuntimeError, r.Data.Prefetch, r.Data.Remainder));
        Assert.Equal(r.Digest(), RecipeReader.Read(r.ToJson()).Digest());
        Assert.Equal("chats", RecipeReader.Read("data: {train: [chats]}", null).Data.Train);
        Assert.Equal(2, Assert.Single(RecipeReader.Read("data: {train: [{dataset: chats, repeats: 2}]}", null).Data.Datasets!).Repeats);
    }

    [Fact]
    public void A_recipe_with_one_dataset_has_the_digest_that_it_had_before_there_were_several() =>
        Assert.Equal("data,limits,output,seed,task,training,version/chat_template,format,max_length,on_overlength,packing,train,train_on,validation", string.Join(',', RecipeReader.Read("data: {train: chats}\noutput: bot", null).ToJson().EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal))
            + "/" + string.Join(',', RecipeReader.Read("data: {train: chats}", null).ToJson().GetProperty("data").EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal)));

    [Fact]
    public void Everything_wrong_with_a_list_of_datasets_is_said_at_once()
    {
        var error = Assert.Throws<TemperException>(() => RecipeReader.Read("""
            data:
              train:
                - {dataset: a, repeats: -1, probability: many}
                - {path: b, dataset: c}
                - {repeats: 2}
                - {dataset: d, type: chat_template, field_messages: turns, colour: red}
                - [x]
                - d
              sampling_alpha: 0.3
              stop_on: max_steps
              sampling: by_chance
            """, "mix.yaml"));
        Assert.Equal(["data.train[0].probability", "data.train[0].repeats", "data.train[1].dataset", "data.train[2]", "data.train[3].field_messages", "data.train[3].colour", "data.train[4]", "data.sampling_alpha", "data.stop_on", "data.sampling", "data.train"],
            error.Problems.OrderBy(p => p.Path == "data.train" ? 1 : 0).Select(p => p.Path));
        Assert.Equal(3, error.Problems.First(p => p.Path == "data.train[0].repeats").Line);
        var mixed = Assert.Throws<TemperException>(() => RecipeReader.Read("data: {train: [{dataset: a, start_epoch: 3, end_epoch: 2}, {dataset: b, probability: 0.0000001}]}", null));
        Assert.Equal(["data.datasets[0].start_epoch", "data.datasets[1].probability"], mixed.Problems.Select(p => p.Path));
        Assert.Contains("a list of datasets", Assert.Throws<TemperException>(() => RecipeReader.Read("data: {train: []}", null)).Message, StringComparison.Ordinal);
    }
}
