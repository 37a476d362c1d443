using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Serving;

/// <summary>Looks for texts that JSON can carry and no string can hold: half of a surrogate pair, bytes that are not UTF-8. The parser finds them only when they are read.</summary>
internal static class JsonTexts
{
    /// <summary>Reads every text of <paramref name="value"/>, which stands at <paramref name="path"/> ("" for a whole body).</summary>
    /// <exception cref="TemperException">Code <c>invalid_value</c>, naming the field.</exception>
    public static void Check(JsonElement value, string path)
    {
        switch (value.ValueKind)
        {
            case JsonValueKind.String:
                _ = Read(value.GetString, path);
                break;
            case JsonValueKind.Array:
                foreach (var (i, item) in value.EnumerateArray().Index())
                    Check(item, $"{path}[{i}]");
                break;
            case JsonValueKind.Object:
                foreach (var member in value.EnumerateObject())
                {
                    var name = Read(() => member.Name, path.Length == 0 ? "body" : path);
                    Check(member.Value, path.Length == 0 ? name! : $"{path}.{name}");
                }
                break;
        }
    }

    private static string? Read(Func<string?> text, string path)
    {
        try
        {
            return text();
        }
        catch (InvalidOperationException e)
        {
            throw new TemperException([new Problem("invalid_value", $"Invalid '{path}': it holds half of a surrogate pair or bytes that are not UTF-8, which is no text.") { Path = path }], e);
        }
    }
}
