using System.Globalization;
using System.Numerics;
using System.Text;

namespace Temper.Ingest;

/// <summary>Counts what many records are like; the sum becomes a <see cref="RecordShape"/>. Not for two threads at once.</summary>
internal sealed class ShapeCounter
{
    private readonly long[] _lengths = new long[64];
    private readonly List<(byte[] Name, long Count)> _kinds = [];
    private long _system, _user, _assistant, _good, _bad, _characters;

    /// <summary>Counts a record.</summary>
    public void Add(RecordText text, ReadOnlySpan<byte> body)
    {
        var kind = WordAfter(body, "\"kind\":\""u8);
        CountKind(kind);
        // A picture's captions are said by nobody; the report of images counts them.
        if (kind.SequenceEqual("image"u8))
            return;
        var characters = (long)text.Context.Characters + text.Asked.Characters + text.Answered.Characters;
        _characters += characters;
        _lengths[characters == 0 ? 0 : 1 + BitOperations.Log2((ulong)characters)]++;
        _system += text.Context.Count;
        _user += text.Asked.Count;
        _assistant += text.Answered.Count;
        if (body.IndexOf("\"label\":true"u8) >= 0)
            _good++;
        else if (body.IndexOf("\"label\":false"u8) >= 0)
            _bad++;
    }

    /// <summary>What was counted; the counter begins anew.</summary>
    public RecordShape Take()
    {
        var shape = new RecordShape { Characters = _characters };
        for (var length = 0; length < _lengths.Length; length++)
            RecordShape.Count(shape.Lengths, (length == 0 ? 0 : 1L << (length - 1)).ToString("D10", CultureInfo.InvariantCulture), _lengths[length]);
        foreach (var (name, count) in _kinds)
            RecordShape.Count(shape.Kinds, Encoding.UTF8.GetString(name), count);
        RecordShape.Count(shape.Roles, "system", _system);
        RecordShape.Count(shape.Roles, "user", _user);
        RecordShape.Count(shape.Roles, "assistant", _assistant);
        RecordShape.Count(shape.Labels, "good", _good);
        RecordShape.Count(shape.Labels, "bad", _bad);
        Array.Clear(_lengths);
        _kinds.Clear();
        (_system, _user, _assistant, _good, _bad, _characters) = (0, 0, 0, 0, 0, 0);
        return shape;
    }

    private void CountKind(ReadOnlySpan<byte> kind)
    {
        if (kind.IsEmpty)
            return;
        for (var i = 0; i < _kinds.Count; i++)
        {
            if (kind.SequenceEqual(_kinds[i].Name))
            {
                _kinds[i] = (_kinds[i].Name, _kinds[i].Count + 1);
                return;
            }
        }
        _kinds.Add((kind.ToArray(), 1));
    }

    // A quote inside a text is escaped, so an unescaped name of a member can only be one.
    private static ReadOnlySpan<byte> WordAfter(ReadOnlySpan<byte> body, ReadOnlySpan<byte> name)
    {
        if (body.IndexOf(name) is not (>= 0 and var at))
            return default;
        var rest = body[(at + name.Length)..];
        return rest[..rest.IndexOf((byte)'"')];
    }
}
