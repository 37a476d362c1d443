using Temper.Core.Blobs;

namespace Temper.Training.Checkpoints;

/// <summary>
/// Checkpoints of one run: <c>{under}/step-N/…</c>, and <c>_complete.json</c> (sizes and SHA-256 of the others) last. One without it, or with a file
/// that differs from it, does not exist.
/// </summary>
/// <param name="blobs">Where they are kept; a folder store for use without a registry.</param>
/// <param name="under">Key prefix of those that this attempt writes, such as <c>runs/{job}/{fence}/checkpoints</c>.</param>
/// <param name="all">Key prefix of those that any attempt of the run wrote, such as <c>runs/{job}/</c>.</param>
public sealed class CheckpointStore(IBlobStore blobs, string under, string all)
{
    /// <summary>Key prefix of this attempt's checkpoints.</summary>
    public string Under => under;

    internal IBlobStore Blobs => blobs;

    internal string All => all;
}
