using System.Security.Cryptography;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>
/// The rows of one file, whatever its kind: lines, elements of an array, rows of a table, paragraphs. Read rows until <see cref="TryRead"/> is false,
/// then fill, until filling is false. A feed that is opened at the <see cref="Offset"/> and <see cref="RowsRead"/> of another gives the same rows as
/// that one would have given from there on.
/// </summary>
internal abstract class RowFeed : IAsyncDisposable
{
    /// <summary>Why the file as a whole cannot be trusted; final once filling is false.</summary>
    public abstract FileFault? Fault { get; }

    /// <summary>Whether the file began with a UTF-8 byte order mark. Known to the feed that began there.</summary>
    public virtual bool ByteOrderMark => false;

    /// <summary>Whole members of gzip or frames of Zstandard so far; null when the file is not compressed.</summary>
    public virtual int? Members => null;

    /// <summary>Of a table: its columns; null for other files.</summary>
    public virtual CsvHeader? Header => null;

    /// <summary>Where the next row begins, in bytes of the unpacked file; never goes back.</summary>
    public abstract long Offset { get; }

    /// <summary>What the number of the next row counts from: lines, elements or rows before it.</summary>
    public abstract long RowsRead { get; }

    /// <summary>The next row that is at hand. Its bytes are valid until the next call.</summary>
    public abstract bool TryRead(out Line row);

    /// <summary>Reads on; false at the end of the file.</summary>
    public abstract ValueTask<bool> FillAsync(CancellationToken ct);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();
}

/// <summary>One row of a file as one JSON value. A line of JSON is what the file holds; other rows are made into an object.</summary>
/// <param name="bytes">UTF-8 JSON; of a row over the limit, the begin of what the file holds. Empty or blank: no record.</param>
/// <param name="number">1 and up, growing: of text and tables the physical line on which the row begins; of an array the element; of Parquet the row.</param>
/// <param name="offset">Of its first byte in the (unpacked) file.</param>
/// <param name="length">Bytes in the file, without the newline.</param>
/// <param name="tooLong">Whether it is over the limit.</param>
/// <param name="unfinished">Whether the file ends with it, without a newline.</param>
/// <param name="digest">Of a row that was passed over.</param>
internal readonly ref struct Line(ReadOnlySpan<byte> bytes, long number, long offset, long length, bool tooLong, bool unfinished, Digest? digest)
{
    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public long Number { get; } = number;

    public long Offset { get; } = offset;

    public long Length { get; } = length;

    public bool TooLong { get; } = tooLong;

    public bool Unfinished { get; } = unfinished;

    /// <summary>What the file holds: what people are shown and what the digest is of. The same as <see cref="Bytes"/> unless the row was made into JSON.</summary>
    public ReadOnlySpan<byte> Original { get; init; } = bytes;

    /// <summary>Why the reader could not make a record of it; <see cref="Bytes"/> then says nothing.</summary>
    public RecordFault? Fault { get; init; }

    /// <summary>The digest, where the reader made it already.</summary>
    public Digest? Known => digest;

    public Digest Digest => digest ?? Digest.FromHash(SHA256.HashData(Original));
}
