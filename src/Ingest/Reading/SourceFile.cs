using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>A file that holds records: one of the upload, or an entry of an archive in it.</summary>
/// <param name="Path">As people see it; of an entry, <c>archive.zip!/inner.jsonl</c>.</param>
/// <param name="Upload">The blob that holds it.</param>
/// <param name="Entry">Where the blob, an archive, holds it; null for the blob itself.</param>
internal sealed record SourceFile(string Path, UploadedFile Upload, ArchiveEntry? Entry = null)
{
    /// <summary>Of an image: where its captions are; null for other files.</summary>
    public ImageSource? Image { get; init; }

    /// <summary>Bytes as stored; of an entry, unpacked.</summary>
    public long Size => Entry?.Size ?? Upload.Size;

    /// <summary>Not 0 for a file of a sealed version: its lines are canonical records and are taken as they are, under this <see cref="VerdictMark"/>. Aside: a list of <see cref="Undelivered"/> items.</summary>
    public byte Sealed { get; init; }

    /// <summary>Lines that give way to corrected ones of the same upload where they cannot be accepted; null for none.</summary>
    public IReadOnlySet<long>? Corrected { get; init; }

    /// <summary>Changes whenever its bytes may have: of an entry, with the archive and its place there.</summary>
    public Digest Sha256 => Entry is null ? Upload.Sha256 : Digest.OfText(FormattableString.Invariant($"{Upload.Sha256.Hex}\n{Entry.Offset}\n{Entry.Size}"));
}
