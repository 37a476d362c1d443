using System.Text.Json.Serialization;

namespace Temper.Core.Errors;

/// <summary>One error as it is stored, sent and shown. Absent facts are null.</summary>
/// <param name="Code">A code of the catalogue.</param>
/// <param name="Message">What was attempted, expected and found, in one sentence.</param>
public sealed record Problem(string Code, string Message)
{
    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }

    /// <summary><see cref="Hint"/>, or where there is none what the catalogue says of the code.</summary>
    [JsonIgnore]
    public string? Remedy => Hint ?? ErrorCatalogue.Find(Code)?.Remedy;

    /// <summary>File that holds the cause, as the user named it.</summary>
    public string? File { get; init; }

    /// <summary>Line in <see cref="File"/>, 1 and up.</summary>
    public long? Line { get; init; }

    /// <summary>Path to the setting or JSON pointer to the value.</summary>
    public string? Path { get; init; }

    /// <summary>The offending value, as text.</summary>
    public string? Value { get; init; }

    /// <summary>The same problems; the last one of each code that has no hint of its own gets the catalogue's, so that a reader sees it once.</summary>
    public static IReadOnlyList<Problem> Advised(IReadOnlyList<Problem> problems)
    {
        ArgumentNullException.ThrowIfNull(problems);
        var advised = problems.ToArray();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = advised.Length - 1; i >= 0; i--)
            if (advised[i].Hint is null && seen.Add(advised[i].Code))
                advised[i] = advised[i] with { Hint = advised[i].Remedy };
        return advised;
    }
}
