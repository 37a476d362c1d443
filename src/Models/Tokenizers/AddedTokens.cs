namespace Temper.Models;

/// <summary>A token that is found in the text before any other step.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Content">Its spelling.</param>
/// <param name="Special">Left out of decoded text on request.</param>
/// <param name="SingleWord">Only where no word character touches it.</param>
/// <param name="LeftStrip">Swallows white space before it.</param>
/// <param name="RightStrip">Swallows white space after it.</param>
/// <param name="Normalized">Looked for in the normalised text, after those that are not.</param>
internal sealed record AddedToken(int Id, string Content, bool Special, bool SingleWord, bool LeftStrip, bool RightStrip, bool Normalized);

/// <summary>A stretch of text: an added token, or (null) text for the model.</summary>
internal readonly record struct TextPiece(AddedToken? Token, Segment Text);

/// <summary>Finds added tokens, leftmost and of those the longest: first the ones for the raw text; what is left is normalised, and in it
/// the others are looked for, themselves normalised.</summary>
internal sealed class AddedTokens
{
    private readonly CharTrie raw = new(), normalised = new();
    private readonly AddedToken[] tokens;
    private readonly TextNormalizer? normalizer;

    public AddedTokens(IReadOnlyCollection<AddedToken> tokens, TextNormalizer? normalizer)
    {
        (this.tokens, this.normalizer) = ([.. tokens], normalizer);
        for (var i = 0; i < this.tokens.Length; i++)
        {
            var content = CodePoints.WellFormed(this.tokens[i].Content);
            if (this.tokens[i].Normalized && normalizer is not null) content = normalizer.Apply(new AlignedText(content).Whole).Span.ToString();
            if (content.Length > 0) (this.tokens[i].Normalized ? normalised : raw).Add(content, i);
        }

        raw.Close();
        normalised.Close();
    }

    /// <summary>Cuts the whole text, which has no lone surrogates, into pieces, in order, and appends them.</summary>
    public void Split(string text, EncodeOptions options, List<TextPiece> pieces)
    {
        var whole = new AlignedText(text).Whole;
        if (normalizer is null && normalised.IsEmpty)
        {
            Split(whole, raw, options, pieces);
            return;
        }

        var first = new List<TextPiece>();
        Split(whole, raw, options, first);
        foreach (var piece in first)
            if (piece.Token is null) Split(normalizer is null ? piece.Text : normalizer.Apply(piece.Text), normalised, options, pieces);
            else pieces.Add(piece);
    }

    private void Split(Segment text, CharTrie trie, EncodeOptions options, List<TextPiece> output)
    {
        var span = text.Span;
        var (open, at) = (0, 0);
        while (at < span.Length && trie.NextStart(span[at..]) is >= 0 and var skip)
        {
            at += skip;
            if (Longest(text, at, trie, options) is not var (token, length))
            {
                at++;
                continue;
            }

            var (start, end) = (at, at + length);
            at = end;
            if (IsLeftOut(span, start, end, token, options)) continue;
            while (token.LeftStrip && start > open && char.IsWhiteSpace(span[start - 1])) start--;
            while (token.RightStrip && end < span.Length && char.IsWhiteSpace(span[end])) end++;
            if (start > open) output.Add(new TextPiece(null, text.Slice(open, start)));
            output.Add(new TextPiece(token, text.Slice(start, end)));
            open = at = end;
        }

        if (open < span.Length) output.Add(new TextPiece(null, text.Slice(open, span.Length)));
    }

    private (AddedToken Token, int Length)? Longest(Segment text, int at, CharTrie trie, EncodeOptions options)
    {
        (AddedToken, int)? longest = null;
        var node = 0;
        for (var end = at; end < text.Length; end++)
        {
            node = trie.Step(node, text.Span[end]);
            if (node < 0) break;
            if (trie.ValueAt(node) is >= 0 and var found && !IsCut(options.Cuts, text.Original(at, end + 1), tokens[found])) longest = (tokens[found], end + 1 - at);
        }

        return longest;
    }

    private static bool IsCut(IReadOnlyList<int> cuts, (int Start, int End) place, AddedToken token)
    {
        if (!token.Special) return false;
        var (low, high) = (0, cuts.Count);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (cuts[middle] <= place.Start) low = middle + 1;
            else high = middle;
        }

        return low < cuts.Count && cuts[low] < place.End;
    }

    private static bool IsLeftOut(ReadOnlySpan<char> text, int start, int end, AddedToken token, EncodeOptions options) =>
        (options.SpecialAsText && token.Special)
        || (token.SingleWord && ((start > 0 && CodePoints.IsWord(CodePoints.At(text, CodePoints.Before(text, start), out _))) || (end < text.Length && CodePoints.IsWord(CodePoints.At(text, end, out _)))));
}
