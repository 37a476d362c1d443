using Temper.Core.Ids;

namespace Temper.Versioning.Chunks;

/// <summary>What all ways of cutting have in common.</summary>
internal static class Chunking
{
    /// <summary>A file of at most so many bytes is one chunk, however it would be cut. No way of cutting makes a larger one.</summary>
    public const int WholeSize = 512 << 10;

    /// <summary>Named as the way of cutting where a file is one chunk, or none.</summary>
    public const string Whole = "whole-1";

    /// <summary>The file without bytes: every store has it, and no pack holds it.</summary>
    public static readonly Digest EmptyFile = Digest.Of([]);
}
