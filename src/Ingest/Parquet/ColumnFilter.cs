using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>A filter bound to the column of a file: it passes over row groups by their statistics, and decides every row by its value.</summary>
internal sealed class ColumnFilter
{
    private readonly RowFilter _filter;
    private readonly LeafType _leaf;
    private readonly LeafForm _form;
    private readonly ValueRule _rule;
    private readonly ByteBuffer _scratch = new(64), _low = new(64), _high = new(64);
    private ParquetValue _lowest, _highest;
    private bool _bounded;
    private long? _nulls;

    private ColumnFilter(RowFilter filter, int index, LeafType leaf, LeafForm form, IReadOnlyList<FilterConstant> constants) =>
        (_filter, Leaf, _leaf, _form, _rule) = (filter, index, leaf, form, new(filter.Operator, constants));

    /// <summary>The column's number.</summary>
    public int Leaf { get; }

    /// <summary>Binds filters to a file's columns.</summary>
    /// <exception cref="TemperException">Codes <c>CFG_BAD_VALUE</c> for columns that do not exist or cannot be compared, <c>CFG_WRONG_TYPE</c> for values of another type; all at once.</exception>
    public static List<ColumnFilter> Bind(IReadOnlyList<RowFilter> filters, ParquetNode[] columns, string file)
    {
        var (bound, problems) = (new List<ColumnFilter>(), new List<Problem>());
        foreach (var filter in filters)
        {
            try
            {
                bound.Add(Bind(filter, columns, file));
            }
            catch (TemperException e)
            {
                problems.AddRange(e.Problems);
            }
        }
        return problems.Count == 0 ? bound : throw new TemperException(problems);
    }

    /// <summary>Takes up the statistics of the next row group; false when they say that no row of it can stay.</summary>
    /// <exception cref="TemperException">Code <c>FILE_CORRUPT</c> when they cannot be values of the column.</exception>
    public bool Begin(ColumnChunk chunk)
    {
        var statistics = chunk.Statistics;
        (_nulls, _bounded) = (statistics?.Nulls, false);
        if (_nulls < 0 || _nulls > chunk.Values)
            throw Lies($"{_nulls} of {chunk.Values} values are null");
        // Ordered by the writer's rules, which for these are not those of their texts.
        if (statistics is { Lowest: { } lowest, Highest: { } highest } && _form is not (LeafForm.Int96 or LeafForm.Half))
        {
            (_lowest, _highest) = (Plain(lowest), Plain(highest));
            var low = Read(_lowest, _low);
            var high = Read(_highest, _high);
            _bounded = low.Kind != FilterKind.Other && high.Kind != FilterKind.Other;
            if (_bounded && FilterValue.Compare(low, high) > 0)
                throw Lies("its lowest value is above its highest");
        }
        if (_rule.HoldsNull && _nulls is not 0)
            return true;
        if (_nulls == chunk.Values && chunk.Values > 0)
            return false;
        return !_bounded || !_rule.ExcludesBetween(Read(_lowest, _low), Read(_highest, _high));
    }

    /// <summary>Whether the row whose value is the cursor's stays.</summary>
    /// <exception cref="TemperException">Code <c>FILE_CORRUPT</c> when the value contradicts the statistics that row groups are passed over by.</exception>
    public bool Holds(LeafCursor cursor)
    {
        if (!cursor.IsPresent)
            return --_nulls < 0 ? throw Lies("more values are null than they say") : _rule.HoldsNull;
        var value = Read(cursor.Value, _scratch);
        if (_bounded && value.Kind != FilterKind.Other && (FilterValue.Compare(value, Read(_lowest, _low)) < 0 || FilterValue.Compare(value, Read(_highest, _high)) > 0))
            throw Lies("a value lies outside its bounds");
        return _rule.Holds(value);
    }

    private static ColumnFilter Bind(RowFilter filter, ParquetNode[] columns, string file)
    {
        ParquetNode? node = null;
        var fields = columns;
        foreach (var part in filter.Column.Split('.'))
        {
            node = fields.FirstOrDefault(field => field.Name == part) ?? throw Bad("CFG_BAD_VALUE", filter, $"'{file}' has no such column; it has {string.Join(", ", columns.Select(column => column.Name))}");
            fields = node.Shape == NodeShape.Struct ? node.Children : [];
        }
        if (node!.Leaf is not { MaxRepetition: 0 } leaf)
            throw Bad("CFG_BAD_VALUE", filter, $"the column of '{file}' holds {node.Shape.ToString().ToLowerInvariant()}s, which cannot be compared");
        var form = LeafForms.Of(leaf);
        return new(filter, node.FirstLeaf, leaf, form, [.. filter.Values.Select(value => Constant(filter, value, leaf, form))]);
    }

    private static FilterConstant Constant(RowFilter filter, JsonElement value, LeafType leaf, LeafForm form)
    {
        if (value.ValueKind == JsonValueKind.Null)
            return new(value);
        var expected = form switch
        {
            LeafForm.Bool => FilterKind.Bool,
            LeafForm.Base64 or LeafForm.Json or LeafForm.Null => throw Bad("CFG_BAD_VALUE", filter, $"the column holds {leaf.Shown}, which cannot be compared"),
            LeafForm.Text or LeafForm.Uuid or LeafForm.Date or LeafForm.Time or LeafForm.Timestamp or LeafForm.Int96 => FilterKind.Text,
            _ => FilterKind.Number,
        };
        var constant = new FilterConstant(value);
        if (constant.Kind != expected)
            throw Bad("CFG_WRONG_TYPE", filter, $"the column holds {leaf.Shown}, so it is compared with a {(expected == FilterKind.Bool ? "boolean" : expected == FilterKind.Text ? "string" : "number")}, not with {value.GetRawText()}");
        if (form is not (LeafForm.Date or LeafForm.Time or LeafForm.Timestamp or LeafForm.Int96))
            return constant;
        return new(FilterTime.Normalise(value.GetString()!, form, leaf) ?? throw Bad("CFG_BAD_VALUE", filter, $"'{value.GetString()}' is no {leaf.Shown} as ISO 8601, or has more digits than the column"));
    }

    /// <summary>A value as filters see it: what it becomes as JSON, without the quotes.</summary>
    private FilterValue Read(in ParquetValue value, ByteBuffer scratch)
    {
        if (_form == LeafForm.Null)
            return default;
        if (_form == LeafForm.Text)
            return FilterValue.OfText(value.Bytes.Span);
        if (_form == LeafForm.Bool)
            return FilterValue.OfBool(value.Number != 0);
        if (_form == LeafForm.Int)
            return FilterValue.OfNumber((decimal)value.Number);
        scratch.Clear();
        LeafJson.Write(scratch, _form, _leaf, value);
        var json = scratch.Written;
        return json[0] == '"' ? FilterValue.OfText(json[1..^1]) : FilterValue.OfNumber(json);
    }

    /// <summary>A bound is stored as PLAIN stores a value, texts without their length.</summary>
    private ParquetValue Plain(byte[] bytes)
    {
        var width = _leaf.Type switch { PhysicalType.Boolean => 1, PhysicalType.Int32 or PhysicalType.Float => 4, PhysicalType.Int64 or PhysicalType.Double => 8, _ => -1 };
        if (width >= 0 && bytes.Length != width)
            throw Lies($"a bound has {bytes.Length} bytes, not {width}");
        return width switch
        {
            1 => new() { Number = bytes[0] },
            4 => new() { Number = BinaryPrimitives.ReadInt32LittleEndian(bytes) },
            8 => new() { Number = BinaryPrimitives.ReadInt64LittleEndian(bytes) },
            _ => new() { Bytes = bytes },
        };
    }

    private TemperException Lies(string how) => ParquetFault.Corrupt($"The statistics of column '{_leaf.Path}' contradict its values: {how}.");

    private static TemperException Bad(string code, RowFilter filter, string how) =>
        new([new Problem(code, string.Create(CultureInfo.InvariantCulture, $"Filter {filter}: {how}.")) { Path = "/filters" }]);
}
