using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>Compares the names and shapes that a model asks for with those that its files hold.</summary>
internal static class WeightCheck
{
    private const int MostShown = 20;

    /// <summary>Everything that differs.</summary>
    public static List<Problem> Compare(IEnumerable<WeightSlot> expected, IReadOnlyDictionary<string, StoredTensor> found, Func<string, bool> ignored, string folder)
    {
        var problems = new List<Problem>();
        var names = new HashSet<string>();
        foreach (var slot in expected)
        {
            names.Add(slot.Name);
            if (!found.TryGetValue(slot.Name, out var tensor)) problems.Add(new Problem("tensor_missing", $"Reading {folder}: there is no tensor '{slot.Name}' {Show(slot.Shape)}."));
            else if (!tensor.Shape.SequenceEqual(slot.Shape)) problems.Add(new Problem("shape_mismatch", $"Reading {folder}: '{slot.Name}' is {Show(tensor.Shape)}, expected {Show(slot.Shape)}."));
        }

        problems.AddRange(found.Keys.Where(name => !names.Contains(name) && !ignored(name)).Order(StringComparer.Ordinal)
            .Select(name => new Problem("tensor_unexpected", $"Reading {folder}: there is no place for tensor '{name}' {Show(found[name].Shape)}.")));
        return problems;
    }

    /// <summary>Throws all problems; of very many the first of each code.</summary>
    public static void Throw(List<Problem> problems)
    {
        if (problems.Count == 0) return;
        throw new TemperException([.. problems.GroupBy(p => p.Code).SelectMany(group => group.Count() <= MostShown ? group
            : group.Take(MostShown).Append(new Problem(group.Key, $"… and {group.Count() - MostShown} more.")))]);
    }

    /// <summary>Reads a part of a folder; what is wrong with it joins the other problems, and there is null.</summary>
    public static T? Try<T>(List<Problem> problems, Func<T> read) where T : class
    {
        try
        {
            return read();
        }
        catch (TemperException e)
        {
            problems.AddRange(e.Problems);
            return null;
        }
    }

    private static string Show(IReadOnlyList<long> shape) => ShapeMismatchException.Show([.. shape]);
}
