using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Training.Data;

/// <summary>The classes of a dataset: names in the order of the model's outputs.</summary>
public sealed class LabelSet
{
    private readonly Dictionary<string, int> _numbers;

    private LabelSet(IReadOnlyList<string> names) => (Names, _numbers) = (names, names.Select((name, i) => (name, i)).ToDictionary(x => x.name, x => x.i, StringComparer.Ordinal));

    /// <summary>Names, in order.</summary>
    public IReadOnlyList<string> Names { get; }

    /// <summary>Number of a class.</summary>
    public int this[string name] => _numbers[name];

    /// <summary>The classes of all records: those of the base, where it knows all of them, else their names in ordinal order.</summary>
    /// <exception cref="TemperException">Code <c>too_few_classes</c>.</exception>
    public static LabelSet Of(IEnumerable<string> found, IReadOnlyList<string> known)
    {
        string[] names = [.. found.Distinct().Order(StringComparer.Ordinal)];
        if (names.Length > 0 && names.All(known.Contains))
            return new(known);
        return names.Length > 1 ? new(names)
            : throw new TemperException("too_few_classes", names.Length == 0 ? "No record has a class." : $"All records have the class '{names[0]}'.");
    }

    /// <summary>The class of a record of a text, and the text; null where it has none. A pair of prompt and completion is a text and its class.</summary>
    public static (string Text, string Label)? OfText(CanonicalRecord record) => record switch
    {
        { Kind: RecordKind.Labelled, Text: { } text, Class: { } name } => (text, name),
        { Kind: RecordKind.PromptCompletion, Prompt: { Length: > 0 } text, Completion: { } name } when name.Trim().Length > 0 => (text, name.Trim()),
        _ => null,
    };

    /// <summary>The class of a record of an image: its only caption, or where it has none the name of the folder that it stood in; else null.</summary>
    public static string? OfImage(CanonicalRecord record)
    {
        if (record is not { Kind: RecordKind.Image, Image: not null })
            return null;
        if (record.Captions is { Count: > 0 } captions)
            return captions.Count == 1 ? captions[0].Trim() : null;
        var folder = record.Source.File.LastIndexOf('/') is > 0 and var end ? record.Source.File[..end] : "";
        return folder.Length == 0 ? null : folder[(folder.LastIndexOf('/') + 1)..];
    }
}
