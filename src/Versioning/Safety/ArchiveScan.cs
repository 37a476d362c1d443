using System.Buffers.Binary;
using System.IO.Compression;
using Temper.Core.Files;

namespace Temper.Versioning.Safety;

/// <summary>
/// Looks for pickles inside of zip and gzip, by the content of every entry whatever it is called. What cannot be opened, is encrypted, is packed
/// more than three deep or a hundred times smaller than its content makes the archive unsafe.
/// </summary>
internal static class ArchiveScan
{
    private const int Deepest = 3;
    private const int HeadBytes = 64 << 10;
    private const int LargestDirectory = 32 << 20;
    private const int LargestNested = 64 << 20;
    private const long Ratio = 100;

    /// <summary>The worst that is in a zip; null when nothing is.</summary>
    public static FormatVerdict? Zip(FormatPolicy policy, Stream content, int depth, CancellationToken ct) => Guarded("zip", () =>
    {
        if (DirectorySize(content) > LargestDirectory)
            return Limit("zip", "its directory has more than 32 MiB");
        content.Position = 0;
        using var archive = new ZipArchive(content, ZipArchiveMode.Read, leaveOpen: true);
        FormatVerdict? worst = null;
        foreach (var entry in archive.Entries)
        {
            ct.ThrowIfCancellationRequested();
            if (entry.IsEncrypted)
                return Unreadable("zip", $"the entry '{Shown(entry.FullName)}' is encrypted");
            if (entry.Length > Ratio * entry.CompressedLength + HeadBytes)
                return Limit("zip", $"the entry '{Shown(entry.FullName)}' unpacks to more than a hundred times its size");
            using var opened = entry.Open();
            using var forward = new SkippingStream(opened, Ratio * entry.CompressedLength + HeadBytes);
            var found = Inside(policy, forward, depth, ct);
            if (found is { Finding: not FormatFinding.AllowedUnsafe })
                return found with { Reason = $"The entry '{Shown(entry.FullName)}': {found.Reason}" };
            worst ??= found;
        }
        return worst;
    });

    /// <summary>The worst that is in a gzip stream; null when nothing is.</summary>
    public static FormatVerdict? Gzip(FormatPolicy policy, Stream content, int depth, CancellationToken ct) => Guarded("gzip", () =>
    {
        using var opened = new GZipStream(content, CompressionMode.Decompress, leaveOpen: true);
        using var forward = new SkippingStream(opened, Ratio * content.Length + HeadBytes);
        return Inside(policy, forward, depth, ct);
    });

    private static FormatVerdict? Inside(FormatPolicy policy, SkippingStream content, int depth, CancellationToken ct)
    {
        var head = new byte[HeadBytes];
        head = head[..content.ReadAtLeast(head, head.Length, throwOnEndOfStream: false)];
        var format = ContentKind.Of(head, head, head.Length < HeadBytes ? head.Length : long.MaxValue);
        if (format is "zip" or "gzip" || head.Length < HeadBytes && ContentKind.EndsAsZip(head))
            return depth + 1 >= Deepest ? Limit(format, "archives lie in it more than three deep") : Nested(policy, content, head, depth + 1, ct);
        if (format is "bzip2" or "xz" or "zstd" or "lz4" or "7z" or "tar")
            return Unreadable(format, $"{format} inside of an archive is not looked into");
        if (format == "npy" && ContentKind.IsObjectArray(head))
            return FormatVerdict.Bad(format, "object_array", "It is a NumPy array of Python objects: a pickle lies in it.");
        var found = PickleReader.Read(content, head, ct);
        if (!found.Calls && !found.IsTooLong && format != "pickle" && !(format == "unknown" && found.Globals.Count > 0))
            return null;
        if (policy.Rules.AllowUnsafeFormats)
            return PickleGlobals.Judge(found);
        return FormatVerdict.Bad(format, "archive_with_pickle", found.Globals.Count == 0 ? "It is a Python pickle." : $"Unpickling it would import {string.Join(", ", found.Globals.Take(4))}.") with { Globals = found.Globals };
    }

    private static FormatVerdict? Nested(FormatPolicy policy, SkippingStream content, byte[] head, int depth, CancellationToken ct)
    {
        using var copy = new MemoryStream();
        copy.Write(head);
        var buffer = new byte[HeadBytes];
        for (int count; (count = content.Read(buffer)) > 0;)
        {
            copy.Write(buffer, 0, count);
            if (copy.Length > LargestNested)
                return Limit("zip", "an archive inside of it has more than 64 MiB");
        }
        var bytes = copy.ToArray();
        var verdict = policy.Judge(new MemoryStream(bytes), bytes.Length, bytes[..Math.Min(bytes.Length, HeadBytes)], bytes[^Math.Min(bytes.Length, HeadBytes)..], depth, ct);
        return verdict.Finding is FormatFinding.Allowed or FormatFinding.Refused && verdict.Verdict is "allowed" or "format_refused" ? null : verdict;
    }

    private static FormatVerdict? Guarded(string format, Func<FormatVerdict?> scan)
    {
        try
        {
            return scan();
        }
        catch (ArchiveLimitException)
        {
            return Limit(format, "it unpacks to more than a hundred times its size");
        }
        catch (Exception error) when (error is InvalidDataException or NotSupportedException or IOException or ArgumentException or OverflowException)
        {
            return Unreadable(format, error.Message.TrimEnd('.'));
        }
    }

    // From the record at the end: what a reader will hold in memory at once.
    private static long DirectorySize(Stream content)
    {
        var start = Math.Max(0, content.Length - HeadBytes - 22);
        content.Position = start;
        var tail = new byte[content.Length - start];
        content.ReadExactly(tail);
        var at = tail.AsSpan().LastIndexOf((ReadOnlySpan<byte>)[(byte)'P', (byte)'K', 5, 6]);
        if (at < 0 || tail.Length - at < 22)
            throw new InvalidDataException("it has no directory at its end");
        var size = BinaryPrimitives.ReadUInt32LittleEndian(tail.AsSpan(at + 12));
        if (size != uint.MaxValue)
            return size;
        if (at < 20 || BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(at - 12)) is var place && (place < 0 || place > content.Length - 56))
            throw new InvalidDataException("its long directory cannot be found");
        content.Position = place;
        content.ReadExactly(tail.AsSpan(0, 56));
        return Math.Max(0, BinaryPrimitives.ReadInt64LittleEndian(tail.AsSpan(40)));
    }

    private static FormatVerdict Limit(string format, string why) => FormatVerdict.Bad(format, "archive_limit", $"It is an archive that is not looked through: {why}.");

    private static FormatVerdict Unreadable(string format, string why) => FormatVerdict.Bad(format, "archive_unreadable", $"It is an archive that cannot be looked through: {why}.");

    private static string Shown(string name) => new([.. name.Take(80).Select(c => char.IsControl(c) ? '?' : c)]);
}

/// <summary>An archive unpacks to more than it may.</summary>
internal sealed class ArchiveLimitException() : Exception("an archive unpacks to more than it may");

/// <summary>What comes out of an unpacker: moving forwards reads, and more than <paramref name="most"/> bytes are not read.</summary>
internal sealed class SkippingStream(Stream source, long most) : ForwardStream
{
    private long _position;

    public override long Position
    {
        get => _position;
        set
        {
            var waste = new byte[Math.Clamp(value - _position, 0, 64 << 10)];
            while (_position < value)
                if (Read(waste.AsSpan(0, (int)Math.Min(waste.Length, value - _position))) == 0)
                    throw new EndOfStreamException();
            if (_position != value)
                throw new NotSupportedException("the stream goes forwards only");
        }
    }

    public override int Read(Span<byte> buffer)
    {
        var count = source.Read(buffer);
        _position += count;
        return _position > most ? throw new ArchiveLimitException() : count;
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var count = await source.ReadAsync(buffer, cancellationToken);
        _position += count;
        return _position > most ? throw new ArchiveLimitException() : count;
    }
}
