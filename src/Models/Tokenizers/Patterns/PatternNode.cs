namespace Temper.Models;

/// <summary>A part of a parsed regular expression.</summary>
internal abstract record PatternNode;

/// <summary>One code point of a set.</summary>
internal sealed record PatternSet(CodePointSet Set) : PatternNode;

/// <summary>Parts one after another.</summary>
internal sealed record PatternSequence(IReadOnlyList<PatternNode> Parts) : PatternNode;

/// <summary>The first alternative that leads to a match.</summary>
internal sealed record PatternChoice(IReadOnlyList<PatternNode> Alternatives) : PatternNode;

/// <summary>A part many times, as often as possible unless <paramref name="Lazy"/>; without giving back when <paramref name="Possessive"/>.</summary>
internal sealed record PatternRepeat(PatternNode Part, int Least, int Most, bool Lazy, bool Possessive) : PatternNode;

/// <summary>Looks ahead without taking.</summary>
internal sealed record PatternLook(PatternNode Part, bool Negative) : PatternNode;

/// <summary>A pattern that is damaged, or uses what is not supported.</summary>
internal sealed class PatternException(string message) : Exception(message);
