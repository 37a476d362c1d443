namespace Temper.Ingest;

/// <summary>Two pictures of one name and different sizes.</summary>
/// <param name="Stem">Path without its ending.</param>
/// <param name="Source">Width and height of the source in pixels, upright.</param>
/// <param name="Conditioning">Those of the conditioning picture.</param>
public sealed record SizeMismatch(string Stem, string Source, string Conditioning);

/// <summary>How a dataset's pictures and the conditioning pictures that go with them fit: by their paths without endings.</summary>
/// <param name="Source">Id of the dataset.</param>
/// <param name="Conditioning">Id of the conditioning dataset.</param>
/// <param name="Pairs">Pictures on both sides.</param>
/// <param name="MissingCount">Sources without a conditioning picture.</param>
/// <param name="Missing">The first 20 of them.</param>
/// <param name="ExtraCount">Conditioning pictures without a source.</param>
/// <param name="Extra">The first 20 of them.</param>
public sealed record PairingReport(string Source, string Conditioning, int Pairs, int MissingCount, IReadOnlyList<string> Missing, int ExtraCount, IReadOnlyList<string> Extra)
{
    /// <summary>Examples of each fault that are kept.</summary>
    public const int Shown = 20;

    /// <summary>Pairs of different sizes; null where sizes were not compared.</summary>
    public int? MismatchCount { get; init; }

    /// <summary>The first 20 of them.</summary>
    public IReadOnlyList<SizeMismatch> Mismatches { get; init; } = [];

    /// <summary>Names that stand twice on one side with different endings, so that nobody can tell which is meant.</summary>
    public IReadOnlyList<string> Ambiguous { get; init; } = [];

    /// <summary>Whether every picture has its counterpart of the same size.</summary>
    public bool Fits => MissingCount == 0 && ExtraCount == 0 && MismatchCount is null or 0 && Ambiguous.Count == 0;

    /// <summary>Compares two lists of paths.</summary>
    public static PairingReport Of(string source, string conditioning, IEnumerable<string> sources, IEnumerable<string> others)
    {
        var ambiguous = new SortedSet<string>(StringComparer.Ordinal);
        var (left, right) = (Stems(sources, ambiguous), Stems(others, ambiguous));
        var missing = left.Where(stem => !right.Contains(stem)).ToList();
        var extra = right.Where(stem => !left.Contains(stem)).ToList();
        return new(source, conditioning, left.Count - missing.Count, missing.Count, [.. missing.Take(Shown)], extra.Count, [.. extra.Take(Shown)]) { Ambiguous = [.. ambiguous.Take(Shown)] };
    }

    /// <summary>A path without its ending.</summary>
    public static string StemOf(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return path.LastIndexOf('.') is > 0 and var dot && dot > path.LastIndexOf('/') + 1 ? path[..dot] : path;
    }

    private static SortedSet<string> Stems(IEnumerable<string> paths, SortedSet<string> ambiguous)
    {
        var stems = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var path in paths)
        {
            if (!stems.Add(StemOf(path)))
                ambiguous.Add(StemOf(path));
        }
        return stems;
    }
}
