using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>What is found wrong with a configuration: everything, so that one run shows it all.</summary>
/// <param name="file">Name of the file, for messages.</param>
/// <param name="problems">Gets what is wrong.</param>
internal sealed class ConfigLog(string file, List<Problem> problems)
{
    /// <summary>Name of the file.</summary>
    public string File => file;

    /// <summary>What is wrong.</summary>
    public List<Problem> Problems => problems;

    /// <summary>What is accepted, and should be known.</summary>
    public List<Problem> Warnings { get; } = [];

    /// <summary>Whether the file was written for SimpleTuner, which takes text for numbers and passes over keys that it does not know.</summary>
    public bool Importing { get; init; }

    /// <summary>Paths of the keys that readers have asked for, so that a test can hold the table against them.</summary>
    public HashSet<string> Asked { get; } = new(StringComparer.Ordinal);

    /// <summary>Adds a problem about a value.</summary>
    public void Add(string code, ConfigNode at, string message, string? hint = null) => problems.Add(About(code, at, message, hint));

    /// <summary>Adds a warning about a value.</summary>
    public void Warn(string code, ConfigNode at, string message, string? hint = null) => Warnings.Add(About(code, at, message, hint));

    private Problem About(string code, ConfigNode at, string message, string? hint) => new(code, $"{file} line {at.Line}: {message}") { File = file, Line = at.Line, Path = at.Pointer, Hint = hint };
}
