using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Merging;

/// <summary>A file that both sides changed.</summary>
/// <param name="Path">Where it is.</param>
/// <param name="Base">As both sides found it; null: neither did.</param>
/// <param name="Ours">As the side that is merged into has it.</param>
/// <param name="Theirs">As the side that is merged has it.</param>
public sealed record MergedFile(SafePath Path, TreeEntry? Base, TreeEntry Ours, TreeEntry Theirs);

/// <summary>Merges a file by what is in it, into the batch; null where it cannot.</summary>
public delegate Task<StoredFile?> FileMerge(IObjectStore store, MergedFile file, IObjectBatch batch, CancellationToken ct);

/// <summary>Merges the metadata trees of two commits, into the batch: the merged tree, and what is in conflict, each named as a person would find it.</summary>
public delegate Task<(Digest? Tree, IReadOnlyList<string> Conflicts)> MetadataTreeMerge(
    IObjectStore store, Digest? from, Digest? ours, Digest? theirs, IObjectBatch batch, CancellationToken ct);

/// <summary>How a merge goes about its work.</summary>
public sealed record MergeOptions
{
    /// <summary>What the side that is merged into is called in conflicts.</summary>
    public string OursLabel { get; init; } = "HEAD";

    /// <summary>What the side that is merged is called in conflicts.</summary>
    public string TheirsLabel { get; init; } = "theirs";

    /// <summary>Whose lines stand where both sides changed the same ones.</summary>
    public MergeFavor Favor { get; init; }

    /// <summary>Merges files whose names end in <c>.safetensors</c> that both sides changed; null: such a file is a conflict.</summary>
    public FileMerge? Tensors { get; init; }

    /// <summary>Merges metadata trees; null: they are merged as files are.</summary>
    public MetadataTreeMerge? Metadata { get; init; }
}
