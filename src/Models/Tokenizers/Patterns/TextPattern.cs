namespace Temper.Models;

/// <summary>A stretch of a text: a match, or what lies between two.</summary>
internal readonly record struct PatternPiece(int Start, int End, bool IsMatch);

/// <summary>What Split and Replace look for.</summary>
internal abstract class TextPattern
{
    /// <summary>The whole text as matches and what lies between, in order, nothing empty.</summary>
    public List<PatternPiece> Cut(ReadOnlySpan<char> text)
    {
        var pieces = new List<PatternPiece>();
        var last = 0;
        Reset(text);
        for (var at = 0; at < text.Length;)
        {
            var (start, end) = Find(text, at);
            if (start < 0) break;
            if (start > last) pieces.Add(new PatternPiece(last, start, false));
            pieces.Add(new PatternPiece(start, end, true));
            at = last = end;
        }

        if (last < text.Length) pieces.Add(new PatternPiece(last, text.Length, false));
        return pieces;
    }

    /// <summary>Before the first <see cref="Find"/> of a text.</summary>
    protected virtual void Reset(ReadOnlySpan<char> text)
    {
    }

    /// <summary>The first match at or after a place, which is not empty; start -1 when there is none.</summary>
    protected abstract (int Start, int End) Find(ReadOnlySpan<char> text, int at);
}

/// <summary>A fixed text.</summary>
internal sealed class LiteralPattern(string literal) : TextPattern
{
    /// <summary>The text when it is one UTF-16 unit.</summary>
    public char? Sign => literal.Length == 1 ? literal[0] : null;

    /// <inheritdoc/>
    protected override (int Start, int End) Find(ReadOnlySpan<char> text, int at)
    {
        var found = text[at..].IndexOf(literal, StringComparison.Ordinal);
        return found < 0 ? (-1, -1) : (at + found, at + found + literal.Length);
    }
}

/// <summary>One character of a kind.</summary>
internal sealed class CharacterPattern(Func<int, bool> matches) : TextPattern
{
    /// <summary>Categories N*.</summary>
    public static readonly CharacterPattern Numbers = new(CodePoints.IsNumeric);

    /// <inheritdoc/>
    protected override (int Start, int End) Find(ReadOnlySpan<char> text, int at)
    {
        for (; at < text.Length;)
        {
            var codePoint = CodePoints.At(text, at, out var length);
            if (matches(codePoint)) return (at, at + length);
            at += length;
        }

        return (-1, -1);
    }
}

/// <summary>The words of a known expression, which leave nothing between them.</summary>
internal sealed class WordsPattern(WordPattern pattern) : TextPattern
{
    /// <summary>The expression.</summary>
    public WordPattern Pattern => pattern;

    /// <inheritdoc/>
    protected override (int Start, int End) Find(ReadOnlySpan<char> text, int at) => (at, WordScanner.NextEnd(pattern, text, at));
}

/// <summary>A regular expression, by code point.</summary>
internal sealed class RegexPattern(PatternProgram program) : TextPattern
{
    private const int FreeSteps = 1_000_000, StepsPerUnit = 256;

    [ThreadStatic]
    private static PatternMatcher? matcher;

    /// <inheritdoc/>
    protected override void Reset(ReadOnlySpan<char> text) => (matcher ??= new PatternMatcher()).Begin(FreeSteps + (long)StepsPerUnit * text.Length);

    /// <inheritdoc/>
    protected override (int Start, int End) Find(ReadOnlySpan<char> text, int at)
    {
        for (; at < text.Length;)
        {
            var end = matcher!.Match(program, text, at);
            if (end > at) return (at, end);
            CodePoints.At(text, at, out var length);
            at += length;
        }

        return (-1, -1);
    }
}
