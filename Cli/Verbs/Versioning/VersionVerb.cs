using System.CommandLine;
using Temper.Core.Errors;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>What the verbs of versioning share: the folder they work in, the exit codes of git, and output that ends in a line feed everywhere.</summary>
internal static class VersionVerb
{
    public const int Negative = 1, Fatal = 128;

    private const string At = "--at", Silent = "-q";

    /// <summary>A verb with the options that all have.</summary>
    public static Command Make(string name, string description, params Symbol[] symbols)
    {
        // `switch -C` makes a branch, as in git.
        var at = new Option<string?>(At, symbols.Any(s => s is Option option && option.Aliases.Contains("-C")) ? [] : ["-C"]) { Description = "Work as if started in DIR", HelpName = "DIR" };
        var command = new Command(name, description) { at, new Option<bool>(Silent) { Description = "No progress and no summary" } };
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else if (symbol is Option option)
                command.Options.Add(option);
            else
                command.Subcommands.Add((Command)symbol);
        }
        return command;
    }

    /// <summary>Runs a verb in the repository of its folder.</summary>
    public static Command Does(this Command command, Func<VersionSession, CancellationToken, Task<int>> run)
    {
        command.SetAction((parsed, ct) => GuardAsync(parsed, async () =>
        {
            await using var session = await VersionSession.OpenAsync(parsed, Folder(parsed), parsed.GetValue<bool>(Silent), ct);
            return await session.RunAsync(run, ct);
        }));
        return command;
    }

    /// <summary>The folder that a verb was started in.</summary>
    public static string Folder(ParseResult parsed) => Path.GetFullPath(parsed.GetValue<string?>(At) ?? Environment.CurrentDirectory);

    /// <summary>Turns errors into text and exit code.</summary>
    public static async Task<int> GuardAsync(ParseResult parsed, Func<Task<int>> run)
    {
        try
        {
            return await run();
        }
        catch (VersionExit exit)
        {
            return Report(parsed, exit.Cause, exit.Code);
        }
        catch (TemperException error)
        {
            return Report(parsed, error, error.Kind switch { ErrorKind.Environment => 5, ErrorKind.Integrity => 7, _ => Fatal });
        }
    }

    private static int Report(ParseResult parsed, TemperException? error, int code)
    {
        if (error is null)
            return code;
        var to = parsed.InvocationConfiguration.Error;
        if (GlobalOptions.Terminal(parsed).Json)
            parsed.InvocationConfiguration.Output.Write(System.Text.Json.JsonSerializer.Serialize(new { error = new { code = error.Code, errors = error.Problems } }, Core.Json.Wire.Json) + "\n");
        foreach (var problem in error.Problems)
        {
            to.WriteLine($"error {problem.Code}: {Output.Style.Clean(problem.Message)}");
            if (problem.Hint is { } hint)
                to.WriteLine($"  hint: {Output.Style.Clean(hint)}");
        }
        return code;
    }
}

/// <summary>Ends a verb with an exit code of git's, and what is to be said.</summary>
internal sealed class VersionExit(int code, TemperException? cause) : Exception(cause?.Message)
{
    public VersionExit(int code, string error, string message, string? hint = null) : this(code, new TemperException(error, message, hint)) { }

    public int Code => code;

    public TemperException? Cause => cause;
}
