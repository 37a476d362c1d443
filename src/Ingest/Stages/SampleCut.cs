using System.Buffers.Binary;
using System.Security.Cryptography;

namespace Temper.Ingest;

/// <summary>
/// The records that <c>max_num_samples</c> leaves out: all but those with the smallest digests, keyed by the dataset's name. When rows are added, a record
/// that was left out stays out.
/// </summary>
internal sealed class SampleCut
{
    private const int IdDigits = 64;
    private readonly List<ulong> _left = [];

    private SampleCut()
    {
    }

    /// <summary>Nothing is left out.</summary>
    public static SampleCut None { get; } = new();

    /// <summary>Records that are left out.</summary>
    public long Count { get; private set; }

    /// <summary>Whether the record of this ordinal is left out.</summary>
    public bool Contains(long ordinal) => ordinal >> 6 < _left.Count && (_left[(int)(ordinal >> 6)] >> (int)(ordinal & 63) & 1) != 0;

    /// <summary>Looks at every record that no other stage drops: once for the digests, once for the cut. Holds eight bytes a record.</summary>
    public static async Task<SampleCut> OfAsync(IngestPlan plan, ValidatedUpload upload, RepeatTable repeats, IReadOnlyDictionary<long, Overlap> dropped, CancellationToken ct)
    {
        if (plan.Config.MaxSamples is not { } most)
            return None;
        var key = new Key(plan.Dataset.ToString());
        var all = new List<ulong>();
        await upload.ReadKeptAsync(repeats, (_, _, ordinal, body) =>
        {
            if (!dropped.ContainsKey(ordinal))
                all.Add(key.Of(body));
        }, ct).ConfigureAwait(false);
        if (all.Count <= most)
            return None;
        all.Sort();
        var last = all[(int)most - 1];
        // Records of one digest, where copies are kept, are taken in their order.
        var equal = most - all.Count(value => value < last);
        var cut = new SampleCut();
        await upload.ReadKeptAsync(repeats, (_, _, ordinal, body) =>
        {
            if (!dropped.ContainsKey(ordinal) && key.Of(body) is var value && (value > last || (value == last && equal-- <= 0)))
                cut.LeaveOut(ordinal);
        }, ct).ConfigureAwait(false);
        return cut;
    }

    private void LeaveOut(long ordinal)
    {
        while (_left.Count <= ordinal >> 6)
            _left.Add(0);
        _left[(int)(ordinal >> 6)] |= 1UL << (int)(ordinal & 63);
        Count++;
    }

    /// <summary>First eight bytes of the SHA-256 of name, 0 and record id.</summary>
    private sealed class Key
    {
        private readonly byte[] _text;
        private readonly byte[] _hash = new byte[SHA256.HashSizeInBytes];

        public Key(string name) => _text = [.. System.Text.Encoding.UTF8.GetBytes(name), 0, .. new byte[IdDigits]];

        public ulong Of(ReadOnlySpan<byte> body)
        {
            body.Slice("{\"rec_id\":\"".Length, IdDigits).CopyTo(_text.AsSpan(_text.Length - IdDigits));
            SHA256.HashData(_text, _hash);
            return BinaryPrimitives.ReadUInt64BigEndian(_hash);
        }
    }
}
