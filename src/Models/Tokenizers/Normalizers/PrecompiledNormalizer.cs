using System.Buffers.Binary;
using System.Globalization;
using System.Text;

namespace Temper.Models;

/// <summary>Precompiled: SentencePiece's table of replacements, a double-array trie (Aoe 1989; darts-clone's 32-bit units) over UTF-8
/// followed by the replacements, each ended by a zero byte. As in the reference, a grapheme of at most 5 bytes is looked up whole and the
/// shortest entry that begins it wins; other graphemes are looked up character by character.</summary>
internal sealed class PrecompiledNormalizer : TextNormalizer
{
    private const int LongestGrapheme = 5;
    private readonly uint[] units;
    private readonly byte[] replacements;

    private PrecompiledNormalizer(uint[] units, byte[] replacements) => (this.units, this.replacements) = (units, replacements);

    /// <summary>Reads the table; null when it is damaged.</summary>
    public static PrecompiledNormalizer? Read(ReadOnlySpan<byte> table)
    {
        if (table.Length < 4) return null;
        var size = BinaryPrimitives.ReadUInt32LittleEndian(table);
        if (size % 4 != 0 || size == 0 || size > table.Length - 4) return null;
        var units = new uint[size / 4];
        for (var i = 0; i < units.Length; i++) units[i] = BinaryPrimitives.ReadUInt32LittleEndian(table[(4 + i * 4)..]);
        return new PrecompiledNormalizer(units, table[(4 + (int)size)..].ToArray());
    }

    /// <inheritdoc/>
    public override Segment Apply(Segment text)
    {
        var output = new TextTransform(text);
        var graphemes = StringInfo.GetTextElementEnumerator(text.Span.ToString());
        var changed = false;
        while (graphemes.MoveNext())
        {
            var grapheme = graphemes.GetTextElement();
            if (Encoding.UTF8.GetByteCount(grapheme) <= LongestGrapheme && Find(grapheme) is { } whole)
            {
                changed = true;
                Write(output, CodePoints.Count(grapheme), whole);
                continue;
            }

            foreach (var rune in grapheme.EnumerateRunes())
            {
                if (Find(rune.ToString()) is not { } single)
                {
                    output.Keep();
                    continue;
                }

                changed = true;
                Write(output, 1, single);
            }
        }

        return changed ? output.Finish() : text;
    }

    /// <summary>Characters take the places of those they replace one by one; surplus ones share the last place.</summary>
    private static void Write(TextTransform output, int taken, string replacement)
    {
        var left = CodePoints.Count(replacement);
        if (left == 0)
        {
            for (; taken > 0; taken--) output.Remove();
            return;
        }

        foreach (var rune in replacement.EnumerateRunes())
        {
            left--;
            if (taken == 0) output.Insert(rune.Value);
            else
            {
                output.Replace(rune.Value, left == 0 ? taken - 1 : 0);
                taken--;
            }
        }
    }

    /// <summary>The replacement of the shortest entry that begins the text, or null.</summary>
    private string? Find(string text)
    {
        var node = 0L ^ Offset(units[0]);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            if (value == 0) return null;
            node ^= value;
            if (node >= units.Length) return null;
            var unit = units[node];
            if ((unit & 0x800000FF) != value) return null;
            node ^= Offset(unit);
            if (node >= units.Length) return null;
            if ((unit >> 8 & 1) != 0) return Replacement(units[node] & 0x7FFFFFFF);
        }

        return null;
    }

    private string? Replacement(uint from)
    {
        if (from > replacements.Length) return null;
        var rest = replacements.AsSpan((int)from);
        var end = rest.IndexOf((byte)0);
        return Encoding.UTF8.GetString(end < 0 ? rest : rest[..end]);
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & 0x200) >> 6);
}
