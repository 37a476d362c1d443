namespace Temper.Core.Errors;

/// <summary>
/// An error that its reader can act on: a code of the catalogue, a sentence, a hint, and every other problem found with it.
/// Hosts map it to text, exit code and HTTP status in one place each.
/// </summary>
public sealed class TemperException : Exception
{
    /// <summary>All that is wrong, at least one entry.</summary>
    public IReadOnlyList<Problem> Problems { get; }

    /// <summary>The first problem's code.</summary>
    public string Code => Problems[0].Code;

    /// <summary>What it means to the caller, by the first problem's code.</summary>
    public ErrorKind Kind => (ErrorCatalogue.Find(Code) ?? ErrorCatalogue.Find("internal")!).Kind;

    /// <summary>One problem.</summary>
    public TemperException(string code, string message, string? hint = null, Exception? inner = null)
        : this([new Problem(code, message) { Hint = hint }], inner) { }

    /// <summary>Several problems found together.</summary>
    /// <exception cref="ArgumentException">The list is empty, or a code is not in the catalogue.</exception>
    public TemperException(IReadOnlyList<Problem> problems, Exception? inner = null)
        : base(Text(problems), inner)
    {
        if (problems.FirstOrDefault(p => ErrorCatalogue.Find(p.Code) is null) is { } unknown)
            throw new ArgumentException($"'{unknown.Code}' is not in the error catalogue.", nameof(problems), this);
        Problems = problems;
    }

    private static string Text(IReadOnlyList<Problem> problems) => problems.Count == 0
        ? throw new ArgumentException("An error needs at least one problem.", nameof(problems))
        : string.Join(System.Environment.NewLine, problems.Select(p => p.Message));
}
