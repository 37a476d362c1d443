using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tensors;

/// <summary>
/// Compares two stored .safetensors files tensor by tensor. What is equal by its chunks is not read, and of a tensor that changed an equal chunk is read
/// once, for the norms: the work is that of what changed. Figures do not depend on threads.
/// </summary>
public static class TensorDiff
{
    /// <summary>Compares two files; null stands for one that is not there.</summary>
    /// <exception cref="TemperException">The codes of a broken header (<c>safetensors_…</c>); <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<TensorChanges> CompareAsync(IObjectStore store, Digest? old, Digest? @new, CancellationToken ct)
    {
        var before = old is { } a ? await TensorTable.ReadAsync(store, a, ct) : null;
        var after = @new is { } b ? await TensorTable.ReadAsync(store, b, ct) : null;
        return await CompareAsync(store, before, after, ct);
    }

    /// <summary>Compares two tables; null stands for a file that is not there.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<TensorChanges> CompareAsync(IObjectStore store, TensorTable? old, TensorTable? @new, CancellationToken ct)
    {
        var changes = new List<TensorChange>();
        var unchanged = 0;
        foreach (var name in Names(old).Union(Names(@new)).Order(StringComparer.Ordinal))
        {
            ct.ThrowIfCancellationRequested();
            var (a, b) = (old?.Find(name), @new?.Find(name));
            if (a is null || b is null)
                changes.Add(new(name, a is null ? TensorChangeKind.Added : TensorChangeKind.Deleted, FormOf(a), FormOf(b), null));
            else if (!a.HasFormOf(b))
                changes.Add(new(name, TensorChangeKind.Reshaped, FormOf(a), FormOf(b), null));
            else if (await MovedAsync(store, old!, a, @new!, b, ct) is { } moved)
                changes.Add(new(name, TensorChangeKind.Modified, FormOf(a), FormOf(b), moved));
            else
                unchanged++;
        }
        return new(changes, unchanged, IsReordered(old, @new), MetadataKeys(old, @new));
    }

    /// <summary>The form of a tensor, for tables.</summary>
    public static TensorForm? FormOf(TensorRow? row) => row is null ? null : new(row.Type.HeaderName(), row.Shape, row.Length);

    /// <summary>How far one tensor moved; null when its bytes are the same.</summary>
    private static async Task<TensorMoved?> MovedAsync(IObjectStore store, TensorTable old, TensorRow a, TensorTable @new, TensorRow b, CancellationToken ct)
    {
        if (TensorTable.AreCutAlike(a, b) ? a.Chunks!.SequenceEqual(b.Chunks!) : a.Length == 0 || old.File == @new.File && a.Offset == b.Offset)
            return null;
        var walk = new PairWalk(store, old.File, a, @new.File, b);
        await walk.RunAsync(ct);
        return walk.Result is { Changed: > 0 } moved ? moved : null;
    }

    private static IEnumerable<string> Names(TensorTable? table) => table?.Tensors.Select(t => t.Name) ?? [];

    private static bool IsReordered(TensorTable? old, TensorTable? @new) => old is not null && @new is not null
        && !Names(old).Where(n => @new.Find(n) is not null).SequenceEqual(Names(@new).Where(n => old.Find(n) is not null));

    private static List<string> MetadataKeys(TensorTable? old, TensorTable? @new)
    {
        if (old is null || @new is null)
            return [];
        return [.. old.Metadata.Keys.Union(@new.Metadata.Keys).Where(k => old.Metadata.GetValueOrDefault(k) != @new.Metadata.GetValueOrDefault(k)).Order(StringComparer.Ordinal)];
    }
}
