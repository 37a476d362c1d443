using System.Buffers.Binary;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>Makes the <see cref="RecordSigns"/> of canonical records, and counts what the records are like. Not for two threads at once.</summary>
internal sealed class RecordSigner(NearConfig near)
{
    private readonly RecordSigns _signs = Layout(near);
    private readonly MinHash _hash = new(near.Bands, near.Rows);
    private readonly ShingleReader _shingles = new(near.Ngram);
    private readonly ShapeCounter _shape = new();
    private readonly RecordText _text = new();
    private readonly uint[] _keys = new uint[near.Bands];

    /// <summary>How signs are laid out under a configuration.</summary>
    public static RecordSigns Layout(NearConfig near) => new(near.Enabled ? near.Bands : 0);

    /// <summary>What signs depend on besides the records: part of the name that they are kept under.</summary>
    public static string Kind(NearConfig near) =>
        Digest.OfText(near.Enabled ? FormattableString.Invariant($"{StageKeys.DedupVersion} {near.Ngram} {near.Bands} {near.Rows} sketch 1") : StageKeys.DedupVersion).Hex[..8];

    /// <summary>Adds the sign of a record.</summary>
    /// <param name="body">A line that <see cref="RecordWriter"/> wrote.</param>
    /// <param name="offset">Where it lies.</param>
    /// <param name="into">Grows.</param>
    public void Add(ReadOnlySpan<byte> body, int offset, ByteBuffer into)
    {
        var head = RecordHead.Read(body);
        _text.Read(body);
        _shape.Add(_text, body);
        var rest = _signs.Add(into, new(head.Id, head.Line, offset, body.Length));
        if (!near.Enabled)
            return;
        _shingles.Read(_text);
        ShingleSketch.Write(rest, _shingles.Asked, _shingles.Answered);
        _hash.BandKeys(_shingles.Asked, _shingles.Answered, _keys);
        for (var band = 0; band < _keys.Length; band++)
            BinaryPrimitives.WriteUInt32LittleEndian(rest[(ShingleSketch.Width + (4 * band))..], _keys[band]);
    }

    /// <summary>What the records since the last call are like.</summary>
    public RecordShape TakeShape() => _shape.Take();
}
