using System.Globalization;
using Temper.Training.Recipes.Keys;

namespace Temper.Training.Recipes;

/// <summary>Reads <c>data.train</c>: one reference, or a list of references and of maps with settings (SimpleTuner's names; Axolotl's <c>path</c>, <c>weight</c>).</summary>
internal static class RecipeDatasets
{
    private const string Key = "data.train";

    private static readonly Dictionary<string, string> Aliases = new(StringComparer.Ordinal) { ["path"] = "dataset", ["name"] = "id", ["weight"] = "probability" };

    private static readonly string[] Names = ["dataset", "id", "probability", "repeats", "max_num_samples", "start_epoch", "end_epoch", "start_step", "end_step"];

    /// <summary>Names of other tools that say what a dataset's records look like; uploading finds that out.</summary>
    private static readonly string[] OfFormats = ["type", "format", "ds_type", "split", "revision", "data_dir", "columns", "message_property_mappings", "field_system", "field_instruction", "field_output", "roles_to_train", "train_on_eos", "chat_template", "field_messages", "message_field_role", "message_field_content", "roles", "conversation", "data_files", "shards"];

    /// <summary>Words of them for records that uploading understands by itself, so that they may stay.</summary>
    private static readonly Dictionary<string, string[]> Understood = new(StringComparer.Ordinal)
    {
        ["type"] = ["alpaca", "chat_template", "sharegpt", "completion", "oasst", "gpteacher", "jeopardy", "input_output", "chatml", "llama3", "dpo", "orpo"],
        ["ds_type"] = ["json", "jsonl", "csv", "parquet", "text"],
        ["split"] = ["train"],
        ["train_on_eos"] = ["turn", "last"],
        ["roles_to_train"] = ["[assistant]", "[gpt, assistant]"],
        ["chat_template"] = ["tokenizer_default"],
    };

    /// <summary>The one reference, or the entries.</summary>
    public static (string? Train, IReadOnlyList<DatasetEntry>? Datasets) Read(RecipeFields f)
    {
        var node = f.Node(Key);
        if (node is RecipeNode.Scalar { IsNull: false } scalar)
            node = LlamaFactoryKeys.List(scalar);
        if (node is not RecipeNode.Items list)
            return (f.Text(Key), null);
        if (list.Values.Count == 0)
            return (f.Wrong<string?>(Key, "a dataset's name or a list of datasets", null), null);
        var entries = list.Values.Select((value, i) => Entry(f, value, FormattableString.Invariant($"{f.Written(Key)}[{i}]"))).OfType<DatasetEntry>().ToArray();
        foreach (var twice in entries.GroupBy(e => e.Name).Where(g => g.Count() > 1))
            f.Refuse("mix_invalid", f.Written(Key), list.Line, twice.Key, $"Two datasets have the id '{twice.Key}'.", "Give one of them an `id` of its own.");
        return entries is [{ Id: null } only] && only == new DatasetEntry(only.Dataset) ? (only.Dataset, null) : (null, entries);
    }

    private static DatasetEntry? Entry(RecipeFields f, RecipeNode node, string path)
    {
        if (node is RecipeNode.Scalar { IsNull: false } name)
            return new(name.Text);
        if (node is not RecipeNode.Map map)
        {
            f.Refuse("wrong_type", path, node.Line, node.Shown, $"{path} is '{node.Shown}', expected a dataset's name or its settings.", "Write `dataset: NAME` and settings below it.");
            return null;
        }
        var values = new Dictionary<string, RecipeNode.Entry>(StringComparer.Ordinal);
        foreach (var entry in map.Entries)
        {
            var key = Aliases.GetValueOrDefault(entry.Key, entry.Key);
            if (!Names.Contains(key))
                Unknown(f, path, entry);
            else if (!values.TryAdd(key, entry))
                f.Refuse("alias_conflict", $"{path}.{entry.Key}", entry.Line, entry.Value.Shown, $"'{entry.Key}' and '{values[key].Key}' are two spellings of {key}.", "Keep one of the two.");
        }
        if (Text(f, path, values, "dataset") is { Length: > 0 } dataset)
            return Entry(f, path, values, dataset);
        f.Refuse("requires", path, map.Line, null, $"{path} names no dataset.", "Add `dataset: NAME`.");
        return null;
    }

    private static DatasetEntry Entry(RecipeFields f, string path, Dictionary<string, RecipeNode.Entry> values, string dataset) => new(dataset)
    {
        Id = Text(f, path, values, "id"),
        Probability = Number(f, path, values, "probability"),
        Repeats = Whole(f, path, values, "repeats", 0),
        MaxNumSamples = Whole(f, path, values, "max_num_samples", 1),
        StartEpoch = Whole(f, path, values, "start_epoch", 1),
        EndEpoch = Whole(f, path, values, "end_epoch", 1),
        StartStep = Whole(f, path, values, "start_step", 0),
        EndStep = Whole(f, path, values, "end_step", 1),
    };

    private static void Unknown(RecipeFields f, string path, RecipeNode.Entry entry)
    {
        var written = $"{path}.{entry.Key}";
        var known = ForeignKey.IsEmpty(entry.Value) || (Understood.GetValueOrDefault(entry.Key)?.Contains(entry.Value is RecipeNode.Scalar s ? s.Text.Split('.', ':')[0] : entry.Value.Shown) ?? false);
        if (OfFormats.Contains(entry.Key) && known)
            return;
        if (OfFormats.Contains(entry.Key))
            f.Refuse("not_supported_yet", written, entry.Line, entry.Value.Shown, $"{written} is known, but not read here.", "Remove it: what records look like is found out, or configured, when they are uploaded.");
        else
            f.Refuse("unknown_key", written, entry.Line, entry.Value.Shown, $"'{entry.Key}' is not a setting of a dataset in a recipe.", $"There are {string.Join(", ", Names)}.");
    }

    private static RecipeNode.Scalar? Scalar(RecipeFields f, string path, Dictionary<string, RecipeNode.Entry> values, string key, string expected)
    {
        if (!values.TryGetValue(key, out var entry) || entry.Value is RecipeNode.Scalar { IsNull: true })
            return null;
        if (entry.Value is not RecipeNode.Scalar scalar)
            f.Refuse("wrong_type", $"{path}.{entry.Key}", entry.Line, entry.Value.Shown, $"{path}.{entry.Key} is '{entry.Value.Shown}', expected {expected}.", $"Write {expected}.");
        return entry.Value as RecipeNode.Scalar;
    }

    private static string? Text(RecipeFields f, string path, Dictionary<string, RecipeNode.Entry> values, string key) => Scalar(f, path, values, key, "a name")?.Text;

    private static double? Number(RecipeFields f, string path, Dictionary<string, RecipeNode.Entry> values, string key)
    {
        if (Scalar(f, path, values, key, "a number") is not { } scalar)
            return null;
        if (!double.TryParse(scalar.Text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) || !double.IsFinite(number))
            f.Refuse("wrong_type", $"{path}.{key}", scalar.Line, scalar.Text, $"{path}.{key} is '{scalar.Text}', expected a number.", "Write a number.");
        else if (number is < 0 or > 1e6)
            f.Refuse("out_of_range", $"{path}.{key}", scalar.Line, scalar.Text, $"{path}.{key} is {scalar.Text}, expected 0 to 1,000,000.", "Choose a value: 0 to 1,000,000.");
        else
            return number;
        return null;
    }

    private static int? Whole(RecipeFields f, string path, Dictionary<string, RecipeNode.Entry> values, string key, int least)
    {
        if (Scalar(f, path, values, key, "a whole number") is not { } scalar)
            return null;
        var whole = int.TryParse(scalar.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number);
        if (whole && number >= least)
            return number;
        f.Refuse(whole ? "out_of_range" : "wrong_type", $"{path}.{key}", scalar.Line, scalar.Text, $"{path}.{key} is '{scalar.Text}', expected a whole number, {least} and up.", $"Choose a whole number, {least} and up.");
        return null;
    }
}
