using System.Text;
using Temper.Core.Errors;

namespace Temper.Core.Blobs;

/// <summary>
/// Name of a blob: segments joined by <c>/</c>, at most 900 bytes of UTF-8. No segment is empty, <c>.</c> or <c>..</c>, longer than 200 bytes,
/// or holds a control character, <c>\</c> or a lone surrogate. A store maps keys to its own addresses; none builds a path from one unchanged.
/// </summary>
public readonly record struct BlobKey : IComparable<BlobKey>
{
    private readonly string? _text;

    private BlobKey(string text) => _text = text;

    /// <summary>Checks and wraps <paramref name="text"/>.</summary>
    /// <exception cref="TemperException">Code <c>blob_key_invalid</c>, saying which rule is broken.</exception>
    public static BlobKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (Broken(text) is { } rule)
            throw new TemperException("blob_key_invalid", $"'{Shown(text)}' is not a blob key: {rule}.");
        return new(text);
    }

    /// <summary>Key of <paramref name="segments"/> joined by <c>/</c>.</summary>
    public static BlobKey Of(params ReadOnlySpan<string> segments) => Parse(string.Join('/', segments));

    /// <summary>This key with <paramref name="tail"/> behind a <c>/</c>.</summary>
    public BlobKey Under(string tail) => Parse($"{this}/{tail}");

    /// <summary>The last segment.</summary>
    public string Name => ToString()[(ToString().LastIndexOf('/') + 1)..];

    /// <inheritdoc/>
    public int CompareTo(BlobKey other) => string.CompareOrdinal(_text, other._text);

    /// <inheritdoc/>
    public override string ToString() => _text ?? throw new InvalidOperationException("The default BlobKey names no blob.");

    public static bool operator <(BlobKey left, BlobKey right) => left.CompareTo(right) < 0;
    public static bool operator >(BlobKey left, BlobKey right) => left.CompareTo(right) > 0;
    public static bool operator <=(BlobKey left, BlobKey right) => left.CompareTo(right) <= 0;
    public static bool operator >=(BlobKey left, BlobKey right) => left.CompareTo(right) >= 0;

    private static string? Broken(string text)
    {
        if (text.Length is 0 or > 900 || Encoding.UTF8.GetByteCount(text) > 900)
            return "it must have 1 to 900 bytes";
        foreach (var segment in text.Split('/'))
        {
            if (segment is "" or "." or "..")
                return "a segment is empty, '.' or '..'";
            if (Encoding.UTF8.GetByteCount(segment) > 200)
                return "a segment has more than 200 bytes";
        }
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) || text[i] == '\\')
                return "it holds a control character or a backslash";
            if (char.IsSurrogate(text[i]) && !(char.IsHighSurrogate(text[i]) && i + 1 < text.Length && char.IsLowSurrogate(text[++i])))
                return "it holds half a character";
        }
        return null;
    }

    private static string Shown(string text)
    {
        var shown = new string([.. text.Take(80).Select(c => char.IsControl(c) || char.IsSurrogate(c) ? '?' : c)]);
        return text.Length > 80 ? shown + "…" : shown;
    }
}
