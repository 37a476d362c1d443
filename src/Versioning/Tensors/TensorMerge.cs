using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Safetensors;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tensors;

/// <summary>Something that both sides changed.</summary>
/// <param name="Name">The tensor, or <c>__metadata__/KEY</c>.</param>
/// <param name="Reason">What each side did, in words.</param>
public sealed record TensorConflict(string Name, string Reason);

/// <summary>What became of a merge of tensors.</summary>
/// <param name="Merged">The merged file, in the batch; null when there are conflicts.</param>
/// <param name="Conflicts">Empty when it was merged.</param>
public sealed record TensorMergeResult(StoredFile? Merged, IReadOnlyList<TensorConflict> Conflicts);

/// <summary>
/// Merges two versions of a .safetensors file that come from one base, tensor by tensor: each tensor is taken from the side that changed it. Both
/// sides changing one tensor, or one side changing the type or shape of a tensor that stays, is a conflict; nothing is ever averaged. The result has the
/// order of ours, with what theirs added behind it; metadata is merged key by key.
/// </summary>
public sealed class TensorMerge
{
    private readonly IObjectStore _store;
    private readonly TensorTable _base, _ours, _theirs;
    private readonly List<TensorConflict> _conflicts = [];
    private readonly List<(TensorTable From, TensorRow Row)> _taken = [];

    private TensorMerge(IObjectStore store, TensorTable @base, TensorTable ours, TensorTable theirs) =>
        (_store, _base, _ours, _theirs) = (store, @base, ours, theirs);

    /// <summary>Merges; null when one of the files is no .safetensors file, so that this is no merge of tensors.</summary>
    /// <param name="store">Holds all three files.</param>
    /// <param name="base">The common ancestor.</param>
    /// <param name="ours">One side; its order and header are kept where they can.</param>
    /// <param name="theirs">The other side.</param>
    /// <param name="batch">Takes the merged file.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<TensorMergeResult?> TryMergeAsync(IObjectStore store, Digest @base, Digest ours, Digest theirs, IObjectBatch batch, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(batch);
        var tables = new List<TensorTable>();
        foreach (var file in (Digest[])[@base, ours, theirs])
        {
            if (await FindAsync(store, file, ct) is not { } table)
                return null;
            tables.Add(table);
        }
        return await new TensorMerge(store, tables[0], tables[1], tables[2]).RunAsync(batch, ct);
    }

    private static async Task<TensorTable?> FindAsync(IObjectStore store, Digest file, CancellationToken ct)
    {
        if (!await TensorTable.IsTableAsync(store, file, ct))
            return null;
        try
        {
            return await TensorTable.ReadAsync(store, file, ct);
        }
        catch (TemperException error) when (error.Code.StartsWith("safetensors_", StringComparison.Ordinal))
        {
            // A file whose header is broken is merged as any other file: it is in conflict.
            return null;
        }
    }

    private async Task<TensorMergeResult> RunAsync(IObjectBatch batch, CancellationToken ct)
    {
        foreach (var row in _ours.Tensors)
            await TakeAsync(row.Name, ct);
        foreach (var row in _theirs.Tensors.Where(t => _ours.Find(t.Name) is null))
            await TakeAsync(row.Name, ct);
        var metadata = MergeMetadata();
        if (_conflicts.Count > 0)
            return new(null, _conflicts);
        await using var content = Content(metadata);
        return new(await batch.AddFileAsync(content, new FileHint("merged.safetensors", _ours.File), ct), []);
    }

    private async Task TakeAsync(string name, CancellationToken ct)
    {
        var (old, ours, theirs) = (_base.Find(name), _ours.Find(name), _theirs.Find(name));
        var (oursKept, theirsKept) = (await SameAsync(_base, old, _ours, ours, ct), await SameAsync(_base, old, _theirs, theirs, ct));
        if (!oursKept && !theirsKept && !await SameAsync(_ours, ours, _theirs, theirs, ct))
            _conflicts.Add(new(name, $"ours {Did(old, ours)} it, theirs {Did(old, theirs)} it"));
        else if (old is not null && new[] { ours, theirs }.Any(side => side is not null && !side.HasFormOf(old)))
            _conflicts.Add(new(name, "its type or shape changed"));
        else if (!oursKept || theirsKept)
            Take(_ours, ours);
        else
            Take(_theirs, theirs);
    }

    private void Take(TensorTable from, TensorRow? row)
    {
        if (row is not null)
            _taken.Add((from, row));
    }

    private async Task<bool> SameAsync(TensorTable left, TensorRow? a, TensorTable right, TensorRow? b, CancellationToken ct) =>
        a is null || b is null ? a is null && b is null : await TensorTable.AreEqualAsync(_store, left, a, right, b, ct);

    private static string Did(TensorRow? old, TensorRow? @new) => old is null ? "added" : @new is null ? "deleted" : @new.HasFormOf(old) ? "changed" : "reshaped";

    private SortedDictionary<string, string> MergeMetadata()
    {
        var merged = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var key in _base.Metadata.Keys.Union(_ours.Metadata.Keys).Union(_theirs.Metadata.Keys))
        {
            var (old, ours, theirs) = (_base.Metadata.GetValueOrDefault(key), _ours.Metadata.GetValueOrDefault(key), _theirs.Metadata.GetValueOrDefault(key));
            if (ours != old && theirs != old && ours != theirs)
                _conflicts.Add(new($"__metadata__/{key}", $"ours says '{ours}', theirs says '{theirs}'"));
            else if ((ours == old ? theirs : ours) is { } value)
                merged[key] = value;
        }
        return merged;
    }

    private FileRanges Content(SortedDictionary<string, string> metadata)
    {
        var isOurs = _taken.Count == _ours.Tensors.Count && _taken.Zip(_ours.Tensors).All(t => t.First.Row.Name == t.Second.Name)
            && metadata.Count == _ours.Metadata.Count && metadata.All(m => _ours.Metadata.GetValueOrDefault(m.Key) == m.Value);
        var taken = IsAligned(_taken) || isOurs ? _taken : [.. _taken.OrderByDescending(t => t.Row.Type.Bytes())];
        // The same tensors and texts: our header as it is, so that its chunk is not stored again.
        var header = isOurs
            ? [.. BitConverter.GetBytes((long)_ours.Header.Length), .. _ours.Header.Span]
            : TensorHeader.Write(taken.Select(t => t.Row), metadata);
        return new(_store, header, taken.Select(t => (t.From.File, t.Row.Offset, t.Row.Length)));
    }

    private static bool IsAligned(List<(TensorTable From, TensorRow Row)> taken)
    {
        long at = 0;
        foreach (var (_, row) in taken)
        {
            if (at % row.Type.Bytes() != 0)
                return false;
            at += row.Length;
        }
        return true;
    }
}
