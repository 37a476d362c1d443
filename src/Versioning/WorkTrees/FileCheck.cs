using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.WorkTrees;

/// <summary>Tells whether a file of the work tree is still what the index remembers.</summary>
/// <param name="keepsModes">Whether the executable bit counts.</param>
/// <param name="keepsLinks">Whether links are kept as links; where not, a link's target stands in a plain file.</param>
internal sealed class FileCheck(bool keepsModes, bool keepsLinks)
{
    private const int Buffer = 128 << 10;

    /// <summary>Whether links are kept as links.</summary>
    public bool KeepsLinks => keepsLinks;

    /// <summary>The rules of a repository's settings.</summary>
    public static FileCheck Of(RepositoryConfig config) => new(config.GetBool("core.filemode", !OperatingSystem.IsWindows()), config.GetBool("core.symlinks", false));

    /// <summary>Whether the facts alone tell that a file is the same: what holds for nearly all, nearly always.</summary>
    public bool IsSame(in IndexRow row, in FileFacts now) =>
        now.Kind == NameKind.File && row.Size == now.Size && row.Stamp is { IsKnown: true } stamp && stamp == now.Stamp
        && (row.Mode == EntryMode.Link ? !keepsLinks : !keepsModes || now.IsExecutable == (row.Mode == EntryMode.Executable));

    /// <summary>
    /// D, T, M or a blank for a file that is gone, of another type, modified, the same; and its stamp where it had to be hashed to tell that it is the same.
    /// </summary>
    public (char Change, FileStamp? Stamp) Compare(IndexItem item, FileFacts? facts, string full)
    {
        if (facts is not { } now || now.Kind == NameKind.Folder)
            return ('D', null);
        if (now.Kind == NameKind.Special || (now.Kind == NameKind.Link) != (item.Mode == EntryMode.Link) && (keepsLinks || now.Kind == NameKind.Link))
            return ('T', null);
        if (keepsModes && now.Kind == NameKind.File && item.Mode != EntryMode.Link && now.IsExecutable != (item.Mode == EntryMode.Executable))
            return ('M', null);
        if (now.Size != item.Size)
            return ('M', null);
        if (item.Stamp.IsKnown && item.Stamp == now.Stamp)
            return (' ', null);
        return Hash(full, now) == item.Id ? (' ', now.Stamp) : ('M', null);
    }

    /// <summary>The mode that a file gets in the index, given the entry it had.</summary>
    public EntryMode ModeOf(FileFacts facts, IndexItem? before) =>
        facts.Kind == NameKind.Link ? EntryMode.Link
        : !keepsLinks && before is { Mode: EntryMode.Link } ? EntryMode.Link
        : !keepsModes ? before is { Mode: EntryMode.Executable } ? EntryMode.Executable : EntryMode.File
        : facts.Mode;

    /// <summary>Id of what a file, or the target of a link, holds now; null when it is gone.</summary>
    public static Digest? Hash(string full, FileFacts facts)
    {
        if (facts.Kind == NameKind.Link)
            return new FileInfo(full).LinkTarget is { } target ? Digest.OfText(target) : null;
        try
        {
            using var file = File.OpenHandle(full, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return Hash(file, facts.Size);
        }
        catch (Exception error) when (error is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    private static Digest Hash(SafeFileHandle file, long size)
    {
        var buffer = System.Buffers.ArrayPool<byte>.Shared.Rent((int)Math.Min(Buffer, size + 1));
        try
        {
            var count = RandomAccess.Read(file, buffer, 0);
            if (count < buffer.Length)
                return Digest.Of(buffer.AsSpan(0, count));
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var at = 0L; count > 0; count = RandomAccess.Read(file, buffer, at += count))
                hash.AppendData(buffer, 0, count);
            return Digest.FromHash(hash.GetHashAndReset());
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
