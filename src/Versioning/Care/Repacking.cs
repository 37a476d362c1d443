using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Storage.Folder;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Packs;

namespace Temper.Versioning.Care;

/// <summary>Writes what is kept of some packs into new ones, in its stored form, and removes the old ones afterwards.</summary>
internal static class Repacking
{
    private const long LargestPack = 1L << 30;

    /// <summary>Bytes of new packs.</summary>
    public static long Run(PackFolder store, IReadOnlyList<LocalPack> packs, Func<Digest, bool> keeps, CancellationToken ct)
    {
        var builders = new List<PackBuilder>();
        try
        {
            var seen = new HashSet<(Digest, ObjectKind)>();
            foreach (var pack in packs)
                Copy(store, pack, builders, seen, keeps, ct);
            var size = builders.Sum(b => b.Size);
            FolderFiles.Guarded(store.PacksFolder, () => Name(store, builders));
            DurableSteps.Passed("vcs.repacked");
            foreach (var pack in packs)
                File.Delete(store.Packs.PathOf(pack.Id));
            PosixCalls.SyncFolder(store.PacksFolder);
            DurableSteps.Passed("vcs.packs_removed");
            store.Refresh();
            return size;
        }
        finally
        {
            foreach (var builder in builders)
            {
                builder.Dispose();
                FolderFiles.Discard(builder.File.Name);
            }
        }
    }

    private static void Copy(PackFolder store, LocalPack pack, List<PackBuilder> builders, HashSet<(Digest, ObjectKind)> seen, Func<Digest, bool> keeps, CancellationToken ct)
    {
        // In the order of the pack, so that its neighbours stay neighbours.
        foreach (var row in Rows(pack).Where(r => keeps(r.Id)).OrderBy(r => r.Offset))
        {
            ct.ThrowIfCancellationRequested();
            if (!seen.Add((row.Id, row.Kind)))
                continue;
            if (builders is [] || builders[^1].Size + row.Stored > LargestPack)
                builders.Add(new(Path.Combine(store.Scratch, Path.GetRandomFileName()), PackFormat.Version2, FileOptions.None));
            var stored = new byte[row.Stored];
            pack.ReadStored(row, stored);
            builders[^1].Add(row.Kind, row.Id, row.Size, new(row.Form, stored, row.Form == PackForm.Difference ? PackForms.BaseOf(stored, row, pack.Id) : null));
        }
    }

    private static void Name(PackFolder store, List<PackBuilder> builders)
    {
        foreach (var builder in builders)
        {
            var id = builder.Finish();
            RandomAccess.FlushToDisk(builder.File.SafeFileHandle);
            builder.File.Dispose();
            File.Move(builder.File.Name, store.Packs.PathOf(id), overwrite: true);
        }
        PosixCalls.SyncFolder(store.PacksFolder);
    }

    /// <summary>All rows of a pack.</summary>
    public static IEnumerable<PackRow> Rows(LocalPack pack) => Enumerable.Range(0, pack.Count).Select(pack.RowAt);
}
