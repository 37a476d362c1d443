using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>Where the captions of one image of an upload are. They decide its record as its pixels do.</summary>
/// <param name="Sidecar">The file of the same name with the ending .txt; null where there is none or another strategy is used.</param>
/// <param name="Captions">From a table; null where there is none, or no row names the image.</param>
internal sealed record ImageSource(UploadedFile? Sidecar, IReadOnlyList<string>? Captions)
{
    /// <summary>Of the table of captions itself: its rows that name an image that is not there; null for images.</summary>
    public IReadOnlyList<CaptionRow>? Orphans { get; init; }

    /// <summary>Changes whenever the same image and captions could be judged otherwise.</summary>
    private const string RulesVersion = "image-3";

    /// <summary>What the captions add to the key of the image's file.</summary>
    public IEnumerable<string> KeyParts =>
        [RulesVersion, Sidecar?.Sha256.Hex ?? "none", Captions is null ? "none" : Digest.OfText(string.Concat(Captions.Select(c => FormattableString.Invariant($"{c.Length}:{c}")))).Hex,
         .. Orphans is null ? (string[])[] : [Digest.OfText(string.Concat(Orphans.Select(o => FormattableString.Invariant($"{o.Row} {o.Fault?.Code} {o.Name.Length}:{o.Name}")))).Hex]];
}
