using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Core.Plugins;
using Temper.Core.Registry;
using Temper.Models;
using Temper.Training.Factories;
using Temper.Training.Observers;
using Temper.Training.Planning;
using Temper.Training.Recipes;
using Temper.Training.Tasks;

namespace Temper.Training.Jobs;

/// <summary>What jobs are made of, by name; plug-ins add to it.</summary>
/// <param name="Engines">Where they compute.</param>
/// <param name="Tasks">What they learn.</param>
public sealed record JobParts(IReadOnlyDictionary<string, EngineFactory> Engines, IReadOnlyDictionary<string, JobTaskFactory> Tasks)
{
    private Dictionary<object, FoundPlugin> _origins = [];
    private NamedTask[] _tasks = [];

    /// <summary>What recipes choose by name.</summary>
    public RunParts Parts { get; init; } = RunParts.BuiltIn;

    /// <summary>Who is told what happens in every run.</summary>
    public IReadOnlyList<NamedObserver> Observers { get; init; } = [];

    /// <summary>What is built in and what plug-ins registered.</summary>
    /// <exception cref="TemperException">Codes <c>part_twice</c>; <c>plugin_load_failed</c>: a part is no instance, so nobody knows whose it is.</exception>
    public static JobParts Of(IReadOnlyDictionary<string, EngineFactory> engines, IServiceProvider services)
    {
        var origins = services.GetServices<PluginOrigin>().DistinctBy(o => o.Part, ReferenceEqualityComparer.Instance).ToDictionary(o => o.Part, o => o.Plugin, ReferenceEqualityComparer.Instance);
        NamedTask[] tasks = [.. services.GetServices<NamedTask>()];
        object[] parts = [.. tasks, .. services.GetServices<NamedSchedule>(), .. services.GetServices<NamedOptimizer>(), .. services.GetServices<NamedLoss>(), .. services.GetServices<DecoderFamily>(), .. services.GetServices<ClassifierHead>()];
        if (Array.Find(parts, part => !origins.ContainsKey(part)) is { } stray)
            throw new TemperException("plugin_load_failed", $"A plug-in registered {stray.GetType().Name} {stray} otherwise than as an instance.", "Write services.AddSingleton(new …).");
        return new(engines, JobTasks.With(tasks)) { Parts = RunParts.Of(services), Observers = [.. services.GetServices<NamedObserver>()], _origins = origins, _tasks = tasks };
    }

    /// <summary>Plug-ins whose parts a run uses, by name; empty for almost all.</summary>
    /// <param name="recipe">Its recipe.</param>
    /// <param name="architecture"><c>model_type</c> of its base; null where it is no decoder.</param>
    internal IReadOnlyList<PluginPin> Used(Recipe recipe, string? architecture)
    {
        var used = Parts.Used(recipe.Training).Select(part => (Part: (object)part.Part, Text: $"{part.Kind} {part.Part.Name}")).ToList();
        if (Array.FindLast(_tasks, t => t.Name == JobTasks.NameOf(recipe)) is { } task)
            used.Add((task, $"task {task.Name}"));
        if (ClassifierHeads.Find(recipe.Training.Head) is { } head)
            used.Add((head, $"head {head.Name}"));
        if (DecoderFamilies.Find(architecture) is { } family)
            used.Add((family, $"architecture {family.ModelType}"));
        return [.. used.Where(u => _origins.ContainsKey(u.Part)).GroupBy(u => _origins[u.Part]).OrderBy(g => g.Key.Manifest.Name, StringComparer.Ordinal)
            .Select(g => new PluginPin(g.Key.Manifest.Name, g.Key.Manifest.Version.ToString(), PluginFolder.DigestOf(g.Key), [.. g.Select(u => u.Text)]))];
    }
}
