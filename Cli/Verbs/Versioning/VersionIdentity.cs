using Temper.Core.Errors;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>Who acts: variables of our name, then those of git, then the settings of the repository and of the user.</summary>
internal static class VersionIdentity
{
    /// <exception cref="TemperException">Codes <c>identity_missing</c>, <c>date_invalid</c>.</exception>
    public static Signature Read(string role, VersionSession session, string? date)
    {
        var name = Find(role, "NAME", session, "user.name");
        var mail = Find(role, "EMAIL", session, "user.email");
        if (Clean(name) is not { Length: > 0 } known || mail is null)
            throw new VersionExit(VersionVerb.Fatal, "identity_missing", $"There is no {(string.IsNullOrWhiteSpace(name) ? "name" : "mail address")} to commit with.");
        return At(known, Clean(mail).Replace(" ", "", StringComparison.Ordinal), date ?? Variable(role, "DATE"), session);
    }

    /// <summary>As the committer, but a nameless one where nobody is named.</summary>
    public static Signature Anyone(VersionSession session) =>
        At(Clean(Find("COMMITTER", "NAME", session, "user.name") ?? Environment.UserName), Clean(Find("COMMITTER", "EMAIL", session, "user.email") ?? "").Replace(" ", "", StringComparison.Ordinal), Variable("COMMITTER", "DATE"), session);

    private static Signature At(string name, string mail, string? date, VersionSession session)
    {
        if (date is not null)
        {
            var (ms, offset) = GitDate.Parse(date, TimeZoneInfo.Local);
            return new(name, mail, ms, offset);
        }
        var now = TimeZoneInfo.ConvertTime(session.Repository.Clock.GetUtcNow(), TimeZoneInfo.Local);
        return new(name, mail, now.ToUnixTimeMilliseconds(), (int)now.Offset.TotalMinutes);
    }

    private static string? Find(string role, string what, VersionSession session, string setting) =>
        Variable(role, what) ?? session.Repository.Config.Get(setting) ?? UserConfig.Load()?.Get(setting) ?? (what == "EMAIL" && Environment.GetEnvironmentVariable("EMAIL") is { Length: > 0 } mail ? mail : null);

    private static string? Variable(string role, string what) =>
        Environment.GetEnvironmentVariable($"TEMPER_{role}_{what}") is { Length: > 0 } ours ? ours
        : Environment.GetEnvironmentVariable($"GIT_{role}_{what}") is { Length: > 0 } git ? git : null;

    // What a signature cannot hold is left out, as git does.
    private static string Clean(string? text) => new string([.. (text ?? "").Where(c => !char.IsControl(c) && c is not ('<' or '>'))]).Trim(' ', '.', ',', ':', ';', '"', '\'');
}
