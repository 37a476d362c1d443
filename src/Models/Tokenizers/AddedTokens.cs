using System.Buffers;
using System.Globalization;

namespace Temper.Models;

/// <summary>A token that is found in the text before any other step.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its spelling.</param>
/// <param name="Special">Left out of decoded text on request.</param>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="LeftStrip">Swallows white space before it.</param>
/// <param name="RightStrip">Swallows white space after it.</param>
/// <param name="Normalized">Looked for after those that are not.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized);

/// <summary>A stretch of text: an added token, or (null) text for the model.</summary>
internal readonly record struct TextPiece(AddedToken? Token, int Start, int End);

/// <summary>Finds added tokens, leftmost and of those the longest: first the ones for the raw text, then in what is left the others.</summary>
internal sealed class AddedTokens
{
    private readonly (SearchValues<char> Firsts, Dictionary<char, AddedToken[]> ByFirst)[] passes;

    public AddedTokens(IReadOnlyCollection<AddedToken> tokens)
    {
        passes = [.. new[] { false, true }
            .Select(normalized => tokens.Where(t => t.Normalized == normalized && t.Content.Length > 0).GroupBy(t => t.Content[0])
                .ToDictionary(g => g.Key, g => g.OrderByDescending(t => t.Content.Length).ToArray()))
            .Where(byFirst => byFirst.Count > 0)
            .Select(byFirst => (SearchValues.Create([.. byFirst.Keys]), byFirst))];
    }

    /// <summary>Cuts the whole text into pieces, in order.</summary>
    public List<TextPiece> Split(string text, EncodeOptions options)
    {
        var pieces = new List<TextPiece> { new(null, 0, text.Length) };
        foreach (var (firsts, byFirst) in passes)
        {
            var finer = new List<TextPiece>();
            foreach (var piece in pieces)
                if (piece.Token is null) SplitPiece(text, piece, firsts, byFirst, options, finer);
                else finer.Add(piece);
            pieces = finer;
        }

        return pieces;
    }

    private static void SplitPiece(string text, TextPiece piece, SearchValues<char> firsts, Dictionary<char, AddedToken[]> byFirst, EncodeOptions options, List<TextPiece> output)
    {
        var (open, at) = (piece.Start, piece.Start);
        while (at < piece.End)
        {
            var skip = text.AsSpan(at, piece.End - at).IndexOfAny(firsts);
            if (skip < 0) break;
            at += skip;
            if (Longest(text, at, piece.End, byFirst, options) is not { } token)
            {
                at++;
                continue;
            }

            var (start, end) = (at, at + token.Content.Length);
            at = end;
            if (IsLeftOut(text, start, end, piece, token, options)) continue;
            while (token.LeftStrip && start > open && char.IsWhiteSpace(text[start - 1])) start--;
            while (token.RightStrip && end < piece.End && char.IsWhiteSpace(text[end])) end++;
            if (start > open) output.Add(new TextPiece(null, open, start));
            output.Add(new TextPiece(token, start, end));
            open = at = end;
        }

        if (open < piece.End) output.Add(new TextPiece(null, open, piece.End));
    }

    private static AddedToken? Longest(string text, int at, int limit, Dictionary<char, AddedToken[]> byFirst, EncodeOptions options)
    {
        foreach (var token in byFirst[text[at]])
            if (token.Content.Length <= limit - at && string.CompareOrdinal(text, at, token.Content, 0, token.Content.Length) == 0
                && !IsCut(options.Cuts, at, at + token.Content.Length, token))
                return token;
        return null;
    }

    private static bool IsCut(IReadOnlyList<int> cuts, int start, int end, AddedToken token)
    {
        if (!token.Special) return false;
        var (low, high) = (0, cuts.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (cuts[middle] <= start) low = middle + 1;
            else high = middle;
        }

        return low < cuts.Count && cuts[low] < end;
    }

    private static bool IsLeftOut(string text, int start, int end, TextPiece piece, AddedToken token, EncodeOptions options) =>
        (options.SpecialAsText && token.Special)
        || (token.SingleWord && ((start > piece.Start && IsWord(text, start - 1)) || (end < piece.End && IsWord(text, end))));

    private static bool IsWord(string text, int at)
    {
        if (char.IsLowSurrogate(text[at]) && at > 0) at--;
        return CharUnicodeInfo.GetUnicodeCategory(text, at) is <= UnicodeCategory.LetterNumber or UnicodeCategory.ConnectorPunctuation;
    }
}
