using System.Text;

namespace Temper.Models;

/// <summary>Collects tokens and finds their places in the text from the lengths of their bytes.</summary>
internal sealed class EncodingBuilder(byte[]?[] bytes)
{
    private readonly List<int> ids = [], starts = [], ends = [];

    /// <summary>A token with a known place.</summary>
    public void Add(int id, int start, int end)
    {
        ids.Add(id);
        starts.Add(start);
        ends.Add(end);
    }

    /// <summary>Tokens whose bytes are those of text[from..to], after one byte of no width when there is a prefixed space.</summary>
    public void AddWord(int[] word, string text, int from, int to, bool prefixed)
    {
        var (at, atByte, charEndByte, next) = (from, 0, prefixed ? 1 : 0, from);
        // Invariant: bytes [.., charEndByte) of the word are those of text[from..next]; 'at' is the character holding byte atByte.
        foreach (var id in word)
        {
            var last = atByte + bytes[id]!.Length;
            while (charEndByte <= atByte && next < to) Advance();
            var start = at;
            while (charEndByte < last && next < to) Advance();
            Add(id, start, next);
            atByte = last;
        }

        void Advance()
        {
            at = next;
            Rune.DecodeFromUtf16(text.AsSpan(next, to - next), out var rune, out var length);
            charEndByte += rune.Utf8SequenceLength;
            next += length;
        }
    }

    /// <summary>Everything added.</summary>
    public TokenEncoding Build() => new([.. ids], [.. starts], [.. ends]);
}
