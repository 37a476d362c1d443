using System.Globalization;
using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>Holds a dataset's mapping against the table of keys: unknown and misplaced keys, types, ranges, words. Whoever reads the values afterwards finds none that is wrong in itself.</summary>
/// <param name="log">Where problems go.</param>
/// <param name="type">Type of the dataset.</param>
/// <param name="backend">One bit of <see cref="Backend"/>; 0 where the data comes with an upload.</param>
internal sealed class KeyCheck(ConfigLog log, DatasetType type, int backend)
{
    private static readonly TimeSpan PatternTime = TimeSpan.FromSeconds(1);

    /// <summary>Keys that a plug-in's backend reads.</summary>
    public IReadOnlyList<BackendKey> PluginKeys { get; init; } = [];

    /// <summary>Checks all keys of a mapping; <paramref name="section"/> is its path in the table, "" for the dataset's own.</summary>
    public void Check(ConfigNode.Map map, string section = "")
    {
        foreach (var (name, value) in map.Members)
        {
            var key = ConfigKeys.Find(section.Length == 0 ? name : $"{section}.{name}");
            if (key is null && section.Length == 0 && PluginKeys.FirstOrDefault(k => k.Name == name) is { } own)
                Shape(new(name, For.All, ShapeOf(own), "", ""), ShapeOf(own), name, value);
            else if (key is null)
                Unknown(name, value, section);
            else if (IsWelcome(key, name, value))
                Shape(key, key.Shape, name, value);
        }
    }

    private static KeyShape ShapeOf(BackendKey key) => key.Kind switch
    {
        BackendKeyKind.Number => new KeyShape.Whole(long.MinValue, long.MaxValue),
        BackendKeyKind.Flag => new KeyShape.Flag(),
        BackendKeyKind.Secret => new KeyShape.Secret(),
        _ => new KeyShape.Text(),
    };

    private bool IsWelcome(ConfigKey key, string name, ConfigNode value)
    {
        var misplaced = (key.For & For.Of(type)) == 0 ? $"datasets of type {Types(key.For)}"
            : key.Backends != 0 && backend != 0 && (key.Backends & backend) == 0 ? $"type: {string.Join(" or ", Backend.Names.Where(n => (Backend.Of(n) & key.Backends) != 0).DefaultIfEmpty("of a plug-in"))}" : null;
        if (misplaced is not null && log.Importing)
            log.Warn("CFG_IGNORED", value, $"'{name}' does nothing here; it is read for {misplaced}.");
        else if (misplaced is not null)
            log.Add("CFG_MISPLACED_KEY", value, $"'{name}' is a key for {misplaced}; this dataset is {Word(type)}.", (key.For & For.Of(type)) == 0 ? "Remove it, or correct dataset_type." : "Remove it, or correct type.");
        else if (key.Fate == KeyFate.Recipe)
            Recipe(key, name, value);
        else if (key.Fate == KeyFate.Refused && value is not ConfigNode.Scalar { Value: null or false })
            log.Add("CFG_UNSUPPORTED", value, $"'{name}' is not supported.", key.Reason);
        else if (key.Fate == KeyFate.Ignored || (key.IgnoredFor & For.Of(type)) != 0)
            log.Warn("CFG_IGNORED", value, $"'{name}' does nothing: {key.Reason}.");
        else if (key.Reader == KeyReader.Plan && backend == 0)
            log.Warn("CFG_IGNORED", value, $"'{name}' does nothing in the configuration of one upload; `temper data build` reads it.");
        return misplaced is null && key.Fate is KeyFate.Read or KeyFate.Ignored;
    }

    private void Recipe(ConfigKey key, string name, ConfigNode value)
    {
        var hint = $"Write it as `{key.Reason}` in the recipe; one dataset serves many models.";
        if (log.Importing)
            log.Warn("CFG_IGNORED", value, $"'{name}' belongs into the training recipe.", hint);
        else
            log.Add("CFG_RECIPE_KEY", value, $"'{name}' belongs into the training recipe, not to the data.", hint);
    }

    private void Shape(ConfigKey key, KeyShape shape, string name, ConfigNode value)
    {
        if (value is ConfigNode.Scalar { Value: null })
            return;
        switch (shape)
        {
            case KeyShape.Either either:
                Shape(key, Fits(either.First, value) || !Fits(either.Second, value) && !IsNearer(either.Second, value) ? either.First : either.Second, name, value);
                break;
            case KeyShape.Section when value is ConfigNode.Map map:
                Check(map, key.Path);
                break;
            case KeyShape.Names names when value is ConfigNode.Map map:
                foreach (var (inner, item) in map.Members)
                    Shape(names.Value is KeyShape.Section ? ConfigKeys.Find($"{key.Path}.{inner}")! : key, names.Value, inner, item);
                break;
            case KeyShape.List list when value is ConfigNode.Sequence items:
                if (items.Items.Count < list.Least)
                    log.Add("CFG_BAD_VALUE", value, $"'{name}' must have at least {list.Least} value{(list.Least == 1 ? "" : "s")}.");
                foreach (var item in items.Items)
                    Shape(key, list.Item, name, item);
                break;
            case var _ when Fits(shape, value):
                Range(shape, name, (ConfigNode)value);
                break;
            default:
                Wrong(key, shape, name, value);
                break;
        }
    }

    /// <summary>Whether a value is of a shape's type, whatever its range.</summary>
    private static bool Fits(KeyShape shape, ConfigNode value) => (shape, value) switch
    {
        (KeyShape.Any, _) => true,
        (KeyShape.Text or KeyShape.Words, ConfigNode.Scalar { Value: string }) => true,
        (KeyShape.Flag, ConfigNode.Scalar { Value: bool }) => true,
        (KeyShape.Whole, ConfigNode.Scalar { Value: long }) => true,
        (KeyShape.Number, ConfigNode.Scalar { Value: long or double }) => true,
        (KeyShape.Section or KeyShape.Names, ConfigNode.Map) => true,
        (KeyShape.List, ConfigNode.Sequence) => true,
        (KeyShape.Secret, ConfigNode.Map { Members: [{ Key: "secretRef", Value: ConfigNode.Scalar { Value: string } }] }) => true,
        (KeyShape.Either either, _) => Fits(either.First, value) || Fits(either.Second, value),
        _ => false,
    };

    private static bool IsNearer(KeyShape shape, ConfigNode value) => value is ConfigNode.Scalar ? shape is KeyShape.Text or KeyShape.Number : shape is KeyShape.Section;

    private void Range(KeyShape shape, string name, ConfigNode value)
    {
        var found = (value as ConfigNode.Scalar)?.Value;
        switch (shape)
        {
            case KeyShape.Whole whole when found is long number && (number < whole.Least || number > whole.Most):
                log.Add("CFG_BAD_VALUE", value, string.Create(CultureInfo.InvariantCulture, $"'{name}' must be {whole.Least} to {whole.Most}; found {number}."));
                break;
            case KeyShape.Number range when Convert.ToDouble(found, CultureInfo.InvariantCulture) is var number && !(number >= range.Least && number <= range.Most && double.IsFinite(number)):
                log.Add("CFG_BAD_VALUE", value, string.Create(CultureInfo.InvariantCulture, $"'{name}' must be {range.Range}; found {number}."));
                break;
            case KeyShape.Words words when !words.Allowed.Contains((string)found!):
                log.Add("CFG_BAD_VALUE", value, $"'{name}' must be one of {string.Join(", ", words.Allowed.Where(w => w.Length > 0))}; found '{found}'.", Nearest.Hint((string)found!, words.Allowed));
                break;
            case KeyShape.Text { Pattern.Length: > 0 } text when !Regex.IsMatch((string)found!, $@"\A(?:{text.Pattern})\z", RegexOptions.NonBacktracking | RegexOptions.Singleline, PatternTime):
                log.Add("CFG_BAD_VALUE", value, $"'{name}' must be {text.Means}; found '{found}'.");
                break;
        }
    }

    private void Wrong(ConfigKey key, KeyShape shape, string name, ConfigNode value)
    {
        if (shape is KeyShape.Secret)
        {
            log.Add("CFG_SECRET_IN_PLAIN_TEXT", value, $"'{key.Path}' must name a secret, not hold it.", "Write {secretRef: NAME} and keep the secret in the host's store; `temper data import --import-secrets` moves it there. Treat the one in the file as leaked.");
            return;
        }
        var shown = value is ConfigNode.Scalar scalar ? $" '{Convert.ToString(scalar.Value, CultureInfo.InvariantCulture)}'" : "";
        log.Add("CFG_WRONG_TYPE", value, $"'{name}' must be {shape.Expected}; found {value.Kind}{shown}.");
    }

    private void Unknown(string name, ConfigNode value, string section)
    {
        if (log.Importing)
        {
            log.Warn("CFG_IGNORED", value, $"'{name}' is no key of SimpleTuner's documentation and none of ours; it is left out.");
            return;
        }
        string[] here = [.. PluginKeys.Where(_ => section.Length == 0).Select(k => k.Name), .. ConfigKeys.Under(section).Where(k => (k.For & For.Of(type)) != 0 && k.Fate == KeyFate.Read).Select(k => k.Name)];
        var deeper = ConfigKeys.All.Where(k => k.Path.Contains('.', StringComparison.Ordinal) && (k.For & For.Of(type)) != 0).FirstOrDefault(k => k.Name == name);
        log.Add("CFG_UNKNOWN_KEY", value, $"there is no key '{name}' here.", deeper is not null && Nearest.To(name, here) is null ? $"'{name}' belongs under {deeper.Path[..^(name.Length + 1)]}." : Nearest.Hint(name, here));
    }

    private static string Types(int types) => string.Join(", ", Enum.GetValues<DatasetType>().Where(t => (types & For.Of(t)) != 0).Select(Word));

    /// <summary>A dataset type as it is written.</summary>
    public static string Word(DatasetType type) => System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(type.ToString());
}
