using System.Globalization;

namespace Temper.Models;

/// <summary>Parses the regular expressions of tokenizers: alternatives, groups, look-ahead, classes, properties and quantifiers, by code
/// point. Back references, look-behind, anchors and nested endless quantifiers (which can take exponential time) are refused.</summary>
internal sealed class PatternParser(string source)
{
    private const int DeepestNesting = 32, MostRepeats = 1000;
    private readonly PatternClassParser classes = new(source);
    private int at;
    private int depth;

    /// <summary>Parses a pattern.</summary>
    /// <exception cref="PatternException">It is damaged or not supported.</exception>
    public static PatternNode Parse(string source)
    {
        var parser = new PatternParser(source);
        var node = parser.Alternatives(anyCase: false);
        if (parser.at < source.Length) throw new PatternException("it closes a group that is not open");
        if (IsNullable(node)) throw new PatternException("it matches nothing, everywhere");
        return node;
    }

    private PatternNode Alternatives(bool anyCase)
    {
        if (++depth > DeepestNesting) throw new PatternException($"it nests more than {DeepestNesting} deep");
        var alternatives = new List<PatternNode> { Sequence(anyCase) };
        while (TryTake('|')) alternatives.Add(Sequence(anyCase));
        depth--;
        return alternatives is [var only] ? only : new PatternChoice(alternatives);
    }

    private PatternSequence Sequence(bool anyCase)
    {
        var parts = new List<PatternNode>();
        while (at < source.Length && source[at] is not ('|' or ')')) parts.Add(Quantified(Atom(anyCase)));
        return new PatternSequence(parts);
    }

    private PatternNode Quantified(PatternNode part)
    {
        while (at < source.Length && Quantifier() is var (least, most))
        {
            if (part is PatternLook) throw new PatternException("it repeats a look-ahead");
            var (lazy, possessive) = (TryTake('?'), TryTake('+'));
            if (most == int.MaxValue && IsNullable(part)) throw new PatternException("it repeats without end what may be nothing");
            if (most == int.MaxValue && IsEndless(part)) throw new PatternException("it nests endless repetitions, which can take exponential time");
            if (possessive && part is not PatternSet) throw new PatternException("a group with a possessive quantifier");
            part = new PatternRepeat(part, least, most, lazy, possessive);
        }

        return part;
    }

    private (int Least, int Most)? Quantifier()
    {
        if (TryTake('?')) return (0, 1);
        if (TryTake('*')) return (0, int.MaxValue);
        if (TryTake('+')) return (1, int.MaxValue);
        if (source[at] != '{') return null;
        var close = source.IndexOf('}', at);
        var numbers = close < 0 ? [] : source[(at + 1)..close].Split(',');
        if (numbers.Length is 0 or > 2) throw new PatternException("a quantifier in braces that is not closed");
        var least = Number(numbers[0]);
        var most = numbers.Length == 1 ? least : numbers[1].Length == 0 ? int.MaxValue : Number(numbers[1]);
        if (most < least) throw new PatternException($"the quantifier {source[at..(close + 1)]}");
        at = close + 1;
        return (least, most);
    }

    private static int Number(string text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= MostRepeats
        ? number : throw new PatternException($"a quantifier of '{text}', expected 0 to {MostRepeats}");

    private PatternNode Atom(bool anyCase)
    {
        var c = source[at];
        if (c == '(') return Group(anyCase);
        if (c is '^' or '$') throw new PatternException($"the anchor '{c}'");
        if (c is '*' or '+' or '?' or '{') throw new PatternException($"a quantifier '{c}' after nothing");
        at++;
        if (c == '.') return new PatternSet(CodePointSet.AnyButLineFeed());
        if (c == '[') return new PatternSet(classes.Class(ref at, anyCase));
        if (c == '\\') return new PatternSet(classes.Escape(ref at, anyCase));
        at--;
        var literal = CodePoints.At(source, at, out var length);
        at += length;
        return new PatternSet(CodePointSet.Single(literal, anyCase));
    }

    private PatternNode Group(bool anyCase)
    {
        at++;
        var (look, negative) = (false, false);
        if (TryTake('?'))
        {
            var end = source.IndexOfAny([':', '=', '!', '<', '>', ')'], at);
            var flags = end < 0 ? "" : source[at..end];
            var kind = end < 0 ? ')' : source[end];
            (look, negative) = (kind is '=' or '!', kind == '!');
            if (kind is '<' or '>' or ')' || flags is not ("" or "i") || (look && flags.Length > 0)) throw new PatternException($"the group (?{flags}{kind}");
            anyCase |= flags == "i";
            at = end + 1;
        }

        var inner = Alternatives(anyCase);
        if (!TryTake(')')) throw new PatternException("a group that is not closed");
        return look ? new PatternLook(inner, negative) : inner;
    }

    private bool TryTake(char c)
    {
        if (at >= source.Length || source[at] != c) return false;
        at++;
        return true;
    }

    private static bool IsNullable(PatternNode node) => node switch
    {
        PatternSet => false,
        PatternSequence sequence => sequence.Parts.All(IsNullable),
        PatternChoice choice => choice.Alternatives.Any(IsNullable),
        PatternRepeat repeat => repeat.Least == 0 || IsNullable(repeat.Part),
        _ => true,
    };

    private static bool IsEndless(PatternNode node) => node switch
    {
        PatternSequence sequence => sequence.Parts.Any(IsEndless),
        PatternChoice choice => choice.Alternatives.Any(IsEndless),
        PatternRepeat repeat => repeat.Most == int.MaxValue || IsEndless(repeat.Part),
        _ => false,
    };
}
