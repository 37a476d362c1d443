namespace Temper.Versioning.Repositories;

/// <summary>The order of bytes in UTF-8, in which git and SQLite sort names.</summary>
public static class GitOrder
{
    /// <summary>Orders whole paths or single names.</summary>
    public static readonly IComparer<string> Comparer = Comparer<string>.Create(Compare);

    /// <summary>Negative, zero or positive as <paramref name="a"/> comes before, is, or comes after <paramref name="b"/>.</summary>
    public static int Compare(string a, string b)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(b);
        var same = a.AsSpan().CommonPrefixLength(b);
        if (same == a.Length || same == b.Length)
            return a.Length.CompareTo(b.Length);
        var (x, y) = (a[same], b[same]);
        // Halves of characters beyond the basic plane are smaller numbers than the last characters of it, and longer in UTF-8.
        if (char.IsSurrogate(x) != char.IsSurrogate(y))
            return char.IsSurrogate(x) ? 1 : -1;
        return x.CompareTo(y);
    }

    /// <summary>Folder and name of a path; the root is the empty folder.</summary>
    public static (string Folder, string Name) Split(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        var slash = path.LastIndexOf('/');
        return slash < 0 ? ("", path) : (path[..slash], path[(slash + 1)..]);
    }
}
