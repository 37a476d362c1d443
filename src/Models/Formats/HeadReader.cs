using System.Globalization;
using System.Text.Json;

namespace Temper.Models;

/// <summary>What stands on top of a model, from <c>architectures</c>, and the names of its classes, from <c>id2label</c> or <c>num_labels</c>.</summary>
internal static class HeadReader
{
    public static (ModelHead Head, IReadOnlyList<string> Labels) Read(JsonFields fields, string causal, string bare, string classifier)
    {
        var name = fields.Texts("architectures")?.FirstOrDefault() ?? causal;
        if (name == causal) return (ModelHead.Causal, []);
        if (name == bare) return (ModelHead.None, []);
        if (name == classifier) return (ModelHead.Classification, Labels(fields));
        fields.Report("architectures", $"begins with '{name}'; supported: {causal}, {classifier}, {bare}", "unsupported_architecture");
        return (ModelHead.Causal, []);
    }

    /// <summary>Class names in the order of the outputs. A file that says nothing means two (as transformers does).</summary>
    public static IReadOnlyList<string> Labels(JsonFields fields)
    {
        if (fields.Text("problem_type") is { } problem and not "single_label_classification")
            fields.Report("problem_type", $"is '{problem}'; supported: single_label_classification", "unsupported_architecture");
        if (fields.Object("id2label") is not { } map)
        {
            var count = fields.Int("num_labels", 1, 1 << 20) ?? 2;
            return [.. Enumerable.Range(0, count).Select(Unnamed)];
        }

        var names = map.Names.ToArray();
        var labels = new string[names.Length];
        foreach (var key in names)
        {
            var fits = int.TryParse(key, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && id < labels.Length && labels[id] is null;
            if (fits && map.Find(key) is { ValueKind: JsonValueKind.String } label) labels[id] = label.GetString()!;
            else fields.Report("id2label", $"must map 0 to {names.Length - 1} to names; '{key}' does not fit");
        }

        if (labels.Length == 0) fields.Report("id2label", "names no class");
        if (labels.Distinct().Count() != labels.Length) fields.Report("id2label", "gives two classes the same name");
        return labels;
    }

    /// <summary>What transformers calls a class that has no name.</summary>
    public static string Unnamed(int id) => $"LABEL_{id}";
}
