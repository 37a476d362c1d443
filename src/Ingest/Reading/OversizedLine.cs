using System.Security.Cryptography;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>A line that is passed over: its length, its digest and its begin are kept, nothing else.</summary>
internal sealed class OversizedLine
{
    private readonly byte[] _head = new byte[Excerpts.Window];
    private IncrementalHash? _hash;
    private int _kept;
    private bool _heldCr;

    /// <summary>Bytes so far; 0 when no line is being passed over.</summary>
    public long Length { get; private set; }

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (bytes.IsEmpty)
            return;
        _hash ??= IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        if (_heldCr)
            _hash.AppendData("\r"u8);
        var room = Math.Min(bytes.Length, _head.Length - _kept);
        bytes[..room].CopyTo(_head.AsSpan(_kept));
        _kept += room;
        Length += bytes.Length;
        // The last CR may belong to the newline, which is not part of the line.
        _heldCr = bytes[^1] == '\r';
        _hash.AppendData(_heldCr ? bytes[..^1] : bytes);
    }

    public (byte[] Head, long Length, Digest Digest) Finish(bool trimCr)
    {
        if (_heldCr && !trimCr)
            _hash!.AppendData("\r"u8);
        var result = (_head[.._kept], Length - (_heldCr && trimCr ? 1 : 0), Digest.FromHash(_hash!.GetHashAndReset()));
        (_kept, Length, _heldCr) = (0, 0, false);
        return result;
    }
}
