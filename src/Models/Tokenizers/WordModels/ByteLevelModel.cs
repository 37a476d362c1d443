using System.Text;

namespace Temper.Models;

/// <summary>BPE over the bytes of a word, as GPT-2, Llama 3 and Qwen.</summary>
/// <param name="byteIds">Token of each byte; -1 for the bytes that UTF-8 never uses, when the vocabulary lacks them.</param>
/// <param name="merges">The ranks.</param>
/// <param name="wholeWords">With <c>ignore_merges</c>: words that are taken whole, by their byte spelling; otherwise null.</param>
internal sealed class ByteLevelModel(int[] byteIds, PairMerges merges, IReadOnlyDictionary<string, int>? wholeWords) : WordModel
{
    /// <inheritdoc/>
    public override string Kind => "byte-level BPE";

    /// <inheritdoc/>
    protected override WordToken[] Cut(ReadOnlySpan<char> word)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(word)];
        Encoding.UTF8.GetBytes(word, bytes);
        if (wholeWords is not null && wholeWords.TryGetValue(ByteAlphabet.Spell(bytes), out var whole)) return [new WordToken(whole, 0, word.Length)];
        var parts = new List<WordToken>(bytes.Length);
        var b = 0;
        for (var at = 0; at < word.Length;)
        {
            var codePoint = CodePoints.At(word, at, out var length);
            for (var left = codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4; left > 0; left--)
                parts.Add(new WordToken(byteIds[bytes[b++]], at, at + length));
            at += length;
        }

        return merges.Merge(parts);
    }
}
