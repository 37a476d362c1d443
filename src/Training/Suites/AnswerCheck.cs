using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace Temper.Training.Suites;

/// <summary>Something that an answer passes or does not.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(RegexCheck), "regex")]
[JsonDerivedType(typeof(JsonSchemaCheck), "json_schema")]
[JsonDerivedType(typeof(ContainsCheck), "contains")]
[JsonDerivedType(typeof(RougeCheck), "rouge_l")]
public abstract record AnswerCheck
{
    /// <summary>Why the answer does not pass; null when it does.</summary>
    public abstract string? Why(string answer, IReadOnlyList<string> expected);

    /// <summary>What is wrong with the check itself; null for nothing.</summary>
    public virtual string? Invalid() => null;
}

/// <summary>The answer matches a regular expression somewhere; write <c>^…$</c> for the whole of it. Matching takes time in proportion to the answer.</summary>
/// <param name="Pattern">In .NET's spelling, without look-around and back-references.</param>
/// <param name="IgnoreCase">Whether a is A.</param>
public sealed record RegexCheck(string Pattern, bool IgnoreCase = false) : AnswerCheck
{
    private RegexOptions Options => RegexOptions.CultureInvariant | RegexOptions.NonBacktracking | (IgnoreCase ? RegexOptions.IgnoreCase : 0);

    /// <inheritdoc/>
    public override string? Why(string answer, IReadOnlyList<string> expected) => Regex.IsMatch(answer, Pattern, Options) ? null : $"does not match {Pattern}";

    /// <inheritdoc/>
    public override string? Invalid()
    {
        try
        {
            _ = new Regex(Pattern, Options);
            return null;
        }
        catch (Exception e) when (e is ArgumentException or NotSupportedException)
        {
            return $"the pattern '{Pattern}' cannot be used: {e.Message}";
        }
    }
}

/// <summary>The answer is one JSON value of a shape.</summary>
/// <param name="Schema">A JSON Schema; which words of it are understood says <see cref="JsonShape"/>.</param>
public sealed record JsonSchemaCheck(JsonElement Schema) : AnswerCheck
{
    /// <inheritdoc/>
    public override string? Why(string answer, IReadOnlyList<string> expected)
    {
        try
        {
            using var value = JsonDocument.Parse(answer);
            return JsonShape.Why(Schema, value.RootElement);
        }
        catch (JsonException e)
        {
            return $"is not JSON: {e.Message}";
        }
    }

    /// <inheritdoc/>
    public override string? Invalid() => JsonShape.Invalid(Schema);
}

/// <summary>The answer contains a text.</summary>
/// <param name="Text">As it must stand there.</param>
/// <param name="IgnoreCase">Whether a is A.</param>
/// <param name="Not">Whether it must not contain it.</param>
public sealed record ContainsCheck(string Text, bool IgnoreCase = false, bool Not = false) : AnswerCheck
{
    /// <inheritdoc/>
    public override string? Why(string answer, IReadOnlyList<string> expected) =>
        answer.Contains(Text, IgnoreCase ? StringComparison.OrdinalIgnoreCase : StringComparison.Ordinal) != Not ? null : $"{(Not ? "contains" : "does not contain")} '{Text}'";

    /// <inheritdoc/>
    public override string? Invalid() => Text.Length == 0 ? "text is empty" : null;
}

/// <summary>The answer shares enough of its words with a right one (<see cref="RougeL"/>).</summary>
/// <param name="AtLeast">Least F-measure, in (0, 1].</param>
public sealed record RougeCheck(double AtLeast) : AnswerCheck
{
    /// <inheritdoc/>
    public override string? Why(string answer, IReadOnlyList<string> expected) =>
        RougeL.Best(answer, expected) is var score && score >= AtLeast ? null : FormattableString.Invariant($"has ROUGE-L {score:F3}, at least {AtLeast} is asked");

    /// <inheritdoc/>
    public override string? Invalid() => AtLeast is > 0 and <= 1 ? null : FormattableString.Invariant($"at_least is {AtLeast}, expected in (0, 1]");
}
