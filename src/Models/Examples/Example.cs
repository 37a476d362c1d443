using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>One training example.</summary>
/// <param name="Tokens">Token ids.</param>
/// <param name="Supervised">Whether the token is a label; false for the first.</param>
public sealed record Example(int[] Tokens, bool[] Supervised)
{
    /// <summary>Number of labels.</summary>
    public int SupervisedCount => Supervised.Count(s => s);
}

/// <summary>An example, or why there is none.</summary>
/// <param name="Example">Null when the record was left out.</param>
/// <param name="Problem">What is wrong.</param>
/// <param name="Fatal">True when leaving the record out is not enough: the options or the template forbid to go on.</param>
public sealed record ExampleOutcome(Example? Example, Problem? Problem, bool Fatal = false);
