using System.Text.Json;
using Temper.Core.Errors;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

public sealed class OpenAiJobBodyTests
{
    [Fact]
    public void A_supervised_job_becomes_a_recipe_with_an_adapter()
    {
        var job = Read("""{"model": "base", "training_file": "file-1", "suffix": "bot", "seed": 7, "metadata": {"a": "b"}, "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 4, "batch_size": 18, "learning_rate_multiplier": 0.5}}}}""");
        Assert.Equal(("base", "data-of-file-1", 7, 4.0), (job.Recipe.ModelNameOrPath, job.Recipe.Data.Train, job.Recipe.Seed, job.Recipe.Training.NumTrainEpochs));
        Assert.Equal((3, 6, 1e-4), (job.Recipe.Training.PerDeviceTrainBatchSize, job.Recipe.Training.GradientAccumulationSteps, job.Recipe.Training.LearningRate));
        Assert.NotNull(job.Recipe.Lora);
        Assert.Equal(("file-1", null, "bot", "b"), (job.TrainingFile, job.ValidationFile, job.Suffix, job.Metadata!.Value.GetProperty("a").GetString()));
        Assert.Equal("""{"n_epochs":4,"batch_size":18,"learning_rate_multiplier":0.5}""", job.Hyperparameters.GetRawText());
    }

    [Theory]
    [InlineData("""{"model": "base", "training_file": "f"}""")]
    [InlineData("""{"model": "base", "training_file": "f", "hyperparameters": {"n_epochs": "auto", "batch_size": "auto", "learning_rate_multiplier": "auto"}, "integrations": null}""")]
    [InlineData("""{"model": "base", "training_file": "f", "method": {"type": "supervised"}, "integrations": []}""")]
    public void What_is_left_to_us_is_the_recipes_default(string body)
    {
        var recipe = Read(body).Recipe;
        Assert.Equal((3.0, 4, 1, 2e-4), (recipe.Training.NumTrainEpochs, recipe.Training.PerDeviceTrainBatchSize, recipe.Training.GradientAccumulationSteps, recipe.Training.LearningRate));
        Assert.Equal("""{"n_epochs":"auto","batch_size":"auto","learning_rate_multiplier":"auto"}""", Read(body).Hyperparameters.GetRawText());
    }

    [Fact]
    public void Hyperparameters_at_the_top_are_those_of_old_clients() =>
        Assert.Equal(2, Read("""{"model": "base", "training_file": "f", "hyperparameters": {"n_epochs": 2}}""").Recipe.Training.NumTrainEpochs);

    [Fact]
    public void Without_an_adapter_the_rate_is_a_tenth() =>
        Assert.Equal((null, 4e-5), (OpenAiJobBody.ToRecipe(Json("""{"model": "b", "training_file": "f", "hyperparameters": {"learning_rate_multiplier": 2}}"""), null, lora: false).Recipe is { Lora: var lora, Training.LearningRate: var rate } ? (lora, rate) : default));

    [Theory]
    [InlineData("""{"training_file": "f"}""", "requires model")]
    [InlineData("""{"model": "b", "training_file": 3, "suffix": "", "seed": -1}""", "wrong_type training_file, out_of_range suffix, out_of_range seed")]
    [InlineData("""{"model": "b", "training_file": "f", "hyperparameters": {"n_epochs": 51, "batch_size": 1.5, "learning_rate_multiplier": 0, "beta": 1}}""",
        "unknown_key hyperparameters.beta, out_of_range hyperparameters.n_epochs, wrong_type hyperparameters.batch_size, out_of_range hyperparameters.learning_rate_multiplier")]
    [InlineData("""{"model": "b", "training_file": "f", "method": {"type": "reinforcement", "reinforcement": {}}}""", "not_supported_yet method.type")]
    [InlineData("""{"model": "b", "training_file": "f", "method": {"type": "dpo", "dpo": {"hyperparameters": {"beta": 3}}}}""", "out_of_range method.dpo.hyperparameters.beta")]
    [InlineData("""{"model": "b", "training_file": "f", "method": {"type": "supervised", "supervised": {"hyperparameters": {"n_epochs": 1}}}, "hyperparameters": {"n_epochs": 2}}""", "alias_conflict hyperparameters")]
    [InlineData("""{"model": "b", "training_file": "f", "integrations": [{"type": "wandb"}], "colour": 1}""", "unknown_key colour, not_supported_yet integrations")]
    [InlineData("[]", "wrong_type ")]
    public void A_bad_body_is_refused_by_the_names_of_its_parameters(string body, string expected) =>
        Assert.Equal(expected, string.Join(", ", Assert.Throws<TemperException>(() => Read(body)).Problems.Select(p => $"{p.Code} {p.Path}")));

    [Fact]
    public void A_file_that_holds_a_body_is_told_from_a_recipe()
    {
        var body = OpenAiJobBody.Find("""{"model": "base", "training_file": "chats", "suffix": "bot"}""");
        Assert.Equal("bot", OpenAiJobBody.ToRecipe(body!.Value).Named().Output);
        Assert.Null(OpenAiJobBody.Find("""{"model_name_or_path": "base"}"""));
        Assert.Null(OpenAiJobBody.Find("model_name_or_path: base"));
        Assert.Null(OpenAiJobBody.Find("{seed: 1}"));
    }

    private static OpenAiJobBody Read(string body) => OpenAiJobBody.ToRecipe(Json(body), file => $"data-of-{file}");

    private static JsonElement Json(string text) => JsonDocument.Parse(text).RootElement;
}
