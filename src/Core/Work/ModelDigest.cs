using System.Text;
using Temper.Core.Datasets;
using Temper.Core.Ids;

namespace Temper.Core.Work;

/// <summary>Identity of a model's files: SHA-256 over the lines <c>SHA256 SP PATH LF</c>, sorted by path in ordinal order.</summary>
public static class ModelDigest
{
    /// <summary>Identity of <paramref name="files"/>, whatever their order.</summary>
    public static Digest Of(IEnumerable<FileEntry> files)
    {
        var text = new StringBuilder();
        foreach (var file in files.OrderBy(f => f.Path, StringComparer.Ordinal))
            text.Append(file.Sha256.Hex).Append(' ').Append(file.Path).Append('\n');
        return Digest.OfText(text.ToString());
    }
}
