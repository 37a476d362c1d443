namespace Temper.Models;

/// <summary>The place of the parser in the tokens, and its depth.</summary>
internal sealed class JinjaCursor(List<JinjaToken> tokens)
{
    private const int DeepestNesting = 100;
    private int at;
    private int depth;

    /// <summary>The token at the cursor.</summary>
    public JinjaToken Current => tokens[at];

    /// <summary>Line of the token at the cursor.</summary>
    public int Line => Current.Line;

    /// <summary>The token after the one at the cursor.</summary>
    public JinjaToken Following => tokens[Math.Min(at + 1, tokens.Count - 1)];

    /// <summary>Takes the token at the cursor.</summary>
    public JinjaToken Take() => Current.Kind == JinjaKind.End ? Current : tokens[at++];

    /// <summary>Whether the token at the cursor is this punctuation or word.</summary>
    public bool Is(string text) => Current.Kind is JinjaKind.Operator or JinjaKind.Name && Current.Text == text;

    /// <summary>Takes this punctuation or word when it is there.</summary>
    public bool TryTake(string text)
    {
        if (!Is(text)) return false;
        at++;
        return true;
    }

    /// <summary>Takes this punctuation or word, which must be there.</summary>
    public void Expect(string text)
    {
        if (!TryTake(text)) throw JinjaErrors.Invalid(Line, $"expected '{text}', found {Shown()}");
    }

    /// <summary>Takes a token of this kind, which must be there.</summary>
    public JinjaToken Expect(JinjaKind kind) => Current.Kind == kind ? Take() : throw JinjaErrors.Invalid(Line, $"expected {kind}, found {Shown()}");

    /// <summary>Guards against templates nested so deep that the stack would overflow.</summary>
    public T Nested<T>(Func<T> parse)
    {
        if (++depth > DeepestNesting) throw JinjaErrors.Invalid(Line, $"it nests more than {DeepestNesting} deep");
        var result = parse();
        depth--;
        return result;
    }

    private string Shown() => Current.Text.Length > 0 ? $"'{Current.Text}'" : Current.Kind.ToString();
}
