using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Training.Recipes;

/// <summary>What <c>POST /v1/fine_tuning/jobs</c> asks for, in OpenAI's shape.</summary>
/// <param name="Recipe">The recipe; its model is the body's, its data the two files, its <see cref="Recipe.Output"/> is left to the caller.</param>
/// <param name="TrainingFile">Id of the file to train on, as sent.</param>
/// <param name="ValidationFile">Id of the file to measure, as sent; null for none.</param>
/// <param name="Suffix">1 to 64 characters for the name of the result; null for none.</param>
/// <param name="Metadata">Kept and given back; null for none.</param>
/// <param name="Hyperparameters">Those of the body, <c>auto</c> where nothing was said: as the job's answer shows them.</param>
public sealed record OpenAiJobBody(Recipe Recipe, string TrainingFile, string? ValidationFile, string? Suffix, JsonElement? Metadata, JsonElement Hyperparameters)
{
    private static readonly string[] Known = ["model", "training_file", "validation_file", "suffix", "seed", "method", "hyperparameters", "integrations", "metadata"];

    private static readonly Dictionary<string, string> Origins = new(StringComparer.Ordinal)
    {
        ["model_name_or_path"] = "model",
        ["data.train"] = "training_file",
        ["data.validation"] = "validation_file",
        ["task"] = "method.type",
        ["seed"] = "seed",
    };

    /// <summary>The recipe with the suffix as the name of its output, where it can be one.</summary>
    public Recipe Named() => Suffix is not null && Core.Ids.ResourceName.TryParse(Suffix, out _) ? Recipe with { Output = Suffix } : Recipe;

    /// <summary>The body that a file holds; null when it is something else, such as a recipe.</summary>
    public static JsonElement? Find(string text)
    {
        if (text.AsSpan().TrimStart('\uFEFF').TrimStart() is not ['{', ..])
            return null;
        try
        {
            using var document = JsonDocument.Parse(text.TrimStart('\uFEFF'));
            return document.RootElement is { ValueKind: JsonValueKind.Object } root && root.TryGetProperty("training_file", out _) ? root.Clone() : null;
        }
        catch (JsonException)
        {
            return null; // Whoever reads it as a recipe says what is wrong with it.
        }
    }

    /// <summary>
    /// Reads a body. <c>n_epochs</c> is <c>num_train_epochs</c>; <c>batch_size</c> is micro-batches of 4, 3, 2 or 1 times accumulation;
    /// <c>learning_rate_multiplier</c> times 2e-4 with an adapter and 2e-5 without; <c>auto</c> is the recipe's default.
    /// </summary>
    /// <param name="body">The request.</param>
    /// <param name="reference">From a file's id to the reference of a dataset; null leaves ids as they are.</param>
    /// <param name="lora">Whether an adapter is trained, which is the default, or all weights.</param>
    /// <exception cref="TemperException">Everything that is wrong, each problem with the parameter's path in the body.</exception>
    public static OpenAiJobBody ToRecipe(JsonElement body, Func<string, string>? reference = null, bool lora = true)
    {
        var problems = new List<Problem>();
        if (body.ValueKind != JsonValueKind.Object)
            throw new TemperException("wrong_type", $"The body is a JSON {body.ValueKind.ToString().ToLowerInvariant()}, expected an object.");
        var top = new OpenAiFields(body, "", problems);
        top.Only(Known);
        var (model, training, validation) = (top.Text("model", needed: true), top.Text("training_file", needed: true), top.Text("validation_file"));
        var suffix = top.Text("suffix");
        if (suffix is { Length: < 1 or > 64 })
            top.Fail("out_of_range", "suffix", "has 1 to 64 characters");
        if (top.Has("integrations") && !(body.GetProperty("integrations") is { ValueKind: JsonValueKind.Array } list && list.GetArrayLength() == 0))
            top.Fail("not_supported_yet", "integrations", "must be empty: metrics are kept in the registry");
        var (task, given) = Method(top, problems);
        var shown = new JsonObject();
        var tree = new JsonObject
        {
            ["model_name_or_path"] = model,
            ["task"] = task,
            ["data"] = new JsonObject { ["train"] = training is null ? null : reference?.Invoke(training) ?? training, ["validation"] = validation is null ? null : reference?.Invoke(validation) ?? validation },
            ["lora"] = lora ? new JsonObject() : null,
            ["training"] = Training(given, task == "dpo", lora, validation is not null, shown),
        };
        if (top.Whole("seed", 0, int.MaxValue) is { } seed)
            tree["seed"] = seed;
        if (problems.Count > 0)
            throw new TemperException(problems);
        return new(Read(tree), training!, validation, suffix, top.Has("metadata") ? body.GetProperty("metadata").Clone() : null, JsonSerializer.SerializeToElement(shown));
    }

    /// <summary>The task and where its hyperparameters stand: below the method, or (deprecated) at the top.</summary>
    private static (string Task, OpenAiFields? Hyperparameters) Method(OpenAiFields top, List<Problem> problems)
    {
        var old = top.Inner("hyperparameters");
        if (top.Inner("method") is not { } method)
            return ("causal_lm", old);
        var type = method.Text("type", needed: true);
        if (type is not (null or "supervised" or "dpo"))
            method.Fail("not_supported_yet", "type", "is supervised or dpo");
        method.Only("type", type is "supervised" or "dpo" ? type : "reinforcement");
        var settings = type is "supervised" or "dpo" ? method.Inner(type) : null;
        settings?.Only("hyperparameters");
        var hyper = settings?.Inner("hyperparameters");
        if (hyper is { IsEmpty: false } && old is { IsEmpty: false })
            problems.Add(new("alias_conflict", "'hyperparameters' and those of the method are two spellings of the same.") { Path = "hyperparameters", Hint = "Keep those of the method." });
        return (type == "dpo" ? "dpo" : "causal_lm", hyper is { IsEmpty: false } ? hyper : old ?? hyper);
    }

    private static JsonObject Training(OpenAiFields? given, bool dpo, bool lora, bool measured, JsonObject shown)
    {
        given?.Only(dpo ? ["n_epochs", "batch_size", "learning_rate_multiplier", "beta"] : ["n_epochs", "batch_size", "learning_rate_multiplier"]);
        var (epochs, batch) = (given?.Whole("n_epochs", 1, 50), given?.Whole("batch_size", 1, 256));
        var multiplier = given?.Number("learning_rate_multiplier", lora ? 5000 : 50_000);
        var beta = dpo ? given?.Number("beta", 2) : null;
        var training = OpenAiHyperparameters.ToTraining(epochs, batch, multiplier, beta, lora);
        if (measured)
            training["eval_strategy"] = "epoch";
        (shown["n_epochs"], shown["batch_size"], shown["learning_rate_multiplier"]) = (epochs is { } e ? e : "auto", batch is { } b ? b : "auto", multiplier is { } m2 ? m2 : "auto");
        if (dpo)
            shown["beta"] = beta is { } strength ? strength : "auto";
        return training;
    }

    private static Recipe Read(JsonObject tree)
    {
        try
        {
            return RecipeReader.Read(JsonSerializer.SerializeToElement(tree));
        }
        catch (TemperException e)
        {
            throw new TemperException([.. e.Problems.Select(p => p with { Line = null, Path = p.Path is null ? null : Origins.GetValueOrDefault(p.Path, p.Path) })], e);
        }
    }
}
