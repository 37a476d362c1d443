using System.Globalization;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.History;

/// <summary>Where a reference was: <c>REF@{N}</c>, <c>REF@{DATE}</c>, <c>@{-N}</c>, and where its branch comes from, <c>REF@{upstream}</c>.</summary>
internal sealed class ReflogRevision(Repository repository, string text)
{
    private const string Checkout = "checkout: moving from ";

    public async Task<Digest> FindAsync(string name, string what, CancellationToken ct)
    {
        if (what is "u" or "upstream" or "push" || what.Equals("upstream", StringComparison.OrdinalIgnoreCase))
            return await UpstreamAsync(name, ct);
        if (what.StartsWith('-') && name.Length == 0 && Number(what.AsSpan(1)) is > 0 and var back)
            return await Revisions.ResolveAsync(repository, await EarlierAsync(back, ct), ct);
        var reference = name.Length == 0
            ? (await repository.Refs.HeadAsync(ct)).Branch ?? "HEAD"
            : await Revisions.FullNameAsync(repository, name, ct) ?? throw RevisionText.Unknown(text);
        if (Number(what) is { } steps)
            return await BeforeAsync(reference, steps, ct);
        if (DateTimeOffset.TryParse(what, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var date))
            return await AtAsync(reference, date.ToUnixTimeMilliseconds(), ct);
        throw RevisionText.Unknown(text);
    }

    /// <summary>The branch or commit that was checked out so many checkouts ago, as it was written then.</summary>
    public async Task<string> EarlierAsync(int back, CancellationToken ct)
    {
        foreach (var move in await repository.Refs.ReflogAsync("HEAD", int.MaxValue, ct))
            if (move.Reason.StartsWith(Checkout, StringComparison.Ordinal) && --back == 0)
                return move.Reason[Checkout.Length..move.Reason.LastIndexOf(" to ", StringComparison.Ordinal)];
        throw new TemperException("reflog_too_short", $"'{text}' asks for more checkouts than there were.");
    }

    private async Task<Digest> BeforeAsync(string reference, int steps, CancellationToken ct)
    {
        if (steps == 0)
            return await repository.Refs.FindAsync(reference, ct) ?? throw RevisionText.Unknown(text);
        var moves = await repository.Refs.ReflogAsync(reference, steps + 1, ct);
        var found = steps < moves.Count ? moves[steps].New : steps == moves.Count ? moves[^1].Old : null;
        return found ?? throw new TemperException("reflog_too_short", $"The log of '{RefName.Short(reference)}' has only {moves.Count} entries.");
    }

    private async Task<Digest> AtAsync(string reference, long atMs, CancellationToken ct)
    {
        var moves = await repository.Refs.ReflogAsync(reference, int.MaxValue, ct);
        var found = moves.FirstOrDefault(m => m.Who.AtMs <= atMs)?.New ?? (moves.Count > 0 ? moves[^1].New : null);
        return found ?? throw new TemperException("reflog_too_short", $"The log of '{RefName.Short(reference)}' is empty.");
    }

    private async Task<Digest> UpstreamAsync(string name, CancellationToken ct)
    {
        var branch = name is "" or "@" or "HEAD" ? (await repository.Refs.HeadAsync(ct)).ShortBranch : RefName.Short(await Revisions.FullNameAsync(repository, name, ct) ?? name);
        var (remote, merge) = (repository.Config.Get($"branch.{branch}.remote"), repository.Config.Get($"branch.{branch}.merge"));
        if (branch is null || remote is null || merge is null)
            throw new TemperException("revision_unknown", $"No upstream is set for '{branch ?? "HEAD"}'.");
        var tracked = remote == "." ? merge : $"{RefName.Remotes}{remote}/{RefName.Short(merge)}";
        return await repository.Refs.FindAsync(tracked, ct) ?? throw new TemperException("revision_unknown", $"The upstream '{tracked}' of '{branch}' is not known here; fetch first.");
    }

    private static int? Number(ReadOnlySpan<char> digits) => int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
}
