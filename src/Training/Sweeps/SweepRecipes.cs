using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Training.Factories;
using Temper.Training.Recipes;

namespace Temper.Training.Sweeps;

/// <summary>The whole recipe of every trial, with what is wrong with any of them: what several trials share is said once.</summary>
internal static class SweepRecipes
{
    /// <summary>The trials; null where one of them has no usable recipe, and the reasons stand among the fields' problems.</summary>
    /// <param name="f">The sweep's settings.</param>
    /// <param name="file">Their file.</param>
    /// <param name="parameters">What is tried.</param>
    /// <param name="chosen">Values of each trial, in the order of the parameters; none: the recipe alone is checked.</param>
    /// <param name="maxSteps">Steps of a whole run instead of the recipe's; null: the recipe's.</param>
    /// <param name="jobOf">The job that trains a recipe.</param>
    /// <param name="parts">What recipes may choose by name; null: what is built in.</param>
    public static IReadOnlyList<PlannedTrial>? Read(SweepFields f, string? file, IReadOnlyList<SweepParameter> parameters, IReadOnlyList<IReadOnlyList<RecipeNode>> chosen, int? maxSteps, Func<Recipe, string, JobRequest> jobOf, RunParts? parts)
    {
        if (Base(f, file) is not ({ } root, var source))
            return null;
        var (trials, found) = (new List<PlannedTrial>(), new List<(int Trial, Problem Problem)>());
        var whole = maxSteps is { } most ? new[] { new RecipeNode.Entry("training.max_steps", 0, new RecipeNode.Scalar(FormattableString.Invariant($"{most}"), false, 0)) } : [];
        string? Beside(string name) => Path.Combine(Path.GetDirectoryName(Path.GetFullPath(source))!, name) is var path && File.Exists(path) ? File.ReadAllText(path) : null;
        for (var index = 0; index < Math.Max(1, chosen.Count); index++)
        {
            var values = chosen.Count == 0 ? [] : parameters.Zip(chosen[index]).ToArray();
            var problems = new List<Problem>();
            var (recipe, _) = RecipeReader.Build(root, source, [.. values.Select(v => new RecipeNode.Entry(v.First.Path, 0, v.Second.OffFile())), .. whole], problems, parts, Beside);
            if (Job(recipe, source, problems, jobOf) is { } job)
                trials.Add(new(index, new(values.ToDictionary(v => v.First.Path, v => SweepValues.ToJson(v.Second)), StringComparer.Ordinal), recipe, job));
            found.AddRange(problems.Select(p => (index, Placed(p, parameters, file))));
        }
        Tell(f, found, Math.Max(1, chosen.Count));
        if (chosen.Count == 0 || found.Count > 0)
            return null;
        Duplicates(f, trials);
        return trials;
    }

    /// <summary>Settings of the recipe, of its own file or inside the sweep's, and where they stand.</summary>
    private static (RecipeNode.Map? Root, string Source) Base(SweepFields f, string? file)
    {
        var sweep = file ?? "sweep";
        if (f.Node("recipe") is RecipeNode.Map inline)
            return (inline, sweep);
        if (f.Text("recipe") is not { } path)
            return (null, sweep);
        var full = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(sweep))!, path);
        if (File.Exists(full))
        {
            var (text, shown) = (File.ReadAllText(full), Path.IsPathRooted(path) ? path : Path.Combine(Path.GetDirectoryName(sweep) ?? "", path));
            return OpenAiJobBody.Find(text) is { } body
                ? (RecipeReader.Parse(OpenAiJobBody.ToRecipe(body).Named().ToJson().GetRawText(), null, f.Problems), shown)
                : (RecipeReader.Parse(text, shown, f.Problems), shown);
        }
        f.Fail("not_found", "recipe", $"{full} does not exist.", "Name a recipe file; its path counts from the sweep's folder.");
        return (null, sweep);
    }

    private static JobRequest? Job(Recipe recipe, string source, List<Problem> problems, Func<Recipe, string, JobRequest> jobOf)
    {
        try
        {
            return jobOf(recipe, source);
        }
        catch (TemperException e)
        {
            problems.AddRange(e.Problems.Where(p => !problems.Any(known => known.Path == p.Path)));
            return null;
        }
    }

    /// <summary>A problem of a changed setting stands where the sweep names its values.</summary>
    private static Problem Placed(Problem problem, IReadOnlyList<SweepParameter> parameters, string? file)
    {
        if (problem.File != "--set")
            return problem;
        var parameter = parameters.FirstOrDefault(p => p.Path == problem.Path || problem.Path?.StartsWith(p.Path + ".", StringComparison.Ordinal) == true);
        return problem with { File = file, Line = parameter?.Line, Path = parameter is null ? "max_steps" : $"parameters.{parameter.Written}" };
    }

    private static void Tell(SweepFields f, List<(int Trial, Problem Problem)> found, int trials)
    {
        foreach (var same in found.GroupBy(p => p.Problem))
        {
            var indices = same.Select(p => p.Trial).Distinct().ToArray();
            var who = indices.Length == trials ? "" : $"Trial{(indices.Length == 1 ? "" : "s")} {string.Join(", ", indices.Take(8))}{(indices.Length > 8 ? ", …" : "")}: ";
            f.Problems.Add(same.Key with { Message = who + same.Key.Message });
        }
    }

    private static void Duplicates(SweepFields f, List<PlannedTrial> trials)
    {
        foreach (var same in trials.GroupBy(t => t.Recipe.Digest()).Where(g => g.Count() > 1))
            f.Fail("sweep_duplicate", "parameters", $"The trials {string.Join(", ", same.Select(t => t.Index))} have the same recipe: {string.Join(" and ", same.Take(2).Select(t => JsonSerializer.Serialize(t.Parameters)))}.", "Remove one of the values that lead to the same settings.");
    }
}
