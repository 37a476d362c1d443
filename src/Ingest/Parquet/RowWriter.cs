using System.Text;

namespace Temper.Ingest;

/// <summary>
/// Puts one row together as a JSON object: follows the schema, and takes from every column the values whose levels say that they belong there.
/// Columns of one list must agree on where it begins, goes on and ends.
/// </summary>
internal sealed class RowWriter
{
    private readonly ByteBuffer _target = new(4 << 10);
    private readonly ParquetNode[] _columns;
    private readonly LeafCursor?[] _leaves;
    private readonly Dictionary<ParquetNode, byte[]> _keys = [];
    private readonly LeafForm[] _forms;
    private readonly int _most;

    /// <param name="columns">Those that are wanted, in order.</param>
    /// <param name="leaves">All leaves of the file; filled for each row group where they are read.</param>
    /// <param name="most">Bytes of a row.</param>
    public RowWriter(ParquetNode[] columns, LeafCursor?[] leaves, int most)
    {
        (_columns, _leaves, _most, _forms) = (columns, leaves, most, new LeafForm[leaves.Length]);
        foreach (var column in columns)
        {
            column.Check();
            Prepare(column);
        }
    }

    /// <summary>The row that was written last.</summary>
    public ReadOnlySpan<byte> Row => _target.Written;

    /// <summary>Whether it was longer than a row may be, and was cut.</summary>
    public bool TooLong { get; private set; }

    /// <summary>Writes the row at which the cursors stand, and moves them behind it.</summary>
    public void Write()
    {
        _target.Clear();
        TooLong = false;
        Fields(_columns);
    }

    private void Prepare(ParquetNode node)
    {
        var key = new ByteBuffer(32);
        LeafJson.Text(key, Encoding.UTF8.GetBytes(node.Name));
        key.Add((byte)':');
        _keys[node] = key.Written.ToArray();
        if (node.Leaf is { } leaf)
            _forms[node.FirstLeaf] = LeafForms.Of(leaf);
        foreach (var child in node.Children)
            Prepare(child);
    }

    private void Fields(ParquetNode[] fields)
    {
        Add("{"u8);
        foreach (var field in fields)
        {
            if (field != fields[0])
                Add(","u8);
            Add(_keys[field]);
            Value(field);
        }
        Add("}"u8);
    }

    private void Value(ParquetNode node)
    {
        if (node.Optional && IsAbsent(node, node.Definition))
        {
            Add("null"u8);
            return;
        }
        switch (node.Shape)
        {
            case NodeShape.Leaf:
                Leaf(node);
                break;
            case NodeShape.Struct:
                Fields(node.Children);
                break;
            case NodeShape.List:
                List(node);
                break;
            default:
                Map(node);
                break;
        }
    }

    private void Leaf(ParquetNode node)
    {
        var cursor = _leaves[node.FirstLeaf]!;
        if (!cursor.HasValue || !cursor.IsPresent)
            throw Torn(node);
        if (_target.Length <= _most)
            LeafJson.Write(_target, _forms[node.FirstLeaf], cursor.Leaf, cursor.Value);
        TooLong |= _target.Length > _most;
        cursor.Advance();
    }

    private void List(ParquetNode node)
    {
        if (IsAbsent(node, node.ElementDefinition))
        {
            Add("[]"u8);
            return;
        }
        var separator = (byte)'[';
        do
        {
            Add([separator]);
            separator = (byte)',';
            Value(node.Children[0]);
        }
        while (GoesOn(node));
        Add("]"u8);
    }

    /// <summary>An object where keys are texts, else a list of pairs.</summary>
    private void Map(ParquetNode node)
    {
        var isObject = node.Children.Length == 2 && node.Children[0] is { Shape: NodeShape.Leaf, Optional: false } key && _forms[key.FirstLeaf] is LeafForm.Text or LeafForm.Uuid;
        if (IsAbsent(node, node.ElementDefinition))
        {
            Add(isObject ? "{}"u8 : "[]"u8);
            return;
        }
        var separator = (byte)(isObject ? '{' : '[');
        do
        {
            Add([separator]);
            separator = (byte)',';
            if (!isObject)
            {
                Fields(node.Children);
                continue;
            }
            Value(node.Children[0]);
            Add(":"u8);
            Value(node.Children[1]);
        }
        while (GoesOn(node));
        Add(isObject ? "}"u8 : "]"u8);
    }

    /// <summary>Whether the path ends before <paramref name="definition"/>: all columns under the node must say so, and are then passed over.</summary>
    private bool IsAbsent(ParquetNode node, int definition)
    {
        var isAbsent = _leaves[node.FirstLeaf]!.Definition < definition;
        for (var leaf = node.FirstLeaf; leaf < node.FirstLeaf + node.Leaves; leaf++)
        {
            var cursor = _leaves[leaf]!;
            if (!cursor.HasValue || cursor.Definition < definition != isAbsent)
                throw Torn(node);
            if (isAbsent)
                cursor.Advance();
        }
        return isAbsent;
    }

    private bool GoesOn(ParquetNode node)
    {
        var goesOn = _leaves[node.FirstLeaf]!.Repetition >= node.ElementRepetition;
        for (var leaf = node.FirstLeaf; leaf < node.FirstLeaf + node.Leaves; leaf++)
        {
            var cursor = _leaves[leaf]!;
            if (goesOn ? cursor.Repetition != node.ElementRepetition || cursor.Definition < node.ElementDefinition : cursor.Repetition >= node.ElementRepetition)
                throw Torn(node);
        }
        return goesOn;
    }

    /// <summary>What goes beyond a row's limit is not kept.</summary>
    private void Add(ReadOnlySpan<byte> bytes)
    {
        if (_target.Length <= _most)
            _target.Add(bytes);
        else
            TooLong = true;
    }

    private static Core.Errors.TemperException Torn(ParquetNode node) => ParquetFault.Corrupt($"The levels of column '{node.Path}' fit no row of its schema.");
}
