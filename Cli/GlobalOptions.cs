using System.CommandLine;
using Temper.Cli.Hosting;
using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Registry;

namespace Temper.Cli;

/// <summary>Options that every verb takes, and what follows from them.</summary>
internal static class GlobalOptions
{
    private static readonly Option<string?> HomePath = new("--home") { Description = "Folder that holds all state [default: TEMPER_HOME, or the platform's data folder]", Recursive = true, HelpName = "DIR" };
    private static readonly Option<string?> ServerUrl = new("--server") { Description = "Server to talk to [default: TEMPER_SERVER, or the one that runs on this home]", Recursive = true, HelpName = "URL" };
    private static readonly Option<bool> AsJson = new("--json") { Description = "JSON on stdout (one document, or JSON lines for streams); progress goes to stderr", Recursive = true };
    private static readonly Option<bool> Quiet = new("--quiet") { Description = "No progress", Recursive = true };

    public static IEnumerable<Option> All => [HomePath, ServerUrl, AsJson, Quiet];

    public static Terminal Terminal(ParseResult parsed) => new(parsed.GetValue(AsJson), parsed.GetValue(Quiet));

    /// <summary>Whether --json was given, also where the rest of the command line cannot be understood.</summary>
    public static bool JsonIsAsked(ParseResult parsed) => parsed.GetResult(AsJson) is { Implicit: false } given && !given.Errors.Any() && parsed.GetValue(AsJson);

    public static HomeFolder Home(ParseResult parsed) => HomeFolder.At(parsed.GetValue(HomePath) ?? Environment.GetEnvironmentVariable("TEMPER_HOME"));

    public static bool HomeIsGiven(ParseResult parsed) => (parsed.GetValue(HomePath) ?? Environment.GetEnvironmentVariable("TEMPER_HOME")) is not null;

    public static bool ServerIsGiven(ParseResult parsed) => (parsed.GetValue(ServerUrl) ?? Environment.GetEnvironmentVariable("TEMPER_SERVER")) is not null;

    /// <summary>A client for people: it gives up soon.</summary>
    /// <exception cref="TemperException">Code <c>server_unreachable</c>.</exception>
    public static RegistryClient Connect(ParseResult parsed) => Connect(parsed, TimeSpan.FromSeconds(3));

    /// <summary>A client for those who watch: the server must answer now, and may be away for two minutes later.</summary>
    /// <exception cref="TemperException">Code <c>server_unreachable</c>.</exception>
    public static async Task<RegistryClient> ConnectPatientlyAsync(ParseResult parsed, CancellationToken ct)
    {
        using (var soon = Connect(parsed))
            await soon.ServerAsync(ct);
        return Connect(parsed, TimeSpan.FromMinutes(2));
    }

    private static RegistryClient Connect(ParseResult parsed, TimeSpan patience)
    {
        var home = Home(parsed);
        var text = parsed.GetValue(ServerUrl) ?? Environment.GetEnvironmentVariable("TEMPER_SERVER") ?? home.RunningServer()?.Url
            ?? throw new TemperException("server_unreachable", $"No server runs on {home.Path}.", "Start one with `temper up`, or name one with --server URL.");
        if (!Uri.TryCreate(text, UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https"))
            throw new TemperException("usage", $"'{text}' is not the address of a server.", "Write it as http://HOST:PORT.");
        return new(address, ApiKey, patience, TimeProvider.System);
    }

    public static string? ApiKey => Environment.GetEnvironmentVariable("TEMPER_API_KEY") is { Length: > 0 } key ? key : null;
}
