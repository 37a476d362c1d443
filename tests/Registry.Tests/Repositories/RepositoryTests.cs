using System.Net;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Testing;
using Temper.Versioning.Objects;

namespace Temper.Registry.Tests.Repositories;

/// <summary>Repositories over HTTP, with their catalogue in either database.</summary>
public sealed class RepositoryTests
{
    private const string Main = "refs/heads/main";
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task What_was_pushed_is_listed_and_every_object_of_it_comes_back(string database)
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(await RegistryHost.OptionsAsync(database, folder));
        await using var sender = await new Sender(host).StartAsync();
        var first = await sender.CommitAsync([], ("a.txt", Bytes("hello\n")), ("deep/model.bin", Noise(1_300_000, 1)));
        var second = await sender.CommitAsync([first], ("a.txt", Bytes("hello again\n")), ("deep/model.bin", Noise(1_300_000, 1)));
        await sender.PushAsync(Main, null, first);
        await sender.PushAsync(Main, first, second);
        var listed = Assert.Single(await sender.Client.RefsAsync(sender.Name, "refs/heads/", Ct));
        Assert.Equal((Main, second, 2L), (listed.Name, listed.Target, listed.Version));
        Assert.Empty(await sender.Client.RefsAsync(sender.Name, "refs/tags/", Ct));

        var lines = await sender.Client.NegotiateAsync(sender.Name, new([second], [first]), Ct).ToListAsync();
        Assert.Equal(["tree", "commit", "end"], lines.Select(l => l.Kind));
        Assert.Equal((second, 2L), (lines[1].Id!.Value, lines[2].Count!.Value));
        lines = await sender.Client.NegotiateAsync(sender.Name, new([second], []), Ct).ToListAsync();
        Assert.Equal(2, lines.Count(l => l.Kind == "commit"));
        Assert.Single(lines, l => l.Kind == "recipe");
        Assert.Equal(lines.Skip(3).Select(l => l.Id), (await sender.Client.NegotiateAsync(sender.Name, new([second], [], Skip: 3), Ct).ToListAsync()).Select(l => l.Id));

        var chunks = RecipeCodec.Decode(lines.Single(l => l.Kind == "recipe").Body).Chunks.Select(c => c.Id).ToList();
        var unknown = Digest.OfText("nobody has this");
        var missing = await sender.Client.MissingAsync(sender.Name, new([unknown, .. chunks]), Ct);
        Assert.Equal([unknown], missing.Missing);
        foreach (var place in (await sender.Client.LocateAsync(sender.Name, new([unknown, .. chunks]), Ct)).Items)
        {
            await using var stream = await sender.Client.OpenPackAsync(sender.Name, place.Pack, place.Offset, place.Length, Ct);
            var entry = new byte[place.Length];
            await stream.ReadExactlyAsync(entry);
            Assert.Equal(place.Id, Digest.Of(entry.AsSpan(12)));
        }
    }

    [Fact]
    public async Task A_shallow_question_is_answered_with_the_last_commits_and_big_files_are_left_when_asked()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        Digest? last = null;
        for (var n = 0; n < 4; n++)
            last = await sender.CommitAsync(last is { } parent ? [parent] : [], ("n.txt", Bytes($"{n}")), ("big.bin", Noise(600_000, n)));
        await sender.PushAsync(Main, null, last!.Value);
        var lines = await sender.Client.NegotiateAsync(sender.Name, new([last.Value], [], Depth: 2), Ct).ToListAsync();
        Assert.Equal([true, false], lines.Where(l => l.Kind == "commit").Select(l => l.Cut));
        Assert.Equal(2, lines.Count(l => l.Kind == "recipe"));
        lines = await sender.Client.NegotiateAsync(sender.Name, new([last.Value], [], Filter: "size:512k"), Ct).ToListAsync();
        Assert.Equal((4, 0), (lines.Count(l => l.Kind == "commit"), lines.Count(l => l.Kind == "recipe")));
        await Say.RefusedAsync("request_invalid", async () => await sender.Client.NegotiateAsync(sender.Name, new([last.Value], [], Filter: "blob:none"), Ct).ToListAsync());
    }

    [Fact]
    public async Task A_reference_moves_only_from_where_the_caller_saw_it_and_only_forward()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var first = await sender.CommitAsync([], ("a", Bytes("1")));
        var left = await sender.CommitAsync([first], ("a", Bytes("2")));
        var right = await sender.CommitAsync([first], ("a", Bytes("3")));
        await sender.PushAsync(Main, null, first);
        await sender.PushAsync(Main, first, left);
        var stale = await Say.RefusedAsync("stale_ref", () => sender.PushAsync(Main, first, right));
        Assert.Equal((Main, left.Hex), (stale.Problems[0].Path, stale.Problems[0].Value));
        var back = await Say.RefusedAsync("non_fast_forward", () => sender.PushAsync(Main, left, right));
        Assert.Equal(left.Hex, back.Problems[0].Value);
        using var answer = await host.Client.Http.PostAsync($"api/v1/repos/{sender.Name}/refs:update",
            new StringContent($$"""{"updates":[{"name":"{{Main}}","old":"{{first}}","new":"{{right}}"}]}""", Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.Conflict, answer.StatusCode);
        Assert.Equal("urn:temper:stale-ref", ProblemDocument.TryRead(await answer.Content.ReadAsStringAsync())!.Type);
        await sender.PushAsync(Main, left, right, force: true);
        Assert.Equal(right, Assert.Single(await sender.Client.RefsAsync(sender.Name, "", Ct)).Target);
        await sender.Client.UpdateRefsAsync(sender.Name, new([new(Main, right, null)]), Ct);
        Assert.Empty(await sender.Client.RefsAsync(sender.Name, "", Ct));
        await Say.RefusedAsync("ref_invalid", () => sender.PushAsync("refs/heads/a..b", null, first));
    }

    [Fact]
    public async Task Several_references_move_together_or_each_for_itself()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var first = await sender.CommitAsync([], ("a", Bytes("1")));
        var next = await sender.CommitAsync([first], ("a", Bytes("2")));
        await sender.PushAsync(Main, null, next);
        RefMove[] moves = [new("refs/heads/new", null, first), new(Main, first, next)];
        await Say.RefusedAsync("stale_ref", () => sender.Client.UpdateRefsAsync(sender.Name, new(moves, Atomic: true), Ct));
        Assert.Single(await sender.Client.RefsAsync(sender.Name, "", Ct));
        var outcomes = (await sender.Client.UpdateRefsAsync(sender.Name, new(moves), Ct)).Results;
        Assert.Equal([(Main, "stale-ref"), ("refs/heads/new", "ok")], outcomes.Select(o => (o.Name, o.Status)));
        Assert.Equal(next, outcomes[0].Current);
        Assert.Equal(2, (await sender.Client.RefsAsync(sender.Name, "", Ct)).Count);
    }

    [Fact]
    public async Task A_reference_does_not_move_to_what_is_not_all_there()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var commit = await sender.CommitAsync([], ("a", Bytes("1")), ("b/c", Bytes("2")));
        await Say.RefusedAsync("missing_objects", () => sender.Client.UpdateRefsAsync(sender.Name, new([new(Main, null, commit)]), Ct));
        await sender.SendAsync(await sender.PackAsync(commit, [], (kind, id) => id != Digest.OfText("2")));
        var error = await Say.RefusedAsync("missing_objects", () => sender.Client.UpdateRefsAsync(sender.Name, new([new(Main, null, commit)]), Ct));
        Assert.Contains(Digest.OfText("2").Hex, error.Problems[0].Message, StringComparison.Ordinal);
        Assert.Empty(await sender.Client.RefsAsync(sender.Name, "", Ct));
        await sender.PushAsync(Main, null, commit);
    }

    [Fact]
    public async Task Repositories_are_made_once_listed_and_forgotten()
    {
        await using var host = await RegistryHost.StartAsync();
        var repos = host.Client.Repositories;
        foreach (var name in new[] { "b", "a" })
            await repos.CreateAsync(new(ResourceName.Parse("team"), ResourceName.Parse(name), RepositoryKind.Model, "trunk"), Ct);
        await Say.RefusedAsync("repository_exists", () => repos.CreateAsync(new(ResourceName.Parse("team"), ResourceName.Parse("a")), Ct));
        Assert.Equal(["a", "b"], (await repos.ListAsync(null, Ct)).Items.Select(r => r.Name.ToString()));
        Assert.Equal(["b"], (await repos.ListAsync("team/a", Ct)).Items.Select(r => r.Name.ToString()));
        var found = await repos.FindAsync(new(ResourceName.Parse("team"), ResourceName.Parse("a")), Ct);
        Assert.Equal((RepositoryKind.Model, "trunk"), (found!.Kind, found.DefaultBranch));
        await repos.DeleteAsync(new(found.Ns, found.Name), Ct);
        Assert.Null(await repos.FindAsync(new(found.Ns, found.Name), Ct));
        await Say.RefusedAsync("not_found", () => repos.RefsAsync(new(found.Ns, found.Name), "", Ct));
    }

    internal static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    /// <summary>Bytes that do not shrink, the same for the same seed.</summary>
    internal static byte[] Noise(int count, int seed)
    {
        var bytes = new byte[count];
        var words = System.Runtime.InteropServices.MemoryMarshal.Cast<byte, ulong>(bytes.AsSpan());
        var state = (ulong)seed * 0x9E3779B97F4A7C15;
        for (var n = 0; n < words.Length; n++)
        {
            var word = state += 0x9E3779B97F4A7C15;
            word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9;
            words[n] = word ^ word >> 27;
        }
        return bytes;
    }
}
