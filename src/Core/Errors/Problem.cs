namespace Temper.Core.Errors;

/// <summary>One error as it is stored, sent and shown. Absent facts are null.</summary>
/// <param name="Code">A code of the catalogue.</param>
/// <param name="Message">What was attempted, expected and found, in one sentence.</param>
public sealed record Problem(string Code, string Message)
{
    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }

    /// <summary>File that holds the cause, as the user named it.</summary>
    public string? File { get; init; }

    /// <summary>Line in <see cref="File"/>, 1 and up.</summary>
    public long? Line { get; init; }

    /// <summary>Path to the setting or JSON pointer to the value.</summary>
    public string? Path { get; init; }

    /// <summary>The offending value, as text.</summary>
    public string? Value { get; init; }
}
