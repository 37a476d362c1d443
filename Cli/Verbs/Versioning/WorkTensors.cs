using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Diffing;
using Temper.Versioning.Tensors;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Tensors of files that lie in the work tree only.</summary>
internal static class WorkTensors
{
    /// <summary>Lists the tensors of a file of the work tree; false when it is no .safetensors file.</summary>
    public static async Task<bool> ShowFileAsync(VersionSession session, string path, bool statistics, CancellationToken ct)
    {
        Digest id;
        await using (var content = File.OpenRead(path))
            id = await Digest.OfAsync(content, ct);
        return await TensorView.ShowAsync(session, new WorkFileStore(session.Repository.Objects, new Dictionary<Digest, string> { [id] = path }), Path.GetFileName(path), id, statistics, ct);
    }

    /// <summary>The store, and what of the two sides lies in the work tree only.</summary>
    public static async Task<IObjectStore> StoreOfAsync(VersionSession session, FileDifference file, CancellationToken ct)
    {
        var store = session.Repository.Objects;
        return file.New is { } now && await store.FindRecipeAsync(now.Id, ct) is null
            ? new WorkFileStore(store, new Dictionary<Digest, string> { [now.Id] = Path.Combine(session.Repository.WorkFolder, file.Path) })
            : store;
    }
}
