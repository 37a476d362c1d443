using System.CommandLine;
using Temper.Core.Errors;
using Temper.Versioning.Objects;
using Temper.Versioning.Sync;

namespace Temper.Cli.Verbs.Versioning;

internal static class CloneVerb
{
    private static readonly Argument<string> Address = new("url") { Description = "http://HOST:PORT/NS/NAME or a folder", HelpName = "URL" };
    private static readonly Argument<string?> Place = new("folder") { Description = "Where to [default: the repository's name]", Arity = ArgumentArity.ZeroOrOne, HelpName = "DIR" };
    private static readonly Option<bool> Bare = new("--bare") { Description = "Without a work tree" };
    private static readonly Option<bool> NoCheckout = new("--no-checkout", "-n") { Description = "Write no files" };
    private static readonly Option<int?> Depth = new("--depth") { Description = "Only so many commits from each branch", HelpName = "N" };
    private static readonly Option<string?> Filter = new("--filter") { Description = "size:N leaves files with more bytes (1k, 1m, 1g) with the remote until they are needed", HelpName = "size:N" };
    private static readonly Option<string[]> Sparse = new("--sparse") { Description = "Check out this folder only; may be repeated", HelpName = "PATH" };
    private static readonly Option<string?> Branch = new("--branch", "-b") { Description = "Branch or tag to check out", HelpName = "NAME" };
    private static readonly Option<string[]> Settings = new("--config", "-c") { Description = "A setting of the new repository, before anything is fetched; may be repeated", HelpName = "NAME=VALUE" };
    private static readonly Option<string> Origin = new("--origin", "-o") { Description = "Name of the remote", HelpName = "NAME", DefaultValueFactory = _ => "origin" };

    public static Command Build()
    {
        var command = VersionVerb.Make("clone", """
            Make a repository out of another one.
            A clone that was cut off goes on when it is run again.

            Examples:
              temper clone http://127.0.0.1:5080/team/model
              temper clone --depth 1 --filter size:1m http://127.0.0.1:5080/team/model small
              temper clone --sparse adapters /srv/models/support-bot
            """, Address, Place, Bare, NoCheckout, Depth, Filter, Sparse, Branch, Settings, Origin);
        command.SetAction((parsed, ct) => VersionVerb.GuardAsync(parsed, () => RunAsync(parsed, ct)));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, CancellationToken ct)
    {
        var terminal = GlobalOptions.Terminal(parsed);
        var from = VersionVerb.Folder(parsed);
        var given = parsed.GetValue(Address)!;
        var address = given.Contains("://", StringComparison.Ordinal) ? given : Path.GetFullPath(given, from);
        var folder = Path.GetFullPath(parsed.GetValue(Place) ?? NameOf(given, parsed.GetValue(Bare)), from);
        var who = new Signature(Environment.UserName, "", TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds());
        using var work = new RemoteWork("clone", terminal.Quiet || terminal.Json, who);
        if (parsed.GetValue(Depth) is < 1)
            throw new TemperException("request_invalid", $"The depth {parsed.GetValue(Depth)} is not 1 or more.");
        if (parsed.GetValue(Filter) is { } filter)
            _ = SizeFilter.Parse(filter);
        await using var repository = await new Cloner(work.Remotes, work.Meter).RunAsync(address, folder, new()
        {
            Bare = parsed.GetValue(Bare),
            NoCheckout = parsed.GetValue(NoCheckout),
            Depth = parsed.GetValue(Depth),
            Filter = parsed.GetValue(Filter),
            Sparse = parsed.GetValue(Sparse) ?? [],
            Branch = parsed.GetValue(Branch),
            Settings = [.. (parsed.GetValue(Settings) ?? []).Select(Setting)],
            Origin = parsed.GetValue(Origin)!,
        }, ct);
        var head = await repository.Refs.HeadAsync(ct);
        if (terminal.Json)
            parsed.InvocationConfiguration.Output.WriteLine(System.Text.Json.JsonSerializer.Serialize(new { path = repository.Home, branch = head.ShortBranch, commit = head.Commit }, Core.Json.Wire.Json));
        else if (!terminal.Quiet)
            parsed.InvocationConfiguration.Error.WriteLine(head.Commit is null ? $"Cloned into {folder}; the repository is empty." : $"Cloned into {folder}");
        return 0;
    }

    private static KeyValuePair<string, string> Setting(string text)
    {
        var cut = text.IndexOf('=', StringComparison.Ordinal);
        return KeyValuePair.Create(cut < 0 ? text : text[..cut], cut < 0 ? "true" : text[(cut + 1)..]);
    }

    private static string NameOf(string address, bool bare)
    {
        var name = address.TrimEnd('/').Split('/')[^1];
        return name.Length == 0 || name is "." or ".." ? throw new TemperException("usage", $"'{address}' does not end in a name; say where to clone to.") : bare ? name + ".temper" : name;
    }
}
