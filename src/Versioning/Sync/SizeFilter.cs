using System.Globalization;
using Temper.Core.Errors;

namespace Temper.Versioning.Sync;

/// <summary>Which files a partial clone leaves with the remote until they are needed, written <c>size:N</c>; N may end in k, m or g (1024, 1024², 1024³).</summary>
public static class SizeFilter
{
    /// <summary>Reads a filter: files with more bytes are left.</summary>
    /// <exception cref="TemperException">Code <c>request_invalid</c>.</exception>
    public static long Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var number = text.StartsWith("size:", StringComparison.Ordinal) ? text["size:".Length..] : "";
        var shift = number.Length == 0 ? 0 : char.ToLowerInvariant(number[^1]) switch { 'k' => 10, 'm' => 20, 'g' => 30, _ => 0 };
        return long.TryParse(shift == 0 ? number : number[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var size) && size <= long.MaxValue >> shift
            ? size << shift
            : throw new TemperException("request_invalid", $"'{(text.Length > 40 ? text[..40] : text)}' is no filter; expected size:N, such as size:1m.");
    }
}
