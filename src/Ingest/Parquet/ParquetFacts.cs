using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>A column as a Parquet file has it.</summary>
/// <param name="Name">Names from the root, joined by dots; wrappers of lists left out.</param>
/// <param name="Type">Its values: <c>string</c>, <c>list</c>, <c>timestamp[us] utc</c>.</param>
/// <param name="Nullable">Whether it can be null.</param>
/// <param name="Codecs">How its pages are compressed; empty for lists, maps and structs.</param>
/// <param name="Bytes">In the file, all row groups; of lists, maps and structs what is under them.</param>
/// <param name="Unpacked">The same, unpacked.</param>
public sealed record ParquetColumnFacts(string Name, string Type, bool Nullable, IReadOnlyList<string> Codecs, long Bytes, long Unpacked);

/// <summary>A row group as a Parquet file has it.</summary>
/// <param name="Rows">In it.</param>
/// <param name="Bytes">In the file.</param>
public sealed record ParquetGroupFacts(long Rows, long Bytes);

/// <summary>What a Parquet file says of itself.</summary>
/// <param name="Name">Of the file.</param>
/// <param name="Bytes">Of the file.</param>
/// <param name="Rows">Of all row groups.</param>
/// <param name="Writer">The program that wrote it, or null.</param>
/// <param name="Columns">Depth first.</param>
/// <param name="RowGroups">In order.</param>
/// <param name="Problems">What keeps columns from being read: compression, types. Empty when everything can be.</param>
public sealed record ParquetFacts(string Name, long Bytes, long Rows, string? Writer, IReadOnlyList<ParquetColumnFacts> Columns, IReadOnlyList<ParquetGroupFacts> RowGroups, IReadOnlyList<Problem> Problems)
{
    internal static ParquetFacts Of(RangeSource source, ParquetFooter footer, ParquetNode[] columns, LeafType[] leaves)
    {
        var facts = new List<ParquetColumnFacts>();
        foreach (var column in columns)
            Add(facts, footer, column);
        return new(source.Name, source.Length, footer.Rows, footer.Writer, facts, [.. footer.Groups.Select(group => new ParquetGroupFacts(group.Rows, Sum(group.Columns, chunk => chunk.Bytes)))], [.. Faults(footer, columns, leaves)]);
    }

    /// <summary>Of each kind of compression that is not read the first column alone is named.</summary>
    private static IEnumerable<Problem> Faults(ParquetFooter footer, ParquetNode[] columns, LeafType[] leaves)
    {
        var codecs = footer.Groups.SelectMany(group => group.Columns.Zip(leaves)).DistinctBy(pair => pair.First.Codec).OrderBy(pair => pair.First.Codec);
        IEnumerable<Action> checks =
        [
            .. codecs.Select(pair => (Action)(() => PageCodecs.Check(pair.First.Codec, pair.Second.Path))),
            .. leaves.Select(leaf => (Action)(() => LeafForms.Of(leaf))),
            .. columns.Select(column => (Action)column.Check),
        ];
        foreach (var check in checks)
        {
            if (Fault(check) is { } fault)
                yield return fault.Problems[0];
        }
    }

    private static TemperException? Fault(Action check)
    {
        try
        {
            check();
            return null;
        }
        catch (TemperException e)
        {
            return e;
        }
    }

    private static void Add(List<ParquetColumnFacts> facts, ParquetFooter footer, ParquetNode node)
    {
        var chunks = footer.Groups.SelectMany(group => group.Columns.AsSpan(node.FirstLeaf, node.Leaves).ToArray()).ToArray();
        var type = node.Refused ?? node.Leaf?.Shown ?? node.Shape.ToString().ToLowerInvariant();
        string[] codecs = node.Leaf is null ? [] : [.. chunks.Select(chunk => PageCodecs.Name(chunk.Codec)).Distinct()];
        facts.Add(new(node.Path, type, node.Optional, codecs, Sum(chunks, chunk => chunk.Bytes), Sum(chunks, chunk => chunk.Unpacked)));
        foreach (var child in node.Children)
            Add(facts, footer, child);
    }

    /// <summary>Of numbers that nobody vouches for; it ends at the largest there is.</summary>
    private static long Sum(IEnumerable<ColumnChunk> chunks, Func<ColumnChunk, long> size)
    {
        var sum = UInt128.Zero;
        foreach (var chunk in chunks)
            sum += (ulong)Math.Max(0, size(chunk));
        return (long)UInt128.Min(sum, long.MaxValue);
    }
}
