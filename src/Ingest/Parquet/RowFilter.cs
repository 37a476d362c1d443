using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>How a filter compares a column with its values.</summary>
public enum RowOperator
{
    /// <summary>Written <c>==</c>; with null: the column is null.</summary>
    Equal,

    /// <summary>Written <c>!=</c>; with null: the column is not null.</summary>
    NotEqual,

    /// <summary>Written <c>&lt;</c>.</summary>
    Less,

    /// <summary>Written <c>&lt;=</c>.</summary>
    LessOrEqual,

    /// <summary>Written <c>&gt;</c>.</summary>
    Greater,

    /// <summary>Written <c>&gt;=</c>.</summary>
    GreaterOrEqual,

    /// <summary>Written <c>in</c>, with a list.</summary>
    In,

    /// <summary>Written <c>not in</c>, with a list.</summary>
    NotIn,
}

/// <summary>
/// One condition of a list that must hold together: <c>[column, operator, value]</c>. A column that is null or absent fails every comparison but
/// <c>== null</c> and <c>in</c> with a null, as in SQL; texts compare by their UTF-8 bytes; numbers compare exactly.
/// </summary>
/// <param name="Column">Name; names of fields inside structs are joined by dots.</param>
/// <param name="Operator">How.</param>
/// <param name="Values">One; of <see cref="RowOperator.In"/> and <see cref="RowOperator.NotIn"/> any number. Numbers, strings, booleans or null.</param>
public sealed record RowFilter(string Column, RowOperator Operator, IReadOnlyList<JsonElement> Values)
{
    private static readonly Dictionary<string, RowOperator> Operators = new(StringComparer.OrdinalIgnoreCase)
    {
        ["=="] = RowOperator.Equal,
        ["="] = RowOperator.Equal,
        ["!="] = RowOperator.NotEqual,
        ["<"] = RowOperator.Less,
        ["<="] = RowOperator.LessOrEqual,
        [">"] = RowOperator.Greater,
        [">="] = RowOperator.GreaterOrEqual,
        ["in"] = RowOperator.In,
        ["not in"] = RowOperator.NotIn,
    };

    /// <summary>Reads a list of conditions: <c>[["score", ">=", 0.5], ["lang", "in", ["en", "de"]]]</c>. Null or absent: none.</summary>
    /// <exception cref="TemperException">Codes <c>CFG_WRONG_TYPE</c>, <c>CFG_BAD_VALUE</c>; all that is wrong at once.</exception>
    public static IReadOnlyList<RowFilter> ParseList(JsonElement filters)
    {
        if (filters.ValueKind is JsonValueKind.Null or JsonValueKind.Undefined)
            return [];
        if (filters.ValueKind != JsonValueKind.Array)
            throw new TemperException([Wrong("/filters", "CFG_WRONG_TYPE", "'filters' is a list of [column, operator, value]", filters)]);
        var (parsed, problems) = (new List<RowFilter>(), new List<Problem>());
        foreach (var (filter, index) in filters.EnumerateArray().Select((filter, index) => (filter, index)))
        {
            if (Read(filter, $"/filters/{index}", problems) is { } read)
                parsed.Add(read);
        }
        return problems.Count == 0 ? parsed : throw new TemperException(problems);
    }

    /// <inheritdoc/>
    public override string ToString() => $"{Column} {Operators.First(o => o.Value == Operator).Key} {string.Join(", ", Values.Select(value => value.GetRawText()))}";

    private static RowFilter? Read(JsonElement filter, string path, List<Problem> problems)
    {
        if (filter.ValueKind != JsonValueKind.Array || filter.GetArrayLength() != 3 || filter[0].ValueKind != JsonValueKind.String || filter[1].ValueKind != JsonValueKind.String)
        {
            problems.Add(Wrong(path, "CFG_WRONG_TYPE", "A filter is [column, operator, value]", filter));
            return null;
        }
        if (!Operators.TryGetValue(filter[1].GetString()!, out var kind))
        {
            problems.Add(Wrong(path + "/1", "CFG_BAD_VALUE", $"A filter's operator is one of {string.Join(" ", Operators.Keys)}", filter[1]));
            return null;
        }
        var isList = kind is RowOperator.In or RowOperator.NotIn;
        if (isList != (filter[2].ValueKind == JsonValueKind.Array))
        {
            problems.Add(Wrong(path + "/2", "CFG_WRONG_TYPE", isList ? "'in' and 'not in' take a list of values" : "This operator takes one value", filter[2]));
            return null;
        }
        JsonElement[] values = isList ? [.. filter[2].EnumerateArray().Select(value => value.Clone())] : [filter[2].Clone()];
        var before = problems.Count;
        problems.AddRange(values.Where(value => !Fits(value, kind)).Select(value => Wrong(path + "/2", "CFG_WRONG_TYPE", $"A value of '{filter[1].GetString()}' is a number, a string, {(Orders(kind) ? "not" : "true, false or")} null", value)));
        return problems.Count == before ? new(filter[0].GetString()!, kind, values) : null;
    }

    private static bool Orders(RowOperator kind) => kind is RowOperator.Less or RowOperator.LessOrEqual or RowOperator.Greater or RowOperator.GreaterOrEqual;

    private static bool Fits(JsonElement value, RowOperator kind) => value.ValueKind is JsonValueKind.Number or JsonValueKind.String
        || (!Orders(kind) && value.ValueKind is JsonValueKind.True or JsonValueKind.False or JsonValueKind.Null);

    private static Problem Wrong(string path, string code, string expected, JsonElement found)
    {
        var text = found.GetRawText();
        return new(code, $"{expected}; found {(text.Length > 80 ? text[..80] + "…" : text)}.") { Path = path };
    }
}
