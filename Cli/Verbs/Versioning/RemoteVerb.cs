using System.CommandLine;
using Temper.Versioning.Sync;

namespace Temper.Cli.Verbs.Versioning;

internal static class RemoteVerb
{
    private static readonly Option<bool> Verbose = new("--verbose", "-v") { Description = "With addresses" };
    private static readonly Argument<string> Name = new("name") { Description = "The remote", HelpName = "NAME" };
    private static readonly Argument<string> Next = new("new") { Description = "Its new name", HelpName = "NEW" };
    private static readonly Argument<string> Url = new("url") { Description = "http://HOST:PORT/NS/NAME or a folder", HelpName = "URL" };

    public static Command Build()
    {
        var remove = VersionVerb.Make("remove", "Forget a remote and what was fetched from it.", Name).Does(RemoveAsync);
        remove.Aliases.Add("rm");
        return VersionVerb.Make("remote", """
            List and change the remotes of a repository.

            Examples:
              temper remote -v
              temper remote add origin http://127.0.0.1:5080/team/model
              temper remote add backup /srv/models/backup
              temper remote rename backup old
            """, Verbose,
            VersionVerb.Make("add", "Add a remote.", Name, Url).Does(AddAsync),
            remove,
            VersionVerb.Make("rename", "Rename a remote.", Name, Next).Does(RenameAsync),
            VersionVerb.Make("set-url", "Give a remote another address.", Name, Url).Does(SetUrlAsync),
            VersionVerb.Make("get-url", "Show a remote's address.", Name).Does(GetUrlAsync)).Does(ListAsync);
    }

    private static Task<int> ListAsync(VersionSession session, CancellationToken ct)
    {
        var settings = new RemoteSettings(session.Repository);
        if (session.Json)
        {
            session.Document(settings.Names().Select(name => new { name, url = settings.Url(name) }));
            return Task.FromResult(0);
        }
        foreach (var name in settings.Names().Order(StringComparer.Ordinal))
        {
            if (!session.Parsed.GetValue(Verbose))
                session.Out.WriteLine(name);
            else
                foreach (var way in (string[])["fetch", "push"])
                    session.Out.WriteLine($"{name}\t{settings.Url(name)} ({way})");
        }
        return Task.FromResult(0);
    }

    private static async Task<int> AddAsync(VersionSession session, CancellationToken ct)
    {
        using var held = await session.Repository.LockAsync(ct);
        new RemoteSettings(session.Repository).Add(session.Parsed.GetValue(Name)!, session.Parsed.GetValue(Url)!);
        return 0;
    }

    private static async Task<int> RemoveAsync(VersionSession session, CancellationToken ct)
    {
        using var held = await session.Repository.LockAsync(ct);
        await new RemoteSettings(session.Repository).RemoveAsync(session.Parsed.GetValue(Name)!, session.Mover(), ct);
        return 0;
    }

    private static async Task<int> RenameAsync(VersionSession session, CancellationToken ct)
    {
        using var held = await session.Repository.LockAsync(ct);
        await new RemoteSettings(session.Repository).RenameAsync(session.Parsed.GetValue(Name)!, session.Parsed.GetValue(Next)!, session.Mover(), ct);
        return 0;
    }

    private static async Task<int> SetUrlAsync(VersionSession session, CancellationToken ct)
    {
        using var held = await session.Repository.LockAsync(ct);
        new RemoteSettings(session.Repository).SetUrl(session.Parsed.GetValue(Name)!, session.Parsed.GetValue(Url)!);
        return 0;
    }

    private static Task<int> GetUrlAsync(VersionSession session, CancellationToken ct)
    {
        var name = session.Parsed.GetValue(Name)!;
        session.Out.WriteLine(new RemoteSettings(session.Repository).Url(name) ?? throw new VersionExit(VersionVerb.Fatal, "remote_unknown", $"There is no remote '{name}'."));
        return Task.FromResult(0);
    }
}
