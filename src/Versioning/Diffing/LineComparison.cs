namespace Temper.Versioning.Diffing;

/// <summary>The lines of two versions of a file side by side.</summary>
internal sealed class LineComparison
{
    /// <summary>Longer files are told to differ, no more: 32 MiB.</summary>
    private const long Longest = 32L << 20;

    private LineComparison(TextLines old, TextLines now, List<LineChange> changes) => (Old, New, Changes) = (old, now, changes);

    public TextLines Old { get; }

    public TextLines New { get; }

    public List<LineChange> Changes { get; }

    public int Added => Changes.Sum(c => c.NewCount);

    public int Deleted => Changes.Sum(c => c.OldCount);

    /// <summary>Compares two versions; null where one of them is no text.</summary>
    public static async Task<LineComparison?> OfAsync(FileVersion? old, FileVersion? now, CancellationToken ct)
    {
        if (await TextAsync(old, ct) is not { } oldText || await TextAsync(now, ct) is not { } newText)
            return null;
        var numbers = new LineNumbers();
        var (oldLines, newLines) = (TextLines.Of(oldText, numbers), TextLines.Of(newText, numbers));
        return new(oldLines, newLines, LineDiff.Myers(oldLines.Numbers, newLines.Numbers));
    }

    private static async Task<byte[]?> TextAsync(FileVersion? version, CancellationToken ct)
    {
        if (version is null || version.Size == 0)
            return [];
        if (version.Size > Longest)
            return null;
        await using var stream = await version.OpenAsync(ct);
        using var content = new MemoryStream((int)version.Size);
        await stream.CopyToAsync(content, ct);
        return TextLines.IsText(content.GetBuffer().AsSpan(0, (int)content.Length)) ? content.ToArray() : null;
    }
}
