using Temper.Core.Errors;
using Temper.Models;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

public sealed class RecipeKeysTests
{
    [Fact]
    public void A_recipe_that_says_nothing_new_has_the_digest_that_it_always_had()
    {
        const string text = "model_name_or_path: base\ndata: {train: chats}\noutput: bot\nlora: {r: 4}\n";
        Assert.Equal("data,limits,lora,model_name_or_path,output,seed,task,training,version", Names(RecipeReader.Read(text, null).ToJson()));
        Assert.Equal("lora_alpha,lora_dropout,r,target_modules,use_rslora", Names(RecipeReader.Read(text, null).ToJson().GetProperty("lora")));
        Assert.Equal("adam_beta1,adam_beta2,adam_epsilon,bf16,eval_strategy,gradient_accumulation_steps,gradient_checkpointing,learning_rate,logging_steps,lr_scheduler_type,max_grad_norm,num_train_epochs,on_nan,per_device_eval_batch_size,per_device_train_batch_size,save_strategy,save_total_limit,warmup_ratio,weight_decay",
            Names(RecipeReader.Read(text, null).ToJson().GetProperty("training")));
        var offs = RecipeReader.Read(text + """
            task: causal_lm
            quantization: {load_in_4bit: false, load_in_8bit: false}
            export: {merged: false, gguf: null, gguf_lora: false}
            resume_from_checkpoint: auto
            limits: {max_cost: null}
            training: {optim: adamw_torch, neftune_noise_alpha: 0, early_stopping_patience: 0, label_smoothing_factor: 0.0, on_spike: warn, dataloader_drop_last: false, max_steps: -1}
            """, null);
        Assert.Equal(RecipeReader.Read(text, null).Digest(), offs.Digest());
    }

    [Fact]
    public void Every_setting_has_a_meaning_a_default_and_a_place_in_the_reader()
    {
        Assert.All(RecipeKeys.All, key => Assert.False(string.IsNullOrWhiteSpace(key.Meaning) || string.IsNullOrWhiteSpace(key.Default) || key.Meaning.EndsWith('.'), key.Path));
        foreach (var key in RecipeKeys.All)
        {
            var refused = Record.Exception(() => RecipeReader.Read(key.Section.Length == 0 ? $"{key.Name}: [[1]]" : $"{key.Section}: {{{key.Name}: [[1]]}}", null));
            Assert.Contains(Assert.IsType<TemperException>(refused).Problems, p => p.Path!.StartsWith(key.Path, StringComparison.Ordinal) && p.Code is "wrong_type" or "out_of_range");
        }
    }

    [Fact]
    public void Whatever_a_resolved_recipe_holds_is_read_again()
    {
        var full = new Recipe
        {
            Data = new() { ValidationDataset = "other", ChatTemplate = "chatml", Format = DataFormat.Preference },
            Task = TrainingTask.Dpo,
            Lora = new()
            {
                UseDora = true,
                ExcludeModules = ["x"],
                ModulesToSave = ["lm_head"],
                RankPattern = new Dictionary<string, int> { ["q_proj"] = 4 },
                AlphaPattern = new Dictionary<string, double> { ["q_proj"] = 1.5 },
                LayersToTransform = [0, 2],
                LayersPattern = ["layers"],
                InitLoraWeights = "gaussian",
                LoraplusLrRatio = 16,
            },
            Quantization = new() { LoadIn4Bit = true, UseDoubleQuant = true, Blocksize = 128 },
            Export = new() { Merged = true, Gguf = "q8_0" },
            ResumeFromCheckpoint = "false",
            Limits = new() { MaxCost = 3, CostPerHour = 1.5, MaxDuration = TimeSpan.FromMinutes(90) },
            Training = new()
            {
                Optim = "sgd",
                OptimArgs = new Dictionary<string, object> { ["nesterov"] = true },
                LrSchedulerType = "cosine_with_min_lr",
                NumCycles = 0.75,
                MinLrRate = 0.1,
                NeftuneNoiseAlpha = 5,
                LabelSmoothingFactor = 0.1,
                DataloaderDropLast = true,
                EvalStrategy = Cadence.Epoch,
                LoadBestModelAtEnd = true,
                MetricForBestModel = "eval_token_accuracy",
                GreaterIsBetter = true,
                EarlyStoppingPatience = 2,
                EarlyStoppingThreshold = 0.01,
                OnSpike = SpikePolicy.Rollback,
                MaxSkippedSteps = 5,
                Beta = 0.2,
                LossType = "sigmoid",
            },
        };
        var problems = Record.Exception(() => RecipeReader.Read(full.ToJson())) is TemperException e ? e.Problems : [];
        Assert.All(problems, p => Assert.Equal("not_offered", p.Code));
        var classes = new Recipe { Task = TrainingTask.ImageClassification, Training = new() { WarmupSteps = 0, FreezeBackbone = true, UnfreezeAtEpoch = 1, UnfreezeLastLayers = 2, LayerwiseLrDecay = 0.9, ClassWeights = new Dictionary<string, double> { ["cat"] = 2 }, Augment = [Augmentation.Crop, Augmentation.Flip] } };
        problems = Record.Exception(() => RecipeReader.Read(classes.ToJson())) is TemperException f ? f.Problems : [];
        Assert.All(problems, p => Assert.Equal("not_offered", p.Code));
    }

    [Theory]
    [InlineData("train_on_inputs: true", TrainOn.All)]
    [InlineData("train_on_inputs: false", TrainOn.Auto)]
    [InlineData("data: {assistant_only_loss: true}", TrainOn.Assistant)]
    [InlineData("completion_only_loss: true", TrainOn.Completion)]
    [InlineData("mask_history: true", TrainOn.Completion)]
    public void What_is_learned_may_be_said_in_the_words_of_other_tools(string text, TrainOn expected) =>
        Assert.Equal(expected, RecipeReader.Read(text, null).Data.TrainOn);

    [Fact]
    public void Optimizers_that_page_or_use_8_bits_are_AdamW_and_that_is_said()
    {
        var (recipe, notes) = RecipeReader.ReadNoted("training:\n  optim: paged_adamw_8bit", "r.yaml", []);
        Assert.Null(recipe.Training.Optim);
        var note = Assert.Single(notes);
        Assert.Equal(("training.optim", 2L), (note.Path, note.Line));
        Assert.StartsWith("paged_adamw_8bit is the plain optimizer here", note.Text, StringComparison.Ordinal);
        Assert.Empty(RecipeReader.ReadNoted("optim: adamw_torch_fused", null, []).Notes);
    }

    [Fact]
    public void Settings_of_the_command_line_take_the_place_of_the_files()
    {
        const string file = "lora_r: 4\ntraining: {learning_rate: 1e-3, num_train_epochs: 2}\ndata: {train: chats}";
        var recipe = RecipeReader.ReadNoted(file, "r.yaml", [new("lora.r", "8"), new("learning_rate", "5e-4"), new("max_steps", "7"), new("lora_target_modules", "[q_proj, v_proj]")]).Recipe;
        Assert.Equal((8, 5e-4, 7, (double?)null), (recipe.Lora!.R, recipe.Training.LearningRate, recipe.Training.MaxSteps, recipe.Training.NumTrainEpochs));
        Assert.Equal(["q_proj", "v_proj"], recipe.Lora.TargetModules);
        Assert.Null(RecipeReader.ReadNoted(file, "r.yaml", [new("lora", "null")]).Recipe.Lora);
        Assert.Equal((4, 3.0), RecipeReader.ReadNoted(file, "r.yaml", [new("lora", "{lora_alpha: 3}")]).Recipe.Lora is { } l ? (l.R, l.LoraAlpha) : default);
        Assert.Equal("exclusive", Assert.Throws<TemperException>(() => RecipeReader.ReadNoted(file, "r.yaml", [new("max_steps", "7"), new("num_epochs", "2")])).Code);
    }

    [Fact]
    public void A_bad_setting_of_the_command_line_is_named_as_such()
    {
        var problems = Assert.Throws<TemperException>(() => RecipeReader.ReadNoted("seed: x", "r.yaml", [new("r", "0"), new("lerning_rate", "1"), new("seed", "[")])).Problems;
        Assert.Contains(problems, p => p is { File: "--set", Path: "r", Code: "out_of_range", Line: null });
        Assert.Contains(problems, p => p is { File: "--set", Path: "lerning_rate", Code: "unknown_key" } && p.Hint!.Contains("learning_rate", StringComparison.Ordinal));
        Assert.Contains(problems, p => p is { File: "--set", Code: "recipe_syntax" });
    }

    [Theory]
    [InlineData("lr_scheduler_kwargs.peak_at", "2", "unknown_key", "lr_scheduler_kwargs.peak_at", "Remove it.")]
    [InlineData("lr_scheduler_kwargs", "{peak_at: 2}", "unknown_key", "lr_scheduler_kwargs.peak_at", "Remove it.")]
    [InlineData("data.train", "[{dataset: a, wieght: 2}]", "unknown_key", "data.train[0].wieght", "There are ")]
    [InlineData("task", "emebdding", "wrong_type", "task", "Did you mean embedding?")]
    [InlineData("data.chat_template", "{{ messages | foo }}", "recipe_syntax", "data.chat_template", "A text with brackets, braces, colons or quotes is quoted inside of the shell's quotes: --set 'data.chat_template=\"…\"'.")]
    public void What_is_wrong_inside_of_a_setting_of_the_command_line_has_no_line_of_the_file(string key, string value, string code, string path, string hint)
    {
        var problem = Assert.Throws<TemperException>(() => RecipeReader.ReadNoted("data: {train: chats}", "a.yaml", [new(key, value)])).Problems.First(p => p.Code == code);
        Assert.Equal(("--set", null, path), (problem.File, problem.Line, problem.Path));
        Assert.StartsWith(hint, problem.Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("optim", "adamx")]
    [InlineData("data.chat_template", "qwne")]
    public void A_message_does_not_repeat_the_setting_that_it_stands_behind(string key, string value) =>
        Assert.StartsWith("There is no ", Assert.Throws<TemperException>(() => RecipeReader.ReadNoted("data: {train: chats}", "a.yaml", [new(key, value)])).Problems.Single(p => p.Path == key).Message, StringComparison.Ordinal);

    private static string Names(System.Text.Json.JsonElement of) => string.Join(',', of.EnumerateObject().Select(p => p.Name).Order(StringComparer.Ordinal));
}
