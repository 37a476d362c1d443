using System.CommandLine;
using Temper.Core.Errors;
using Temper.Versioning.Signing;

namespace Temper.Cli.Verbs.Versioning;

internal static class KeyVerb
{
    private static readonly Argument<string> KeyFile = new("file") { Description = "The key; its public half is FILE.pub", HelpName = "FILE" };
    private static readonly Argument<string> Name = new("name") { Description = "Whose key it is", HelpName = "NAME" };

    public static Command Build() => VersionVerb.Make("key", """
        Keys that sign commits and tags (ECDSA P-256, PEM files).
        With TEMPER_KEY_PASSWORD set, a new key is encrypted with it, and an encrypted one read.

        Examples:
          temper key new ~/.temper-key
          temper config user.signingKey ~/.temper-key
          temper key trust ada ada.pub
          temper commit -S -m "Signed"
        """,
        Plain("new", "Make a key. Never overwrites one.", New),
        Plain("show", "Show the public half of a key, and its id.", Show),
        VersionVerb.Make("trust", "Count signatures of a key in this repository.", Name, KeyFile).Does(TrustAsync),
        VersionVerb.Make("list", "List the keys that are trusted in this repository.").Does(ListAsync));

    /// <summary>The key that signs: the one that is named, else that of user.signingKey where signing is asked for; null where it is not.</summary>
    /// <exception cref="TemperException">Code <c>key_invalid</c>.</exception>
    public static SigningKey? LoadIf(VersionSession session, bool isAsked, string? named)
    {
        if (!isAsked && named is null)
            return null;
        var path = named ?? session.Repository.Config.Get("user.signingKey") ?? UserConfig.Load()?.Get("user.signingKey")
            ?? throw new VersionExit(VersionVerb.Fatal, "key_invalid", "No key is named to sign with.", "Make one with `temper key new FILE`, then: temper config user.signingKey FILE");
        return SigningKey.Load(Full(path, session.Folder), Password);
    }

    /// <summary>The keys that this repository, and then the user, trusts.</summary>
    public static TrustedKeys Trusted(VersionSession session) => TrustedKeys.From(session.Repository.Config.All.Concat(UserConfig.Load()?.All ?? []));

    /// <summary>A path as people write it, from a folder.</summary>
    public static string Full(string path, string folder) => Path.GetFullPath(
        path.StartsWith("~/", StringComparison.Ordinal) ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), path[2..]) : path, folder);

    private static string? Password => Environment.GetEnvironmentVariable("TEMPER_KEY_PASSWORD") is { Length: > 0 } given ? given : null;

    private static Command Plain(string name, string description, Action<ParseResult, string> run)
    {
        var command = VersionVerb.Make(name, description, KeyFile);
        command.SetAction((parsed, ct) => VersionVerb.GuardAsync(parsed, () =>
        {
            run(parsed, Full(parsed.GetValue(KeyFile)!, VersionVerb.Folder(parsed)));
            return Task.FromResult(0);
        }));
        return command;
    }

    private static void New(ParseResult parsed, string path)
    {
        if (File.Exists(path) || File.Exists(path + ".pub"))
            throw new VersionExit(VersionVerb.Fatal, "key_invalid", $"There is something at {path} or {path}.pub already; a key is never overwritten.");
        using var key = SigningKey.New();
        key.Save(path, Password);
        Tell(parsed, key.Public, path);
    }

    private static void Show(ParseResult parsed, string path)
    {
        if (!File.Exists(path))
            throw new VersionExit(VersionVerb.Fatal, "key_invalid", $"There is no key at {path}.");
        var text = File.ReadAllText(path);
        if (!text.Contains("PRIVATE KEY-----", StringComparison.Ordinal))
        {
            Tell(parsed, PublicKey.Parse(text), path);
            return;
        }
        using var key = SigningKey.Parse(text, Password);
        Tell(parsed, key.Public, path);
    }

    private static void Tell(ParseResult parsed, PublicKey key, string path)
    {
        var to = parsed.InvocationConfiguration.Output;
        if (GlobalOptions.Terminal(parsed).Json)
            to.Write(System.Text.Json.JsonSerializer.Serialize(new { id = key.Id, path, pem = key.Pem, trust = key.Base64 }, Core.Json.Wire.Json) + "\n");
        else
            to.Write($"key {key.Id}\n{key.Pem}");
    }

    private static async Task<int> TrustAsync(VersionSession session, CancellationToken ct)
    {
        using var held = await session.Repository.LockAsync(ct);
        var path = Full(session.Parsed.GetValue(KeyFile)!, session.Folder);
        if (!File.Exists(path))
            throw new VersionExit(VersionVerb.Fatal, "key_invalid", $"There is no key at {path}.");
        var key = PublicKey.Parse(await File.ReadAllTextAsync(path, ct));
        session.Repository.Config.Set($"trust.{session.Parsed.GetValue(Name)}.key", key.Base64);
        session.Repository.Config.Save();
        return 0;
    }

    private static Task<int> ListAsync(VersionSession session, CancellationToken ct)
    {
        var trusted = Trusted(session).All.ToList();
        if (session.Json)
            session.Document(trusted.Select(k => new { name = k.Name, id = k.Key.Id }));
        foreach (var (name, key) in session.Json ? [] : trusted)
            session.Out.WriteLine($"{key.Id} {Output.Style.Clean(name)}");
        return Task.FromResult(0);
    }
}
