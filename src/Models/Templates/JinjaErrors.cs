using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Errors of templates, with the line of the template.</summary>
internal static class JinjaErrors
{
    public static TemperException Invalid(int line, string what) => Make("template_invalid", "Parsing", line, what);

    public static TemperException Unsupported(int line, string what) => Make("template_unsupported", "Parsing", line, what);

    public static TemperException Failed(int line, string what) => Make("template_failed", "Rendering", line, what);

    public static TemperException Limit(int line, string what) => Make("template_limit", "Rendering", line, what);

    public static TemperException Refused(int line, string message) => new([new Problem("template_refused", $"The chat template refuses this chat: {message}") { Line = line }]);

    /// <summary>Line 0 stands for an error inside a value, which knows no line.</summary>
    private static TemperException Make(string code, string doing, int line, string what) =>
        new([new Problem(code, $"{doing} the chat template{(line > 0 ? $", line {line}" : "")}: {what}.") { Line = line > 0 ? line : null }]);
}
