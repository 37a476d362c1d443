namespace Temper.Versioning.Repositories;

/// <summary>The entries of one folder as the pages that they came in; items are made of them when somebody asks. Safe from any thread once filled.</summary>
internal sealed class IndexFolder
{
    private volatile List<IndexItem>? _items;

    /// <summary>The pages in their order.</summary>
    public List<byte[]> Pages { get; } = [];

    /// <summary>The sorted entries, not to be changed.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>index_corrupt</c>.</exception>
    public List<IndexItem> Items
    {
        get
        {
            if (_items is { } made)
                return made;
            var items = new List<IndexItem>();
            foreach (var page in Pages)
                IndexPage.Decode(page, items);
            return _items = items;
        }
    }

    /// <summary>Whether some path of the folder is in conflict.</summary>
    /// <exception cref="Core.Errors.TemperException">Code <c>index_corrupt</c>.</exception>
    public bool HasConflict
    {
        get
        {
            foreach (var page in Pages)
                for (var at = IndexPage.Start(page); at < page.Length;)
                    if (IndexRow.Read(page, ref at).Stage > 0)
                        return true;
            return false;
        }
    }

    /// <summary>Takes the next page.</summary>
    public void Add(byte[] page) => Pages.Add(page);
}
