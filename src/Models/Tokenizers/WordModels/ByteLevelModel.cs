using System.Buffers;
using System.Runtime.Intrinsics;
using System.Text;

namespace Temper.Models;

/// <summary>BPE over the bytes of a word, as GPT-2, Llama 3 and Qwen. Words that were seen are looked up in the caches of
/// <see cref="EncodeScratch"/>; a token's place follows from the number of its bytes.</summary>
internal sealed class ByteLevelModel : WordModel
{
    private const int LongestOnStack = 256;
    private readonly int[] byteIds, byteCounts;
    private readonly PairMerges merges;
    private readonly Dictionary<string, int>? wholeWords;

    /// <param name="byteIds">Token of each byte; -1 for the bytes that UTF-8 never uses, when the vocabulary lacks them.</param>
    /// <param name="merges">The ranks.</param>
    /// <param name="vocabulary">Tokens by their byte spelling.</param>
    /// <param name="ignoreMerges">Words of the vocabulary are taken whole.</param>
    public ByteLevelModel(int[] byteIds, PairMerges merges, Dictionary<string, int> vocabulary, bool ignoreMerges)
    {
        (this.byteIds, this.merges, wholeWords) = (byteIds, merges, ignoreMerges ? vocabulary : null);
        byteCounts = new int[vocabulary.Values.Max() + 1];
        foreach (var (spelling, id) in vocabulary) byteCounts[id] = spelling.Length;
    }

    /// <inheritdoc/>
    public override string Kind => "byte-level BPE";

    /// <inheritdoc/>
    public override void Encode(Segment piece, WordPattern words, EncodeScratch scratch)
    {
        var text = piece.Span;
        var output = scratch.Output;
        var lettersBegin = AsciiWords.For(words);
        var (byCase, contractions) = (words is WordPattern.O200k or WordPattern.Tekken, words is WordPattern.O200k);
        for (var at = 0; at < text.Length;)
        {
            var (count, length) = (output.Count, 0);
            if (at + AsciiWords.Width <= text.Length)
            {
                var units = AsciiWords.Load(text, at);
                length = AsciiWords.Length(units, lettersBegin, byCase, contractions);
                if (length == 0) length = WordScanner.NextEnd(words, text, at) - at;
                if (length > AsciiWords.LongestKey || !AsciiWords.TryKey(units, length, out var key)) AddLong(text.Slice(at, length), scratch);
                else if (scratch.ShortWords.TryGet(key, out var tokens)) output.Add(tokens, ShortWordCache.Count(tokens));
                else AddNew(text.Slice(at, length), key, scratch);
            }
            else
            {
                length = WordScanner.NextEnd(words, text, at) - at;
                AddLast(text.Slice(at, length), scratch);
            }

            if (output.HasPlaces) AddPlaces(piece.Slice(at, at + length), output, count);
            at += length;
        }
    }

    /// <summary>A word near the end of the text, where 16 units cannot be read.</summary>
    private void AddLast(ReadOnlySpan<char> word, EncodeScratch scratch)
    {
        Span<char> padded = stackalloc char[AsciiWords.Width];
        if (word.Length > AsciiWords.LongestKey)
        {
            AddLong(word, scratch);
            return;
        }

        padded.Clear();
        word.CopyTo(padded);
        if (!AsciiWords.TryKey(AsciiWords.Load(padded, 0), word.Length, out var key)) AddLong(word, scratch);
        else if (scratch.ShortWords.TryGet(key, out var tokens)) scratch.Output.Add(tokens, ShortWordCache.Count(tokens));
        else AddNew(word, key, scratch);
    }

    /// <summary>A word with a key that is not among the short ones: it is new, or has many tokens.</summary>
    private void AddNew(ReadOnlySpan<char> word, Vector128<byte> key, EncodeScratch scratch)
    {
        var tokens = AddLong(word, scratch);
        if (tokens.Length <= ShortWordCache.MostTokens) scratch.ShortWords.Add(key, tokens);
    }

    private ReadOnlySpan<int> AddLong(ReadOnlySpan<char> word, EncodeScratch scratch)
    {
        var from = scratch.Output.Count;
        if (!LongWordCache.Takes(word))
        {
            Merge(word, scratch.Output);
            return scratch.Output.Since(from);
        }

        var hash = LongWordCache.HashOf(word);
        var known = scratch.LongWords.Find(word, hash);
        if (known.Length > 0)
        {
            scratch.Output.Add(known);
            return known;
        }

        Merge(word, scratch.Output);
        var tokens = scratch.Output.Since(from);
        scratch.LongWords.Add(word, hash, tokens);
        return tokens;
    }

    private void Merge(ReadOnlySpan<char> word, TokenBuffer output)
    {
        var count = Encoding.UTF8.GetByteCount(word);
        var rented = count > LongestOnStack ? ArrayPool<byte>.Shared.Rent(count) : null;
        Span<byte> bytes = rented is null ? stackalloc byte[LongestOnStack] : rented;
        bytes = bytes[..Encoding.UTF8.GetBytes(word, bytes)];
        if (WholeWord(bytes) is { } whole) output.Add(whole);
        else
        {
            var ids = output.Room(count);
            for (var i = 0; i < ids.Length; i++) ids[i] = byteIds[bytes[i]];
            output.Take(merges.Merge(ids, []));
        }

        if (rented is not null) ArrayPool<byte>.Shared.Return(rented);
    }

    private int? WholeWord(ReadOnlySpan<byte> bytes)
    {
        if (wholeWords is null || bytes.Length > LongestOnStack) return wholeWords is not null && wholeWords.TryGetValue(ByteAlphabet.Spell(bytes), out var spelled) ? spelled : null;
        Span<char> spelling = stackalloc char[LongestOnStack];
        for (var i = 0; i < bytes.Length; i++) spelling[i] = ByteAlphabet.CharOf(bytes[i]);
        return wholeWords.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(spelling[..bytes.Length], out var whole) ? whole : null;
    }

    /// <summary>Places of a word's tokens, which are those from <paramref name="token"/> on.</summary>
    private void AddPlaces(Segment word, TokenBuffer output, int token)
    {
        var text = word.Span;
        var (start, length, bytes, bytesEnd) = (0, 0, 0, 0);
        for (; token < output.Count; token++)
        {
            // The characters of the token's first and last byte.
            while (bytesEnd <= bytes) Advance(text);
            var from = start;
            bytes += byteCounts[output.IdAt(token)];
            while (bytesEnd < bytes) Advance(text);
            output.SetPlace(token, word.Original(from, start + length));
        }

        void Advance(ReadOnlySpan<char> text)
        {
            start += length;
            var codePoint = CodePoints.At(text, start, out length);
            bytesEnd += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
        }
    }
}
