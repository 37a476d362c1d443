using System.Globalization;

namespace Temper.Ingest;

/// <summary>Text that stands for a number or a truth value, as files for SimpleTuner have it: converted where the table of keys leaves no doubt, each with a warning.</summary>
internal sealed class Leniency(ConfigLog log)
{
    /// <summary>The mapping with such texts converted.</summary>
    public ConfigNode.Map Convert(ConfigNode.Map map, string section = "") => map with
    {
        Members = [.. map.Members.Select(m => KeyValuePair.Create(m.Key, ConfigKeys.Find(section.Length == 0 ? m.Key : $"{section}.{m.Key}") is { } key ? Node(m.Value, key, m.Key) : m.Value))],
    };

    private ConfigNode Node(ConfigNode node, ConfigKey key, string name) => (node, key.Shape) switch
    {
        (ConfigNode.Map map, KeyShape.Section) => Convert(map, key.Path),
        (ConfigNode.Scalar { Value: string text } scalar, KeyShape.Flag) when bool.TryParse(text.Trim(), out var flag) => As(scalar, flag, name),
        (ConfigNode.Scalar { Value: string text } scalar, KeyShape.Whole) when long.TryParse(text.Trim(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole) && key.Path != "train_batch_size" => As(scalar, whole, name),
        (ConfigNode.Scalar { Value: string text } scalar, KeyShape.Number) when double.TryParse(text.Trim(), NumberStyles.Float, CultureInfo.InvariantCulture, out var number) => As(scalar, number, name),
        (ConfigNode.Scalar { Value: double number } scalar, KeyShape.Whole) when number == Math.Floor(number) && Math.Abs(number) < 1e15 && key.Path != "train_batch_size" => As(scalar, (long)number, name),
        (ConfigNode.Scalar { Value: long or bool } scalar, KeyShape.Text) when key.Name is not ("id" or "type") => As(scalar, System.Convert.ToString(scalar.Value, CultureInfo.InvariantCulture)!, name),
        _ => node,
    };

    private ConfigNode.Scalar As(ConfigNode.Scalar scalar, object value, string name)
    {
        log.Warn("CFG_CONVERTED", scalar, string.Create(CultureInfo.InvariantCulture, $"'{name}' was {scalar.Kind} '{scalar.Value}' and is now {(value is bool flag ? flag ? "true" : "false" : value)}."));
        return scalar with { Value = value };
    }
}
