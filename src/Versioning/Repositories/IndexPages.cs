using Temper.Storage.Sql;

namespace Temper.Versioning.Repositories;

/// <summary>The pages of the index in the database: a folder's entries in runs, each under its first name.</summary>
internal static class IndexPages
{
    /// <summary>Folders that have entries, sorted.</summary>
    public static List<string> Folders(DbSession session)
    {
        using var command = session.NewCommand("select distinct folder from index_pages order by folder");
        using var reader = command.ExecuteReader();
        var found = new List<string>();
        while (reader.Read())
            found.Add(reader.GetString(0));
        return found;
    }

    /// <summary>All pages, by folder.</summary>
    public static Dictionary<string, IndexFolder> LoadAll(DbSession session)
    {
        using var command = session.NewCommand("select folder, body from index_pages order by folder, first");
        using var reader = command.ExecuteReader();
        var all = new Dictionary<string, IndexFolder>(StringComparer.Ordinal);
        IndexFolder? pages = null;
        string? open = null;
        while (reader.Read())
        {
            var folder = reader.GetString(0);
            if (folder != open)
                all.Add(open = folder, pages = new());
            pages!.Add((byte[])reader.GetValue(1));
        }
        return all;
    }

    /// <summary>The entries of one folder.</summary>
    public static List<IndexItem> Load(DbSession session, string folder)
    {
        using var command = session.NewCommand("select body from index_pages where folder = @folder order by first");
        using var reader = command.With("@folder", folder).ExecuteReader();
        var items = new List<IndexItem>();
        while (reader.Read())
            IndexPage.Decode((byte[])reader.GetValue(0), items);
        return items;
    }

    /// <summary>Entries of one name in a folder, by stage.</summary>
    public static List<IndexItem> Find(DbSession session, string folder, string name)
    {
        using var command = session.NewCommand("select body from index_pages where folder = @folder and first <= @name order by first desc limit 1");
        var items = new List<IndexItem>();
        if (command.With("@folder", folder).With("@name", name).ExecuteScalar() is byte[] body)
            IndexPage.Decode(body, items);
        return items.FindAll(item => item.Name == name);
    }

    /// <summary>Changes some entries of a folder; false when that changes nothing.</summary>
    public static bool Change(DbSession session, string folder, FolderEdit edit)
    {
        var firsts = Firsts(session, folder);
        var changed = false;
        foreach (var part in edit.Split(firsts))
        {
            var items = new List<IndexItem>();
            if (part.First is not null)
                items = LoadPage(session, folder, part.First);
            if (!part.Apply(items))
                continue;
            changed = true;
            if (part.First is not null)
                Delete(session, folder, part.First);
            Insert(session, folder, items);
        }
        return changed;
    }

    /// <summary>Gives a folder exactly these entries, sorted.</summary>
    public static void Replace(DbSession session, string folder, List<IndexItem> items)
    {
        using (var remove = session.NewCommand("delete from index_pages where folder = @folder"))
            remove.With("@folder", folder).ExecuteNonQuery();
        Insert(session, folder, items);
    }

    private static void Insert(DbSession session, string folder, List<IndexItem> items)
    {
        if (items.Count == 0)
            return;
        using var insert = session.NewCommand("insert into index_pages (folder, first, body) values (@folder, @first, @body)");
        var all = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(items);
        for (var start = 0; start < all.Length;)
        {
            var end = all.Length - start <= IndexPage.Most ? all.Length : start + IndexPage.Most / 2;
            // The stages of one name stay together: a page is found by its first name.
            while (end < all.Length && all[end].Name == all[end - 1].Name)
                end++;
            insert.With("@folder", folder).With("@first", all[start].Name).With("@body", IndexPage.Encode(all[start..end])).ExecuteNonQuery();
            start = end;
        }
    }

    private static List<string> Firsts(DbSession session, string folder)
    {
        using var command = session.NewCommand("select first from index_pages where folder = @folder order by first");
        using var reader = command.With("@folder", folder).ExecuteReader();
        var found = new List<string>();
        while (reader.Read())
            found.Add(reader.GetString(0));
        return found;
    }

    private static List<IndexItem> LoadPage(DbSession session, string folder, string first)
    {
        using var command = session.NewCommand("select body from index_pages where folder = @folder and first = @first");
        var items = new List<IndexItem>();
        IndexPage.Decode((byte[])command.With("@folder", folder).With("@first", first).ExecuteScalar()!, items);
        return items;
    }

    private static void Delete(DbSession session, string folder, string first)
    {
        using var command = session.NewCommand("delete from index_pages where folder = @folder and first = @first");
        command.With("@folder", folder).With("@first", first).ExecuteNonQuery();
    }
}
