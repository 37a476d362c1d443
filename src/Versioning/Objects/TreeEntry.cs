using Temper.Core.Ids;

namespace Temper.Versioning.Objects;

/// <summary>What an entry of a tree is. The values are git's modes.</summary>
public enum EntryMode
{
    /// <summary>A folder: the id is that of a tree.</summary>
    Folder = 0b100_000_000_000_000,

    /// <summary>A file: the id is the SHA-256 of its content.</summary>
    File = 0b1_000_000_110_100_100,

    /// <summary>A file that may be executed.</summary>
    Executable = 0b1_000_000_111_101_101,

    /// <summary>A symbolic link: the content is its target. Never written through.</summary>
    Link = 0b1_010_000_000_000_000,
}

/// <summary>One name of a tree.</summary>
/// <param name="Mode">What it is.</param>
/// <param name="Name">One part of a safe path.</param>
/// <param name="Id">Of the file or of the tree.</param>
/// <param name="Size">Bytes of the file, or of all files below.</param>
public sealed record TreeEntry(EntryMode Mode, string Name, Digest Id, long Size);
