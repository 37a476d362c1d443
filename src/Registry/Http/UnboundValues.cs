using System.Text.RegularExpressions;
using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;

namespace Temper.Registry.Http;

/// <summary>A value of an address that is not what its route takes, in words of the API instead of the framework's.</summary>
internal static partial class UnboundValues
{
    /// <summary>Code <c>request_invalid</c>, with the value's name where the framework tells it.</summary>
    public static TemperException Translate(BadHttpRequestException error)
    {
        if (Unreadable().Match(error.Message) is { Success: true } wrong)
        {
            var (type, name, value) = (wrong.Groups["type"].Value, wrong.Groups["name"].Value, wrong.Groups["value"].Value);
            return Of(name, $"'{name}' takes {Words(type)}, not '{(value.Length > 60 ? value[..60] + "…" : value)}'.", $"Write {name}={Example(type)}, or leave it out where it may be.", error);
        }
        return Missing().Match(error.Message) is { Success: true } missing
            ? Of(missing.Groups["name"].Value, $"The address lacks '{missing.Groups["name"].Value}'.", $"Add ?{missing.Groups["name"].Value}=…; /openapi/v1.json lists all routes.", error)
            : new("request_invalid", "The request cannot be read.", "/openapi/v1.json lists all routes and what they take.", error);
    }

    private static TemperException Of(string name, string message, string hint, Exception inner) => new([new Problem("request_invalid", message) { Path = name, Hint = hint }], inner);

    /// <summary>The framework names types now as C# does and now as .NET does.</summary>
    private static string Words(string type) => IsBoolean(type) ? "true or false" : type.Contains("int", StringComparison.OrdinalIgnoreCase) || type.Contains("long", StringComparison.Ordinal) ? "a whole number" : "another value";

    private static string Example(string type) => IsBoolean(type) ? "true" : "100";

    private static bool IsBoolean(string type) => type.Contains("bool", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("^Failed to bind parameter \"(?<type>\\S+) (?<name>\\w+)\" from \"(?<value>.*)\"", RegexOptions.Singleline | RegexOptions.CultureInvariant)]
    private static partial Regex Unreadable();

    [GeneratedRegex("^Required parameter \"\\S+ (?<name>\\w+)\" was not provided", RegexOptions.CultureInvariant)]
    private static partial Regex Missing();
}
