namespace Temper.Models;

/// <summary>A step that cuts text into words; one class per kind of tokenizer.json's types.</summary>
internal abstract class PreTokenizer
{
    /// <summary>Appends the words of a piece, none of them empty.</summary>
    public abstract void Cut(Segment piece, List<Segment> words);

    /// <summary>The pattern whose words these are, all of them as they stand in the piece; null when no known one is enough.</summary>
    public virtual WordPattern? Words => null;
}

/// <summary>Several in order, each on the words of the one before.</summary>
internal sealed class PreTokenizerSequence(IReadOnlyList<PreTokenizer> steps) : PreTokenizer
{
    /// <inheritdoc/>
    public override void Cut(Segment piece, List<Segment> words)
    {
        List<Segment> current = [piece];
        foreach (var step in steps)
        {
            var finer = new List<Segment>();
            foreach (var word in current) step.Cut(word, finer);
            current = finer;
        }

        words.AddRange(current);
    }

    /// <inheritdoc/>
    public override WordPattern? Words
    {
        get
        {
            if (steps is [SplitPreTokenizer { IsolatesNumbers: true }, { Words: WordPattern.Gpt2 }]) return WordPattern.Gpt2Digits;
            var cutting = steps.Where(step => step.Words != WordPattern.None).ToList();
            return cutting.Count switch { 0 => WordPattern.None, 1 => cutting[0].Words, _ => null };
        }
    }
}

/// <summary>What becomes of the matches of a pattern.</summary>
internal enum SplitBehavior
{
    /// <summary>They are words of their own.</summary>
    Isolated,

    /// <summary>They vanish.</summary>
    Removed,

    /// <summary>They are words of their own, neighbours joined.</summary>
    Contiguous,

    /// <summary>They end the word before.</summary>
    MergedWithPrevious,

    /// <summary>They begin the word after.</summary>
    MergedWithNext,
}

/// <summary>Split, and all pre-tokenizers that are a split by a fixed rule. With <paramref name="invert"/> what lies between matches counts as the match.</summary>
internal sealed class SplitPreTokenizer(TextPattern pattern, SplitBehavior behavior, bool invert = false) : PreTokenizer
{
    /// <inheritdoc/>
    public override void Cut(Segment piece, List<Segment> words)
    {
        var pieces = pattern.Cut(piece.Span);
        if (behavior is SplitBehavior.MergedWithNext) MergeWithNext(piece, pieces, words);
        else if (behavior is SplitBehavior.Contiguous or SplitBehavior.MergedWithPrevious) MergeWithPrevious(piece, pieces, words);
        else
        {
            foreach (var (start, end, isMatch) in pieces)
                if (behavior == SplitBehavior.Isolated || isMatch == invert) words.Add(piece.Slice(start, end));
        }
    }

    /// <summary>Whether every number is a word of its own, and nothing else is cut.</summary>
    public bool IsolatesNumbers => pattern == CharacterPattern.Numbers && behavior == SplitBehavior.Isolated;

    /// <inheritdoc/>
    public override WordPattern? Words => behavior == SplitBehavior.Isolated || (behavior == SplitBehavior.Removed && invert) ? (pattern as WordsPattern)?.Pattern : null;

    private void MergeWithPrevious(Segment piece, List<PatternPiece> pieces, List<Segment> words)
    {
        var (open, before) = (-1, false);
        foreach (var (start, end, matched) in pieces)
        {
            var isMatch = matched != invert;
            var joins = behavior == SplitBehavior.Contiguous ? isMatch == before : isMatch && !before;
            before = isMatch;
            if (joins && open >= 0) words[^1] = piece.Slice(open, end);
            else
            {
                words.Add(piece.Slice(start, end));
                open = start;
            }
        }
    }

    private void MergeWithNext(Segment piece, List<PatternPiece> pieces, List<Segment> words)
    {
        var first = words.Count;
        var (end, before) = (-1, false);
        for (var i = pieces.Count - 1; i >= 0; i--)
        {
            var isMatch = pieces[i].IsMatch != invert;
            if (isMatch && !before && end >= 0) words[^1] = piece.Slice(pieces[i].Start, end);
            else
            {
                end = pieces[i].End;
                words.Add(piece.Slice(pieces[i].Start, end));
            }

            before = isMatch;
        }

        words.Reverse(first, words.Count - first);
    }
}

/// <summary>ByteLevel: words by GPT-2's pattern, or the piece as it is, perhaps after a space. The bytes' spelling is the model's business.</summary>
internal sealed class ByteLevelPreTokenizer(bool prefixSpace, bool cuts) : PreTokenizer
{
    private readonly SplitPreTokenizer words = new(new WordsPattern(WordPattern.Gpt2), SplitBehavior.Isolated);

    /// <inheritdoc/>
    public override void Cut(Segment piece, List<Segment> words)
    {
        if (prefixSpace && piece.Length > 0 && piece.Span[0] != ' ') piece = PrependNormalizer.Before(piece, " ");
        if (cuts) this.words.Cut(piece, words);
        else if (piece.Length > 0) words.Add(piece);
    }

    /// <inheritdoc/>
    public override WordPattern? Words => prefixSpace ? null : cuts ? WordPattern.Gpt2 : WordPattern.None;
}

/// <summary>When Metaspace puts its sign before a piece.</summary>
internal enum PrependScheme
{
    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Only at the beginning of the text.</summary>
    First,

    /// <summary>Never.</summary>
    Never,
}

/// <summary>Metaspace: spaces become a sign (▁) that begins the next word.</summary>
internal sealed class MetaspacePreTokenizer(string sign, PrependScheme scheme, bool split) : PreTokenizer
{
    private readonly LiteralPattern spaces = new(" ");
    private readonly SplitPreTokenizer words = new(new LiteralPattern(sign), SplitBehavior.MergedWithNext);

    /// <inheritdoc/>
    public override void Cut(Segment piece, List<Segment> words)
    {
        if (piece.Length == 0) return;
        var begins = piece.Original(0, 1).Start == 0;
        piece = ReplaceNormalizer.With(piece, spaces, sign);
        if (!piece.Span.StartsWith(sign, StringComparison.Ordinal) && (scheme == PrependScheme.Always || (scheme == PrependScheme.First && begins)))
            piece = PrependNormalizer.Before(piece, sign);
        if (split) this.words.Cut(piece, words);
        else words.Add(piece);
    }
}
