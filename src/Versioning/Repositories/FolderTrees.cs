using Temper.Core.Ids;
using Temper.Storage.Sql;

namespace Temper.Versioning.Repositories;

/// <summary>Ids of the trees that folders of the index would have, known until something in them changes.</summary>
internal static class FolderTrees
{
    public static Dictionary<string, FolderTree> Load(DbSession session)
    {
        using var command = session.NewCommand("select folder, id, size from folder_trees");
        using var reader = command.ExecuteReader();
        var known = new Dictionary<string, FolderTree>(StringComparer.Ordinal);
        while (reader.Read())
            known[reader.GetString(0)] = new(Digest.Parse(reader.GetString(1)), reader.GetInt64(2));
        return known;
    }

    public static void Put(DbSession session, IEnumerable<KeyValuePair<string, FolderTree>> trees)
    {
        using var command = session.NewCommand("insert into folder_trees (folder, id, size) values (@folder, @id, @size) on conflict (folder) do update set id = excluded.id, size = excluded.size");
        foreach (var (folder, tree) in trees)
            command.With("@folder", folder).With("@id", tree.Id.Hex).With("@size", tree.Size).ExecuteNonQuery();
    }

    /// <summary>Forgets folders and all above them.</summary>
    public static void Forget(DbSession session, IEnumerable<string> folders)
    {
        using var command = session.NewCommand("delete from folder_trees where folder = @folder");
        var done = new HashSet<string>(StringComparer.Ordinal);
        foreach (var changed in folders)
            for (var folder = changed; done.Add(folder); folder = GitOrder.Split(folder).Folder)
                command.With("@folder", folder).ExecuteNonQuery();
    }
}
