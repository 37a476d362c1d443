using System.Text.Json;
using System.Text.RegularExpressions;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Training.Factories;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>Sweeps from YAML or JSON: everything is checked, every trial's whole recipe among it, before anything is made.</summary>
public sealed partial class SweepReader
{
    private readonly string _file;
    private readonly SweepFields _fields;
    private readonly List<Problem> _problems;
    private readonly RecipeNode.Map _root;

    private SweepReader(RecipeNode.Map root, string file, List<Problem> problems) => (_root, _file, _problems, _fields) = (root, file, problems, new(root, file, problems));

    /// <summary>Reads and checks a sweep.</summary>
    /// <param name="text">YAML, or JSON where it begins with a brace and the name does not say YAML.</param>
    /// <param name="file">As the user knows it; a recipe and a suite that it names lie beside it.</param>
    /// <param name="name">Name of the sweep instead of the file's; null: the file's.</param>
    /// <param name="jobOf">The job that trains a recipe (named by its file), or what keeps it from being one.</param>
    /// <param name="parts">What recipes may choose by name; null: what is built in.</param>
    /// <exception cref="TemperException">Everything that is wrong with it, each problem with path, line, value and remedy.</exception>
    public static SweepPlan Read(string text, string file, string? name, Func<Recipe, string, JobRequest> jobOf, RunParts? parts = null)
    {
        var problems = new List<Problem>();
        if (RecipeReader.Parse(text, file, problems) is not { } root)
            throw new TemperException(problems);
        var plan = new SweepReader(root, file, problems).Plan(name, jobOf, parts);
        return plan is not null && problems.Count == 0 ? plan : throw new TemperException([.. problems.OrderBy(p => p.Line ?? long.MaxValue)]);
    }

    private SweepPlan? Plan(string? name, Func<Recipe, string, JobRequest> jobOf, RunParts? parts)
    {
        var f = _fields;
        f.Whole("version", 1, 1);
        f.Require("recipe", "The sweep names no recipe.", "Add `recipe: FILE.yaml`, or the settings of a recipe indented below `recipe:`.");
        f.Require("method", "The sweep does not say how trials are chosen.", "Add `method: grid`, `random` or `halving`.");
        f.Require("metric", "The sweep does not say what is compared.", "Add `metric: eval_loss`, final_loss, another number that jobs report, or SUITE:METRIC.");
        f.Require("parameters", "The sweep tries nothing.", "Add `parameters:` with settings of the recipe and their values.");
        var parameters = SweepParameters.Read(f.Node("parameters"), _file, _problems);
        var (method, metric, seed, priority) = (f.Word<SweepMethod>("method"), Metric(), f.Whole("seed", 0, int.MaxValue) ?? 42, f.Whole("priority", -100, 100) ?? 0);
        var (eta, least, most) = Halving(method, metric, parameters);
        var chosen = Proposals(method, parameters, (ulong)seed);
        var recipes = SweepRecipes.Read(f, _file, parameters, chosen, most, (recipe, at) => jobOf(recipe, at) with { Priority = priority }, parts);
        most ??= recipes is [var first, ..] && method == SweepMethod.Halving ? first.Recipe.Training.MaxSteps : null;
        Measured(method, metric, recipes, least, most);
        var called = Name(name);
        return called is null || method is null || metric is null || recipes is null || _problems.Count > 0 ? null : new()
        {
            Name = called.Value,
            Method = method.Value,
            Metric = metric,
            Direction = f.Word<SweepDirection>("direction") ?? (metric.EndsWith("loss", StringComparison.Ordinal) || metric.EndsWith("perplexity", StringComparison.Ordinal) ? SweepDirection.Minimize : SweepDirection.Maximize),
            Trials = recipes,
            Eta = method == SweepMethod.Halving ? eta : null,
            MinSteps = least,
            MaxSteps = most,
            Suite = f.Text("suite") is { } suite ? Beside(suite) : null,
            Alias = f.Text("alias"),
            Settings = SweepValues.ToJson(_root),
        };
    }

    private string? Metric()
    {
        var f = _fields;
        f.Word<SweepDirection>("direction");
        if (f.Text("alias") is { } alias && (!AliasName.IsValid(alias) || alias == "latest"))
            f.Fail("alias_invalid", "alias", $"'{alias}' cannot be put on a version: it breaks the spelling rule, or the registry keeps it.", "Use 1 to 255 letters, digits, '_' and '-', not 'latest' and not 'v' and a number.");
        if (f.Text("metric") is not { } metric)
            return null;
        if (!Spelling().IsMatch(metric))
            f.Fail("sweep_invalid", "metric", $"'{metric}' is no metric.", "Write final_loss, eval_loss, the name of another number that jobs report, or SUITE:METRIC.");
        else if (f.Has("suite") && !metric.Contains(':', StringComparison.Ordinal))
            f.Fail("requires", "suite", $"A suite is named, and '{metric}' is no number of a suite.", "Write `metric: SUITE:METRIC`, or remove suite.");
        return metric;
    }

    /// <summary>What halving asks for, and others refuse.</summary>
    private (int Eta, int? Least, int? Most) Halving(SweepMethod? method, string? metric, IReadOnlyList<SweepParameter> parameters)
    {
        var f = _fields;
        if (method != SweepMethod.Halving)
        {
            foreach (var key in method is null ? [] : (string[])["eta", "min_steps", "max_steps"])
                f.Refuse(key, $"{key} belongs to halving, and the method is {f.Text("method")}.");
            return (3, null, null);
        }
        f.Require("min_steps", "Halving needs to know where trials are first compared.", "Add `min_steps: N`, the steps of the first rung.");
        var (eta, least, most) = (f.Whole("eta", 2, 100) ?? 3, f.Whole("min_steps", 1, int.MaxValue), f.Whole("max_steps", 1, int.MaxValue));
        if (least > most)
            f.Fail("out_of_range", "min_steps", FormattableString.Invariant($"min_steps is {least} and max_steps {most}."), "Let min_steps be at most max_steps.");
        if (metric?.Contains(':', StringComparison.Ordinal) == true)
            f.Fail("exclusive", "metric", "A suite asks whole models; halving compares numbers that jobs report while they run.", "Compare eval_loss, or use grid or random.");
        foreach (var parameter in parameters.Where(p => p.Path is "training.max_steps" or "training.num_train_epochs" or "training"))
            _problems.Add(new("exclusive", $"Halving decides how long trials train, so {parameter.Written} cannot be tried.") { File = _file, Line = parameter.Line, Path = $"parameters.{parameter.Written}", Hint = "Remove it." });
        return (eta, least, most);
    }

    private IReadOnlyList<IReadOnlyList<RecipeNode>> Proposals(SweepMethod? method, IReadOnlyList<SweepParameter> parameters, ulong seed)
    {
        var f = _fields;
        var trials = f.Whole("trials", 1, SweepProposals.Most);
        if (parameters.Count == 0 || _problems.Any(p => p.Path is { } path && path.StartsWith("parameters", StringComparison.Ordinal)))
            return [];
        if (method == SweepMethod.Random || (method == SweepMethod.Halving && f.Has("trials")))
        {
            f.Require("trials", "A random sweep needs to know how many trials it has.", $"Add `trials: N`, 1 to {SweepProposals.Most}.");
            var drawn = trials is { } count ? SweepProposals.Random(parameters, count, seed) : [];
            if (drawn.Count < trials)
                f.Fail("out_of_range", "trials", FormattableString.Invariant($"trials is {trials}, and the values have only {drawn.Count} combinations."), FormattableString.Invariant($"Write `trials: {drawn.Count}`, or use a grid."));
            return drawn;
        }
        foreach (var key in method == SweepMethod.Grid ? (string[])["trials", "seed"] : [])
            f.Refuse(key, $"A grid tries every combination, so {key} means nothing.");
        foreach (var range in parameters.OfType<SweepParameter.Drawn>())
            _problems.Add(new("requires", $"{range.Written} is a range, and without trials to draw every combination of lists is tried.") { File = _file, Line = range.Line, Path = $"parameters.{range.Written}", Hint = "Write a list of values, or `method: random` with `trials: N`." });
        if (SweepProposals.Grid([.. parameters.OfType<SweepParameter.Listed>()]) is { } grid)
            return parameters.Any(p => p is SweepParameter.Drawn) ? [] : grid;
        f.Fail("out_of_range", "parameters", $"The lists have more than {SweepProposals.Most} combinations.", "Shorten a list, or draw some of them with `method: random`.");
        return [];
    }

    /// <summary>Whether trials will report what is compared, in time.</summary>
    private void Measured(SweepMethod? method, string? metric, IReadOnlyList<PlannedTrial>? trials, int? least, int? most)
    {
        var f = _fields;
        if (trials is null)
            return;
        if (method == SweepMethod.Halving && trials.FirstOrDefault(t => t.Recipe.Training.MaxSteps is null || t.Recipe.Training.MaxSteps != most) is not null)
            f.Fail("requires", "max_steps", "Halving needs to know the steps of a whole run.", "Add `max_steps: N`, or training.max_steps to the recipe.");
        else if (least > most && !f.Has("max_steps"))
            f.Fail("out_of_range", "min_steps", FormattableString.Invariant($"min_steps is {least}, and a whole run has {most} steps."), "Lower min_steps.");
        if (method == SweepMethod.Halving && trials.Any(t => t.Recipe.ResumeFromCheckpoint == "false"))
            f.Fail("exclusive", "recipe", "Halving lets trials go on from their checkpoints, and with resume_from_checkpoint: false each of them begins again at every rung.", "Remove resume_from_checkpoint.");
        Reported(metric, trials);
        if (metric is null || !metric.StartsWith("eval_", StringComparison.Ordinal))
            return;
        if (trials.FirstOrDefault(t => t.Recipe.Training.EvalStrategy == Cadence.No) is { } silent)
            f.Fail("requires", "metric", FormattableString.Invariant($"{metric} is compared, and trial {silent.Index} measures nothing while it trains."), "Set training.eval_strategy and data.validation in the recipe, or compare final_loss.");
        else if (method == SweepMethod.Halving && trials.FirstOrDefault(t => t.Recipe.Training is { EvalStrategy: Cadence.Steps } s && (s.EvalSteps ?? s.LoggingSteps) is var every && (every >= 1 ? every : Math.Ceiling(every * (most ?? 0))) > least) is { } late)
            f.Fail("out_of_range", "min_steps", FormattableString.Invariant($"min_steps is {least}, and trial {late.Index} first measures {metric} later."), "Lower training.eval_steps, or raise min_steps.");
    }

    /// <summary>A number that no job of a trial's task reports would leave every trial without a value.</summary>
    private void Reported(string? metric, IReadOnlyList<PlannedTrial> trials)
    {
        if (metric is null || metric.Contains(':', StringComparison.Ordinal) || trials.FirstOrDefault(t => !TaskMetrics.Of(t.Recipe.Task).Contains(metric)) is not { } without)
            return;
        var known = TaskMetrics.Of(without.Recipe.Task);
        _fields.Fail("sweep_invalid", "metric", $"Jobs of the task {JsonNamingPolicy.SnakeCaseLower.ConvertName(without.Recipe.Task.ToString())} report no '{metric}'; they report {string.Join(", ", known)}.",
            RecipeKeys.Nearest(metric, known) is { } near ? $"Did you mean {near}?" : "Write one of them, or SUITE:METRIC.");
    }

    private ResourceName? Name(string? given)
    {
        var text = given ?? _fields.Text("name") ?? Path.GetFileName(_file).Split('.')[0].ToLowerInvariant();
        if (ResourceName.TryParse(text, out var name) && !text.StartsWith("swp-", StringComparison.Ordinal))
            return name;
        _fields.Fail("name_invalid", "name", $"'{text}' is not a valid name of a sweep.", "Add `name:` with 1 to 63 of a-z, 0-9, '.', '_' and '-', beginning with a letter or digit, not with 'swp-'.");
        return null;
    }

    private string Beside(string path) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(_file))!, path);

    [GeneratedRegex(@"\A([a-z0-9][a-z0-9._-]{0,62}:)?[a-z][a-z0-9_]{0,62}\z", RegexOptions.NonBacktracking)]
    private static partial Regex Spelling();
}
