using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Core.Plugins;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>What stands between the features of a model that classifies and its linear classifier: a list of weights and a function. Its weights stand in the model's files below
/// <c>score.head.</c> or <c>classifier.head.</c>, its name in config.json as <c>temper_head</c>; so it is saved, verified and served as the rest of the model is.</summary>
/// <param name="Name">As recipes write it: <c>a-z 0-9 _</c>.</param>
/// <param name="Weights">From the width of the features to the weights that it has.</param>
/// <param name="Apply">From features [inputs, width] to what the classifier sees, of the same shape.</param>
public sealed record ClassifierHead(string Name, Func<int, IReadOnlyList<HeadWeight>> Weights, Func<HeadPass, Tensor> Apply);

/// <summary>A weight of a head.</summary>
/// <param name="Name">Inside the head, such as <c>dense.weight</c>.</param>
/// <param name="Shape">Its shape.</param>
/// <param name="IsBias">Whether it begins as zeros; else as normal numbers of the model's initialiser.</param>
public sealed record HeadWeight(string Name, IReadOnlyList<long> Shape, bool IsBias = false);

/// <summary>One pass through a head.</summary>
/// <param name="Engine">Where it is computed.</param>
/// <param name="Features">[inputs, width].</param>
/// <param name="Weight">A weight by its name.</param>
public sealed record HeadPass(IEngine Engine, Tensor Features, Func<string, Tensor> Weight);

/// <summary>The heads that plug-ins of this process brought. <c>linear</c>, the classifier alone, is built in.</summary>
public static class ClassifierHeads
{
    /// <summary>The built-in head: nothing stands between.</summary>
    public const string Linear = "linear";

    private static readonly Lock Changing = new();
    private static ClassifierHead[] all = [];

    /// <summary>All names, the built-in one first.</summary>
    public static IReadOnlyList<string> Names => [Linear, .. all.Select(head => head.Name)];

    /// <summary>The head of that name, or null.</summary>
    public static ClassifierHead? Find(string? name) => Array.Find(all, head => head.Name == name);

    /// <summary>Makes the heads of plug-ins known to this process, before any model with one is opened.</summary>
    /// <exception cref="TemperException">Code <c>part_twice</c>.</exception>
    public static void Register(IServiceProvider services)
    {
        foreach (var head in services.GetServices<ClassifierHead>())
            lock (Changing)
            {
                if (head.Name == Linear || (Find(head.Name) is { } known && known != head))
                    throw PluginLoader.Twice("head", head.Name, Find(head.Name), head);
                all = [.. all.Where(other => other.Name != head.Name), head];
            }
    }

    /// <summary>Slots of a head's weights, below the name of its classifier.</summary>
    internal static IEnumerable<WeightSlot> Slots(string? name, string classifier, int width) => Find(name) is not { } head ? []
        : head.Weights(width).Select(weight => new WeightSlot($"{classifier}.head.{weight.Name}", [.. weight.Shape], weight.IsBias ? WeightRole.Bias : WeightRole.Matrix));

    /// <summary>What the classifier sees.</summary>
    internal static Tensor Apply(string? name, IEngine engine, Tensor features, Func<string, Tensor> weight) => Find(name) is { } head ? head.Apply(new(engine, features, weight)) : features;

    /// <summary>Reads <c>temper_head</c>.</summary>
    internal static string? Read(JsonFields fields)
    {
        if (fields.Text("temper_head") is not { } name) return null;
        if (Find(name) is null) fields.Report("temper_head", $"is '{name}'; there are {string.Join(", ", Names)}. The plug-in that brings it must be installed here, too", "part_unknown");
        return name;
    }
}
