using System.Text.Json.Nodes;
using Temper.Core.Errors;
using Temper.Core.Files;

namespace Temper.Models;

/// <summary>Names of the classes beside an adapter of a classifier: PEFT's own files do not keep them. <c>label2id</c> and <c>id2label</c>, as in config.json.</summary>
public static class LabelFile
{
    /// <summary>Name of the file.</summary>
    public const string Name = "classifier_labels.json";

    /// <summary>Writes the names, in the order of the outputs.</summary>
    public static void Write(string folder, IReadOnlyList<string> labels)
    {
        var root = new JsonObject();
        ModelConfigJson.WriteLabels(root, labels);
        DurableFile.Write(Path.Combine(folder, Name), ModelConfigJson.Bytes(root));
    }

    /// <summary>Reads the names; null where the folder has no such file.</summary>
    /// <exception cref="TemperException">Code <c>config_invalid</c>.</exception>
    public static IReadOnlyList<string>? Read(string folder)
    {
        var file = Path.Combine(folder, Name);
        if (!File.Exists(file)) return null;
        var fields = JsonFields.Parse(File.ReadAllBytes(file), file, "config_invalid");
        var labels = HeadReader.Labels(fields);
        fields.ThrowIfAny();
        return labels;
    }
}
