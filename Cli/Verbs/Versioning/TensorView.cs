using System.Globalization;
using Temper.Cli.Output;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Versioning.Content;
using Temper.Versioning.Tensors;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Tables of tensors: of one .safetensors file, and of what differs between two.</summary>
internal static class TensorView
{
    /// <summary>Lists the tensors of a file of the repository; false when it is no .safetensors file.</summary>
    public static Task<bool> ShowAsync(VersionSession session, string name, Digest file, bool statistics, CancellationToken ct) =>
        ShowAsync(session, session.Repository.Objects, name, file, statistics, ct);

    /// <summary>Lists the tensors of a file; false when it is no .safetensors file.</summary>
    public static async Task<bool> ShowAsync(VersionSession session, IObjectStore store, string name, Digest file, bool statistics, CancellationToken ct)
    {
        if (!await TensorTable.IsTableAsync(store, file, ct))
            return false;
        var table = await TensorTable.ReadAsync(store, file, ct);
        var rows = new List<TensorFacts>();
        foreach (var row in table.Tensors)
            rows.Add(new(row.Name, row.Type.HeaderName(), row.Shape, row.Length, await table.DigestAsync(store, row, ct), statistics ? await TensorStatistics.ReadAsync(store, table, row, ct) : null));
        if (session.Json)
            session.Document(new { file, path = name, bytes = table.Size, tensors = rows, parameters = rows.Sum(r => r.Count), metadata = table.Metadata });
        else
            Write(session.Out, name, table, rows, statistics);
        return true;
    }

    /// <summary>Shows what differs between two versions of a file, either of which may be missing; whether anything does.</summary>
    public static async Task<bool> DiffAsync(VersionSession session, IObjectStore store, string name, Digest? old, Digest? @new, CancellationToken ct)
    {
        var found = await TensorDiff.CompareAsync(store, old, @new, ct);
        if (session.Json)
            session.Document(new { path = name, old, @new, changes = found.Changes, unchanged = found.Unchanged, reordered = found.IsReordered, metadata = found.Metadata });
        else if (!found.IsEmpty)
            Write(session.Out, name, found);
        return !found.IsEmpty;
    }

    private static void Write(TextWriter to, string name, TensorTable table, List<TensorFacts> rows, bool statistics)
    {
        to.WriteLine($"{Style.Clean(name)}: {Format.Number(rows.Count)} tensors, {Format.Number(rows.Sum(r => r.Count))} elements, {Format.Bytes(table.Size)}");
        foreach (var (key, value) in table.Metadata.OrderBy(m => m.Key, StringComparer.Ordinal))
            to.WriteLine($"  {Style.Clean(key)}: {Style.Clean(value)}");
        string[] heads = ["tensor", "type", "shape", "bytes", "digest"];
        if (statistics)
            heads = [.. heads, "min", "max", "mean", "std", "zeros", "nan", "inf"];
        TextColumns.Write(to, heads, [.. rows.Select(row => (IReadOnlyList<string>)[row.Name, row.Type, Shape(row.Shape), Format.Number(row.Bytes), row.Digest.Short, .. Numbers(row.Statistics)])]);
    }

    private static IEnumerable<string> Numbers(TensorStatistics? found) => found is null ? []
        : [Figure(found.Min), Figure(found.Max), Figure(found.Mean), Figure(found.Deviation), Format.Number(found.Zeros), Format.Number(found.Nan), Format.Number(found.Infinite)];

    private static void Write(TextWriter to, string name, TensorChanges found)
    {
        to.WriteLine($"{Style.Clean(name)}: {Format.Number(found.Changes.Count)} of {Format.Number(found.Changes.Count + found.Unchanged)} tensors differ{(found.IsReordered ? ", in another order" : "")}");
        foreach (var key in found.Metadata)
            to.WriteLine($"  __metadata__ {Style.Clean(key)} differs");
        if (found.Changes.Count > 0)
            TextColumns.Write(to, ["", "tensor", "type", "shape", "changed", "max |Δ|", "mean |Δ|", "rel. L2", "cosine", "nan", "inf"], [.. found.Changes.Select(Row)]);
    }

    private static IReadOnlyList<string> Row(TensorChange change)
    {
        var (old, @new) = (change.Old, change.New);
        string Pair(Func<TensorForm, string> of) => old is null || @new is null || of(old) == of(@new) ? of((@new ?? old)!) : $"{of(old)} → {of(@new)}";
        IEnumerable<string> figures = change.Moved is { } moved
            ? [Percent(moved), Figure(moved.MaxAbs), Figure(moved.MeanAbs), Figure(moved.RelativeL2), moved.Cosine is { } cosine ? cosine.ToString("0.########", CultureInfo.InvariantCulture) : "",
                Count(moved.OldNan, moved.NewNan), Count(moved.OldInfinite, moved.NewInfinite)]
            : ["", "", "", "", "", "", ""];
        return [change.Letter.ToString(), change.Name, Pair(f => f.Type), Pair(f => Shape(f.Shape)), .. figures];
    }

    private static string Percent(TensorMoved moved) => $"{Format.Number(moved.Changed)} ({Format.Percent((double)moved.Changed / moved.Elements)})";

    private static string Count(long old, long @new) => old == @new ? old == 0 ? "" : Format.Number(old) : $"{Format.Number(old)} → {Format.Number(@new)}";

    private static string Figure(double? value) => value is { } known ? known.ToString("G5", CultureInfo.InvariantCulture) : "";

    private static string Shape(IReadOnlyList<long> shape) => $"[{string.Join(", ", shape)}]";

    /// <summary>A row of the table, as JSON has it.</summary>
    private sealed record TensorFacts(string Name, string Type, IReadOnlyList<long> Shape, long Bytes, Digest Digest, TensorStatistics? Statistics)
    {
        public long Count => Shape.Aggregate(1L, (product, size) => product * size);
    }
}
