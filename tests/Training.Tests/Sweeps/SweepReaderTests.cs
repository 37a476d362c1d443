using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Testing;
using Temper.Training.Sweeps;

namespace Temper.Training.Tests.Sweeps;

/// <summary>Sweep files: complete and checked before anything is made, or refused with everything that is wrong.</summary>
public sealed class SweepReaderTests
{
    private const string Recipe = "recipe: {model_name_or_path: base, output: bot, data: {train: chats, validation: 0.2}, lora: {r: 4}, training: {max_steps: 40, eval_strategy: steps, eval_steps: 5}}\n";

    [Fact]
    public void A_grid_makes_a_whole_recipe_of_every_combination()
    {
        var plan = Read(Recipe + "method: grid\nmetric: eval_loss\nparameters: {learning_rate: [1.0e-4, 1.0e-3], lora: [null, {r: 8}]}\nalias: best\npriority: -5\n");
        Assert.Equal(("rates", SweepMethod.Grid, SweepDirection.Minimize, "best"), (plan.Name.ToString(), plan.Method, plan.Direction, plan.Alias));
        Assert.Equal([(1e-4, null), (1e-4, 8), (1e-3, null), (1e-3, 8)], plan.Trials.Select(t => (t.Recipe.Training.LearningRate, t.Recipe.Lora?.R)));
        Assert.Equal("""{"lora":{"r":8},"training.learning_rate":0.001}""", System.Text.Json.JsonSerializer.Serialize(plan.Trials[3].Parameters));
        Assert.All(plan.Trials, trial => Assert.Equal(-5, trial.Job.Priority));
        Assert.Null(plan.Request().Eta);
    }

    [Fact]
    public void Halving_draws_where_trials_are_given_sets_the_whole_run_and_has_rungs()
    {
        var plan = Read(Recipe + "method: halving\nmetric: eval_token_accuracy\ntrials: 9\nseed: 3\nmin_steps: 5\nmax_steps: 60\nparameters: {training.learning_rate: {log_uniform: [1.0e-5, 1.0e-2]}, lora.r: {choice: [2, 4]}}\n");
        Assert.Equal((9, SweepDirection.Maximize), (plan.Trials.Count, plan.Direction));
        Assert.Equal([5, 15, 45, 60], plan.Rungs);
        Assert.All(plan.Trials, trial => Assert.Equal(60, trial.Recipe.Training.MaxSteps));
        Assert.Equal((3, 5, 60), (plan.Request().Eta, plan.Request().MinSteps, plan.Request().MaxSteps));
        var grid = Read(Recipe + "method: halving\nmetric: final_loss\neta: 2\nmin_steps: 10\nparameters: {learning_rate: [1.0e-4, 1.0e-3]}\n");
        Assert.Equal([10, 20, 40], grid.Rungs);
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_with_the_nearest_name()
    {
        var problems = Refused("""
            recipe: {model_name_or_path: base, output: bot, data: {train: chats}, lora: {r: 0}}
            methd: grid
            method: gird
            metric: "eval loss"
            eta: 1
            alias: latest
            priority: 200
            parameters:
              training.learning_rte: [1]
              lora.r: {unifrm: [1, 2]}
              warmup_steps: {int: [0.5, 2]}
              weight_decay: {log_uniform: [0, 1]}
              seed: []
              save_steps: 3
            """);
        foreach (var (code, path, line) in new[] { ("unknown_key", "methd", 2), ("wrong_type", "method", 3), ("sweep_invalid", "metric", 4), ("alias_invalid", "alias", 6), ("out_of_range", "priority", 7),
            ("unknown_key", "parameters.training.learning_rte", 9), ("unknown_key", "parameters.lora.r", 10), ("wrong_type", "parameters.warmup_steps", 11), ("out_of_range", "parameters.weight_decay", 12),
            ("wrong_type", "parameters.seed", 13), ("wrong_type", "parameters.save_steps", 14), ("out_of_range", "lora.r", 1) })
            Assert.True(problems.Any(p => (p.Code, p.Path, p.Line) == (code, path, line)), $"{code} {path} {line} is missing among\n{string.Join('\n', problems)}");
        Assert.Equal("Did you mean method?", problems.Single(p => p.Path == "methd").Hint);
        Assert.Equal("Did you mean grid?", problems.Single(p => p.Path == "method").Hint);
        Assert.Contains("training.learning_rate", problems.Single(p => p.Path == "parameters.training.learning_rte").Hint, StringComparison.Ordinal);
        Assert.Equal("Did you mean uniform?", problems.Single(p => p.Path == "parameters.lora.r").Hint);
    }

    [Fact]
    public void Errors_of_all_trials_come_together_those_that_they_share_once()
    {
        var problems = Refused("""
            recipe: {output: bot, data: {train: chats}, lora: {r: 4}, training: {max_steps: 40}}
            method: grid
            metric: eval_loss
            parameters:
              learning_rate: [1.0e-4, -1, 7000]
              lora.r: [4, 0]
            """);
        Assert.Single(problems, p => p.Path == "model_name_or_path" && !p.Message.StartsWith("Trial", StringComparison.Ordinal));
        Assert.StartsWith("Trials 2, 3: ", problems.Single(p => p.Path == "parameters.learning_rate" && p.Value == "-1").Message, StringComparison.Ordinal);
        var rank = problems.Single(p => p.Path == "parameters.lora.r");
        Assert.Equal((6L, "Trials 1, 3, 5: "), (rank.Line, rank.Message[..16]));
    }

    [Theory]
    [InlineData("method: grid\nmetric: final_loss\nparameters: {lora.r: {int: [1, 4]}}", "requires", "parameters.lora.r")]
    [InlineData("method: grid\nmetric: final_loss\ntrials: 3\nparameters: {lora.r: [1, 4]}", "exclusive", "trials")]
    [InlineData("method: random\nmetric: final_loss\nparameters: {lora.r: [1, 4]}", "requires", "trials")]
    [InlineData("method: random\nmetric: final_loss\ntrials: 3\nparameters: {lora.r: [1, 4]}", "out_of_range", "trials")]
    [InlineData("method: random\nmetric: final_loss\ntrials: 2\nmin_steps: 2\nparameters: {lora.r: [1, 4]}", "exclusive", "min_steps")]
    [InlineData("method: halving\nmetric: final_loss\nparameters: {lora.r: [1, 4]}", "requires", "min_steps")]
    [InlineData("method: halving\nmetric: facts:exact_match\nmin_steps: 2\nparameters: {lora.r: [1, 4]}", "exclusive", "metric")]
    [InlineData("method: halving\nmetric: final_loss\nmin_steps: 2\nparameters: {max_steps: [10, 20]}", "exclusive", "parameters.max_steps")]
    [InlineData("method: halving\nmetric: eval_loss\nmin_steps: 2\nparameters: {lora.r: [1, 4]}", "out_of_range", "min_steps")]
    [InlineData("method: halving\nmetric: final_loss\nmin_steps: 50\nparameters: {lora.r: [1, 4]}", "out_of_range", "min_steps")]
    [InlineData("method: grid\nmetric: eval_loss\nparameters: {training: [null]}", "requires", "metric")]
    [InlineData("method: grid\nmetric: eval_loss\nsuite: facts.yaml\nparameters: {lora.r: [1, 4]}", "requires", "suite")]
    [InlineData("method: grid\nmetric: final_loss\nparameters: {lora.r: [1, 1]}", "sweep_duplicate", "parameters.lora.r")]
    [InlineData("method: grid\nmetric: final_loss\nparameters: {lora: [{r: 4}, {lora_alpha: 32}]}", "sweep_duplicate", "parameters")]
    [InlineData("method: grid\nmetric: final_loss\nparameters: {lora.r: [1], lora_r: [2]}", "alias_conflict", "parameters.lora_r")]
    [InlineData("method: grid\nmetric: final_loss\nname: Bad Name\nparameters: {lora.r: [1]}", "name_invalid", "name")]
    public void What_excludes_or_misses_something_is_refused(string text, string code, string path) =>
        Assert.Contains(Refused(Recipe + text), p => (p.Code, p.Path) == (code, path));

    [Theory]
    [InlineData("eval_los", "", "Did you mean eval_loss?")]
    [InlineData("eval_accuracy", "", "Write one of them, or SUITE:METRIC.")]
    [InlineData("eval_perplexity", "task: embedding, ", "Write one of them, or SUITE:METRIC.")]
    [InlineData("eval_token_accuracy", "task: sequence_classification, ", "Did you mean eval_accuracy?")]
    public void A_number_that_no_job_of_the_task_reports_is_refused_with_the_nearest(string metric, string task, string hint)
    {
        var recipe = Recipe.Replace("{model_name", $"{{{task}model_name", StringComparison.Ordinal);
        var problem = Assert.Single(Refused($"{recipe}method: grid\nmetric: {metric}\nparameters: {{lora.r: [1, 4]}}"));
        Assert.Equal(("sweep_invalid", "metric", hint), (problem.Code, problem.Path, problem.Hint));
    }

    [Fact]
    public void A_value_that_a_part_refuses_stands_where_the_sweep_names_it()
    {
        var problem = Assert.Single(Refused(Recipe + "method: grid\nmetric: final_loss\nparameters:\n  lr_scheduler_kwargs: [{peak_at: 1}]\n"));
        Assert.Equal(("unknown_key", "parameters.lr_scheduler_kwargs", 5L), (problem.Code, problem.Path, problem.Line));
    }

    [Fact]
    public void Halving_refuses_trials_that_would_begin_again_at_every_rung()
    {
        const string text = "method: halving\nmetric: final_loss\nmin_steps: 2\nparameters: {lora.r: [1, 4]}";
        var problem = Assert.Single(Refused(Recipe.Replace("output: bot", "output: bot, resume_from_checkpoint: false", StringComparison.Ordinal) + text));
        Assert.Equal(("exclusive", "recipe", "Remove resume_from_checkpoint."), (problem.Code, problem.Path, problem.Hint));
        Read(Recipe + text);
    }

    [Fact]
    public void Rungs_that_begin_behind_the_end_are_told_of_once() =>
        Assert.Equal("min_steps is 50 and max_steps 40.", Assert.Single(Refused(Recipe + "method: halving\nmetric: final_loss\nmin_steps: 50\nmax_steps: 40\nparameters: {lora.r: [1, 4]}")).Message);

    [Fact]
    public void A_recipe_of_its_own_file_lies_beside_the_sweep_and_its_lines_are_named()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("base.yaml"), "model_name_or_path: base\noutput: bot\ndata: {train: chats}\ntraining: {max_steps: 0}\n");
        var file = folder.Of("rates.sweep.yaml");
        const string text = "recipe: base.yaml\nmethod: grid\nmetric: final_loss\nparameters: {learning_rate: [1.0e-4, 1.0e-3]}\n";
        var problem = Assert.Single(Assert.Throws<TemperException>(() => SweepReader.Read(text, file, null, Job)).Problems);
        Assert.Equal((folder.Of("base.yaml"), 4L, "training.max_steps"), (problem.File, problem.Line, problem.Path));
        File.WriteAllText(folder.Of("base.yaml"), "model_name_or_path: base\noutput: bot\ndata: {train: chats}\ntraining: {max_steps: 4}\n");
        Assert.Equal("other", SweepReader.Read(text, file, "other", Job).Name.ToString());
        Assert.Equal("recipe", Assert.Throws<TemperException>(() => SweepReader.Read(text.Replace("base.yaml", "absent.yaml", StringComparison.Ordinal), file, null, Job)).Problems[0].Path);
    }

    [Fact]
    public void The_sample_is_a_sweep()
    {
        var file = RepoRoot.Of("samples", "support-bot.sweep.yaml");
        var plan = SweepReader.Read(File.ReadAllText(file), file, null, Job);
        Assert.Equal(("support-bot", 9, "eval_loss"), (plan.Name.ToString(), plan.Trials.Count, plan.Metric));
        Assert.Equal([50, 150, 450], plan.Rungs);
        Assert.All(plan.Trials, trial => Assert.Equal((450, 0.1), (trial.Recipe.Training.MaxSteps, trial.Recipe.Data.Validation)));
    }

    private static SweepPlan Read(string text) => SweepReader.Read(text, "rates.sweep.yaml", null, Job);

    private static IReadOnlyList<Problem> Refused(string text) => Assert.Throws<TemperException>(() => Read(text)).Problems;

    private static JobRequest Job(Temper.Training.Recipes.Recipe recipe, string source) => recipe.ModelNameOrPath is { } named
        ? new(recipe.ToJson(), named, recipe.Data.Train!, ResourceName.Parse(recipe.Output!))
        : throw new TemperException([new("requires", "The recipe names no base model.") { File = source, Path = "model_name_or_path" }]);
}
