namespace Temper.Ingest;

/// <summary>
/// Builds the tree of values from the footer's list of nodes. Lists and maps are recognised by the format's rules for readers, those for files of
/// older writers included (parquet-format, LogicalTypes: backward-compatibility rules).
/// </summary>
internal sealed class ParquetSchema
{
    private readonly SchemaElement[] _elements;
    private readonly ParquetLimits _limits;
    private readonly List<LeafType> _leaves = [];
    private int _next = 1;

    private ParquetSchema(SchemaElement[] elements, ParquetLimits limits) => (_elements, _limits) = (elements, limits);

    /// <summary>The columns of the table, and what is stored for them.</summary>
    public static (ParquetNode[] Columns, LeafType[] Leaves) Build(SchemaElement[] elements, ParquetLimits limits)
    {
        var schema = new ParquetSchema(elements, limits);
        var columns = schema.Fields(elements[0], new("", "", 0, 0, 0));
        return schema._next == elements.Length ? (columns, [.. schema._leaves]) : throw ParquetFault.Corrupt("The schema has nodes that belong to nothing.");
    }

    private ParquetNode[] Fields(SchemaElement parent, Place place)
    {
        if (parent.Children <= 0 || parent.Children > _elements.Length - _next)
            throw ParquetFault.Corrupt($"The schema's group '{parent.Name}' would have {parent.Children} fields.");
        if (place.Depth > _limits.SchemaDepth)
            throw ParquetFault.TooLarge($"The schema is nested more than {_limits.SchemaDepth} deep.");
        var fields = new ParquetNode[parent.Children];
        var names = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < fields.Length; i++)
        {
            fields[i] = Field(place);
            if (!names.Add(fields[i].Name))
                throw ParquetFault.Corrupt($"The schema has two columns '{fields[i].Path}'.");
        }
        return fields;
    }

    /// <summary>One node, whatever its repetition; a repeated one that no list wraps is a list itself.</summary>
    private ParquetNode Field(Place above)
    {
        var element = Take(above);
        var place = above.Into(element);
        if (element.Repetition != Repetition.Repeated)
            return Value(element, place, element.Repetition == Repetition.Optional);
        var first = _leaves.Count;
        var item = Value(element, place, optional: false);
        return ListOf(element, place with { Definition = above.Definition }, optional: false, item, first, place);
    }

    private ParquetNode Value(SchemaElement element, Place place, bool optional)
    {
        if (element.Children == 0 && element.Type is { } type)
            return Leaf(element, type, place, optional);
        var wraps = element.Children == 1 && _next < _elements.Length && _elements[_next].Repetition == Repetition.Repeated;
        return element.Logical.Kind switch
        {
            LogicalKind.List when wraps => List(element, place, optional),
            LogicalKind.Map when wraps && _elements[_next].Children is 1 or 2 => Map(element, place, optional),
            _ => Struct(element, place, optional),
        };
    }

    private ParquetNode Struct(SchemaElement element, Place place, bool optional)
    {
        var first = _leaves.Count;
        var fields = Fields(element, place);
        return new() { Name = element.Name, Path = place.Shown, Shape = NodeShape.Struct, Optional = optional, Definition = place.Definition, Children = fields, FirstLeaf = first, Leaves = _leaves.Count - first, Refused = element.Logical.Kind == LogicalKind.Variant ? "variant" : null };
    }

    private ParquetNode List(SchemaElement element, Place place, bool optional)
    {
        var first = _leaves.Count;
        var repeated = Take(place);
        var inner = place.Into(repeated);
        // The wrapper is the element itself where older writers left the wrapper out.
        var isElement = repeated.Children != 1 || repeated.Name == "array" || repeated.Name == element.Name + "_tuple"
            || (_next < _elements.Length && _elements[_next].Repetition == Repetition.Repeated && repeated.Logical.Kind != LogicalKind.List);
        var item = isElement ? Value(repeated, inner, optional: false) : Field(inner);
        return ListOf(element, place, optional, item, first, inner);
    }

    private ParquetNode ListOf(SchemaElement element, Place place, bool optional, ParquetNode item, int first, Place inner) => new()
    {
        Name = element.Name,
        Path = place.Shown,
        Shape = NodeShape.List,
        Optional = optional,
        Definition = place.Definition,
        ElementDefinition = inner.Definition,
        ElementRepetition = inner.Repetition,
        Children = [item],
        FirstLeaf = first,
        Leaves = _leaves.Count - first,
    };

    private ParquetNode Map(SchemaElement element, Place place, bool optional)
    {
        var first = _leaves.Count;
        var repeated = Take(place);
        var inner = place.Into(repeated);
        var entry = Fields(repeated, inner);
        return new()
        {
            Name = element.Name,
            Path = place.Shown,
            Shape = NodeShape.Map,
            Optional = optional,
            Definition = place.Definition,
            ElementDefinition = inner.Definition,
            ElementRepetition = inner.Repetition,
            Children = entry,
            FirstLeaf = first,
            Leaves = _leaves.Count - first,
        };
    }

    private ParquetNode Leaf(SchemaElement element, PhysicalType type, Place place, bool optional)
    {
        if (!Enum.IsDefined(type) || (type == PhysicalType.FixedLenByteArray && element.Length is <= 0 or > 1 << 20))
            throw ParquetFault.Corrupt($"Column '{place.Shown}' has no type that the format knows.");
        var length = type switch { PhysicalType.FixedLenByteArray => element.Length, PhysicalType.Int96 => 12, _ => 0 };
        var leaf = new LeafType(place.Stored, type, length, element.Logical, place.Definition, place.Repetition);
        _leaves.Add(leaf);
        return new() { Name = element.Name, Path = place.Shown, Shape = NodeShape.Leaf, Optional = optional, Definition = place.Definition, FirstLeaf = _leaves.Count - 1, Leaves = 1, Leaf = leaf };
    }

    private SchemaElement Take(Place place)
    {
        var element = _next < _elements.Length ? _elements[_next++] : throw ParquetFault.Corrupt("The schema ends inside a group.");
        if (!Enum.IsDefined(element.Repetition) || (element.Name.Length == 0 && place.Depth == 0) || (element.Children == 0) != element.Type.HasValue)
            throw ParquetFault.Corrupt($"The schema's node '{element.Name}' is neither a column nor a group.");
        return element;
    }

    /// <summary>Where a node stands.</summary>
    private sealed record Place(string Shown, string Stored, int Definition, int Repetition, int Depth)
    {
        public Place Into(SchemaElement element) => new(
            Shown.Length == 0 ? element.Name : $"{Shown}.{element.Name}",
            Stored.Length == 0 ? element.Name : $"{Stored}.{element.Name}",
            Definition + (element.Repetition == Ingest.Repetition.Required ? 0 : 1),
            Repetition + (element.Repetition == Ingest.Repetition.Repeated ? 1 : 0),
            Depth + 1);
    }
}
