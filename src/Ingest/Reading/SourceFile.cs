using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>A file that holds records: one of the upload.</summary>
/// <param name="Path">As people see it.</param>
/// <param name="Upload">The blob that holds it.</param>
internal sealed record SourceFile(string Path, UploadedFile Upload)
{
    /// <summary>Of an image: where its captions are; null for other files.</summary>
    public ImageSource? Image { get; init; }

    /// <summary>Bytes as stored.</summary>
    public long Size => Upload.Size;

    /// <summary>Changes whenever its bytes may have.</summary>
    public Digest Sha256 => Upload.Sha256;
}
