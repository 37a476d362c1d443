using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using Temper.Cli.Verbs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Cli.Output;

/// <summary>The one place where errors become text and exit code.</summary>
internal static class Failure
{
    public const int Interrupted = 130;

    public static int Usage(ParseResult parsed)
    {
        if (parsed.CommandResult.Command is RootCommand root && parsed.Tokens.Count == 0)
        {
            root.Parse(["--help"]).Invoke(new InvocationConfiguration { Output = Console.Error });
            return 2;
        }

        var (messages, hint) = (UsageErrors.Of(parsed), $"see `temper {string.Concat(Path(parsed).Reverse())}--help`");
        if (GlobalOptions.JsonIsAsked(parsed))
            Document([.. messages.Select(message => new Problem("usage", message) { Hint = hint })]);
        foreach (var message in messages)
            Console.Error.WriteLine($"temper: {Style.Clean(message)}");
        Console.Error.WriteLine($"hint: {hint}");
        return 2;
    }

    public static int Report(Exception error, Terminal terminal)
    {
        if (error is OperationCanceledException)
        {
            terminal.Note(error is WatchStoppedException ? error.Message : "interrupted; the same command continues where it stopped");
            return Interrupted;
        }
        var known = Known(error);
        if (terminal.Json)
            Document(known.Problems);
        terminal.Errors(known.Problems);
        return ExitCode(known.Kind);
    }

    public static int ExitCode(ErrorKind kind) => kind switch
    {
        ErrorKind.NotFound => 1,
        ErrorKind.Invalid => 2,
        ErrorKind.Failed => 3,
        ErrorKind.Cancelled => 4,
        ErrorKind.Environment => 5,
        ErrorKind.Refused => 6,
        ErrorKind.Integrity => 7,
        _ => 3,
    };

    /// <summary>The one shape of errors under --json, on stdout.</summary>
    private static void Document(IReadOnlyList<Problem> problems) =>
        Console.Out.WriteLine(JsonSerializer.Serialize(new { error = new { code = problems[0].Code, errors = problems.Select(problem => problem with { Hint = problem.Remedy }) } }, Wire.Json));

    private static TemperException Known(Exception error) => error switch
    {
        TemperException known => known,
        AggregateException { InnerExceptions.Count: 1 } single => Known(single.InnerException!),
        UnauthorizedAccessException denied => new("permission_denied", denied.Message, "Check owner and mode, or choose another place with --home."),
        FileNotFoundException or DirectoryNotFoundException => new("not_found", error.Message),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } busy => new("port_in_use", busy.Message, "Choose another with --port."),
        IOException full when Diskless(full) => new("disk_full", full.Message, "Free space, or choose another place with --home."),
        IOException broken => new("storage_unavailable", broken.Message),
        _ => Internal(error),
    };

    /// <summary>ENOSPC on Unix, ERROR_DISK_FULL on Windows.</summary>
    private static bool Diskless(IOException error) => (error.HResult & 0xFFFF) is 28 or 112;

    private static TemperException Internal(Exception error)
    {
        var id = Ulid.New(TimeProvider.System);
        var file = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"temper-error-{id}.txt");
        File.WriteAllText(file, error.ToString());
        return new("internal", $"Internal error {id}: {error.GetType().Name}: {error.Message}", $"Please report it with {file}.");
    }

    private static IEnumerable<string> Path(ParseResult parsed)
    {
        for (var command = parsed.CommandResult; command is not null; command = command.Parent as System.CommandLine.Parsing.CommandResult)
            if (command.Command is not RootCommand)
                yield return command.Command.Name + " ";
    }
}
