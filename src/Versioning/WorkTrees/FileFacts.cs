using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>What a name in a folder of the work tree is.</summary>
internal enum NameKind
{
    /// <summary>A regular file.</summary>
    File,

    /// <summary>A folder.</summary>
    Folder,

    /// <summary>A symbolic link, wherever it leads.</summary>
    Link,

    /// <summary>A device, pipe or socket.</summary>
    Special,
}

/// <summary>What the file system says of a name, without following links.</summary>
internal readonly record struct FileFacts(NameKind Kind, bool IsExecutable, long Size, FileStamp Stamp)
{
    /// <summary>The mode that an entry of it would have.</summary>
    public EntryMode Mode => Kind == NameKind.Link ? EntryMode.Link : IsExecutable ? EntryMode.Executable : EntryMode.File;
}
