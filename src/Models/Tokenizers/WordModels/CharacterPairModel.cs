using System.Text;

namespace Temper.Models;

/// <summary>How BPE over characters begins and what it does with a character that the vocabulary lacks.</summary>
internal sealed record CharacterPairRules
{
    /// <summary>Token of characters that have none; -1 when every text can be spelled.</summary>
    public required int Unknown { get; init; }

    /// <summary>Whether neighbouring unknown characters become one token.</summary>
    public required bool FuseUnknown { get; init; }

    /// <summary>Tokens of the 256 bytes for characters that have none; null without byte fallback.</summary>
    public required int[]? ByteIds { get; init; }

    /// <summary>Before every character but a word's first.</summary>
    public required string ContinuingPrefix { get; init; }

    /// <summary>After a word's last character.</summary>
    public required string EndSuffix { get; init; }

    /// <summary>A word of the vocabulary is taken whole.</summary>
    public required bool IgnoreMerges { get; init; }

    /// <summary>Words are first spelled in the alphabet of bytes.</summary>
    public required bool SpellsBytes { get; init; }
}

/// <summary>BPE over the characters of a word, as SentencePiece's models in Llama 2, Mistral and Gemma.</summary>
internal sealed class CharacterPairModel(Dictionary<string, int> vocabulary, PairMerges merges, CharacterPairRules rules) : SharedWordModel
{
    private const char SpaceSign = '\u2581';

    /// <summary>Whether no token goes on over the beginning of SentencePiece's words, so that they can be merged one by one.</summary>
    private readonly bool beginsAtSpaces = !rules.IgnoreMerges && !rules.SpellsBytes && rules.ContinuingPrefix.Length == 0 && rules.EndSuffix.Length == 0
        && vocabulary.ContainsKey("\u2581") && !vocabulary.Keys.Any(spelling => NextWord(spelling, 0, spelling.Length) < spelling.Length);

    /// <inheritdoc/>
    public override string Kind => rules.SpellsBytes ? "byte-level BPE" : rules.ByteIds is null ? "BPE" : "BPE with byte fallback";

    /// <inheritdoc/>
    protected override int PartEnd(ReadOnlySpan<char> text, int at, int end) => beginsAtSpaces ? NextWord(text, at, end) : end;

    /// <inheritdoc/>
    protected override WordToken[] Cut(ReadOnlySpan<char> word)
    {
        var (text, places) = rules.SpellsBytes ? Spelled(word) : (word.ToString(), null);
        if (rules.IgnoreMerges && vocabulary.TryGetValue(text, out var whole)) return [new WordToken(whole, 0, word.Length)];
        var parts = new List<WordToken>(text.Length);
        var unknown = new WordToken(-1, 0, 0);
        for (var at = 0; at < text.Length;)
        {
            CodePoints.At(text, at, out var length);
            var (from, to) = places is null ? (at, at + length) : places[at];
            if (IdOf(text, at, length) is { } id)
            {
                if (unknown.Id >= 0) parts.Add(unknown);
                unknown = new WordToken(-1, 0, 0);
                parts.Add(new WordToken(id, from, to));
            }
            else if (rules.ByteIds is { } byteIds) AddBytes(text.AsSpan(at, length), byteIds, from, to, parts);
            else
            {
                var fused = unknown.Id >= 0 && rules.FuseUnknown;
                if (unknown.Id >= 0 && !fused) parts.Add(unknown);
                unknown = new WordToken(rules.Unknown, fused ? unknown.Start : from, to);
            }

            at += length;
        }

        if (unknown.Id >= 0) parts.Add(unknown);
        return Merged(parts);
    }

    /// <summary>The next place after the first character where spaces begin.</summary>
    private static int NextWord(ReadOnlySpan<char> text, int at, int end)
    {
        while (at < end && text[at] == SpaceSign) at++;
        return text[at..end].IndexOf(SpaceSign) is >= 0 and var length ? at + length : end;
    }

    /// <summary>Every token keeps the start of its first part and the end of its last.</summary>
    private WordToken[] Merged(List<WordToken> parts)
    {
        var (ids, lasts) = (new int[parts.Count], new int[parts.Count]);
        for (var i = 0; i < ids.Length; i++) (ids[i], lasts[i]) = (parts[i].Id, i);
        var tokens = new WordToken[merges.Merge(ids, lasts)];
        for (var i = 0; i < tokens.Length; i++) tokens[i] = new WordToken(ids[i], parts[i == 0 ? 0 : lasts[i - 1] + 1].Start, parts[lasts[i]].End);
        return tokens;
    }

    private int? IdOf(string text, int at, int length)
    {
        var bare = rules.ContinuingPrefix.Length == 0 && rules.EndSuffix.Length == 0;
        var symbol = text.AsSpan(at, length);
        if (bare) return vocabulary.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(symbol, out var id) ? id : null;
        var spelling = string.Concat(at == 0 ? "" : rules.ContinuingPrefix, symbol, at + length == text.Length ? rules.EndSuffix : "");
        return vocabulary.TryGetValue(spelling, out var affixed) ? affixed : null;
    }

    private static void AddBytes(ReadOnlySpan<char> symbol, int[] byteIds, int from, int to, List<WordToken> parts)
    {
        Span<byte> bytes = stackalloc byte[4];
        foreach (var value in bytes[..Encoding.UTF8.GetBytes(symbol, bytes)]) parts.Add(new WordToken(byteIds[value], from, to));
    }

    private static (string Text, (int From, int To)[] Places) Spelled(ReadOnlySpan<char> word)
    {
        var text = new StringBuilder();
        var places = new List<(int, int)>();
        Span<byte> bytes = stackalloc byte[4];
        for (var at = 0; at < word.Length;)
        {
            CodePoints.At(word, at, out var length);
            foreach (var value in bytes[..Encoding.UTF8.GetBytes(word.Slice(at, length), bytes)])
            {
                text.Append(ByteAlphabet.CharOf(value));
                places.Add((at, at + length));
            }

            at += length;
        }

        return (text.ToString(), [.. places]);
    }
}
