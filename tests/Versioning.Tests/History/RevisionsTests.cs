using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.History;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Tests;

/// <summary>Revisions as people write them, resolved by us and by git in repositories of the same history.</summary>
public sealed class RevisionsTests : IAsyncLifetime, IDisposable
{
    private static readonly CancellationToken Ct = CancellationToken.None;
    private static readonly Signature Who = new("A", "a@x", 1_700_000_000_000);
    private readonly TempFolder _folder = new();
    private readonly GitPeer _git = new();
    private Repository _repository = null!;
    private Digest[] _ours = [];
    private string[] _gits = [];

    public async Task InitializeAsync()
    {
        var history = RandomHistory.Make(3, 30);
        _gits = _git.Import(history);
        _repository = await Repository.InitAsync(_folder.Path, new(), TimeProvider.System, Ct);
        Digest tag;
        await using (var batch = _repository.Objects.BeginBatch())
        {
            _ours = await TestStore.AddHistoryAsync(batch, history);
            tag = batch.AddTag(new(_ours[20], ObjectKind.Commit, "annotated", Who, "of 20\n"));
            await batch.StoreAsync(Ct);
        }
        var updates = new List<RefUpdate> { new("refs/tags/annotated", null, tag), new("refs/tags/both", null, _ours[5]), new("refs/heads/both", null, _ours[6]), new("refs/remotes/origin/HEAD", null, _ours[7]), new("refs/remotes/origin/x", null, _ours[8]) };
        updates.AddRange(_ours.Select((id, i) => new RefUpdate($"refs/heads/c{i}", null, id)));
        await _repository.Refs.UpdateAsync(updates, "import", Who, Ct);
        foreach (var i in (int[])[10, 11, 29])
            await _repository.Refs.UpdateAsync([new("refs/heads/main", i == 10 ? null : _ours[i == 11 ? 10 : 11], _ours[i])], $"commit: {i}", Who, Ct);
        _git.Run("-c", "user.name=A", "-c", "user.email=a@x", "tag", "-a", "-m", "of 20", "annotated", "c20");
        foreach (var (name, i) in new[] { ("refs/tags/both", 5), ("refs/heads/both", 6), ("refs/remotes/origin/HEAD", 7), ("refs/remotes/origin/x", 8), ("refs/heads/main", 10), ("refs/heads/main", 11), ("refs/heads/main", 29) })
            _git.Run("update-ref", name, _gits[i]);
    }

    public async Task DisposeAsync() => await _repository.DisposeAsync();

    public void Dispose()
    {
        _git.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_revision_names_what_it_names_for_git()
    {
        string[] texts =
        [
            "HEAD", "@", "main", "refs/heads/c3", "heads/c3", "both", "heads/both", "origin",
            "origin/x", "annotated^{commit}", "annotated^0", "annotated^{}", "annotated~1", "HEAD^", "HEAD~", "HEAD~3",
            "HEAD~2^1~1", "c25^2", "c28^2", "c25^3", "c27^^", "HEAD~0", "HEAD^9", "HEAD~400",
            "main@{0}", "main@{1}", "main@{2}", "main@{9}", "@{1}", "HEAD@{1}^", "nobody", "HEAD^{tree}",
            "annotated^{tree}", "HEAD:", "c4:a", "c4:nobody", "c4~1:b", "HEAD^{blob}", "HEAD^{nothing}", "HEAD^x",
            "HEAD^{", "c4^{/commit}", "c24^{/commit 1}", ":/commit 1", "main..x", "", "abc", "..",
        ];
        foreach (var text in texts)
        {
            var (exit, output, _) = _git.Try("rev-parse", "--verify", "--quiet", "--end-of-options", text);
            var ours = await Revisions.FindAsync(_repository, text, Ct);
            Assert.Equal((text, exit == 0 ? await PlaceAsync(output.Trim()) : null), (text, ours is { } id ? await PlaceAsync(id) : null));
        }
    }

    [Fact]
    public async Task Short_ids_are_enough_where_they_are_unique()
    {
        foreach (var id in _ours)
            Assert.Equal(id, await Revisions.ResolveAsync(_repository, id.Hex[..12].ToUpperInvariant(), Ct));
        Assert.Equal(_ours[3], await Revisions.ResolveAsync(_repository, $"v1-4-g{_ours[3].Short}", Ct));
        Assert.Null(await Revisions.FindAsync(_repository, _ours[3].Hex[..3], Ct));
    }

    [Fact]
    public async Task A_short_id_that_several_objects_share_is_refused_with_their_ids()
    {
        await using var batch = _repository.Objects.BeginBatch();
        var (first, second, tree) = (_ours[0], _ours[0], batch.AddFolder([]).Id);
        for (var i = 0; first.Hex[..4] != second.Hex[..4] || first == second; i++)
        {
            second = batch.AddCommit(new(tree, Who, Who, $"{i}"));
            first = _ours.FirstOrDefault(o => o.Hex[..4] == second.Hex[..4], _ours[0]);
        }
        await batch.StoreAsync(Ct);
        var error = await Assert.ThrowsAsync<TemperException>(() => Revisions.ResolveAsync(_repository, second.Hex[..4], Ct));
        Assert.Equal("revision_ambiguous", error.Code);
        Assert.Contains(first.Short, error.Message, StringComparison.Ordinal);
        Assert.Contains(second.Short, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_branch_before_is_where_one_came_from()
    {
        foreach (var (branch, before) in new[] { ("c3", "main"), ("c4", "c3"), ("main", "c4") })
            await _repository.Refs.SetHeadAsync(new($"refs/heads/{branch}", null), $"checkout: moving from {before} to {branch}", Who, Ct);
        Assert.Equal(_ours[4], await Revisions.ResolveAsync(_repository, "@{-1}", Ct));
        Assert.Equal(_ours[3], await Revisions.ResolveAsync(_repository, "@{-2}", Ct));
        Assert.Null(await Revisions.FindAsync(_repository, "@{-9}", Ct));
    }

    [Fact]
    public async Task The_upstream_is_the_branch_that_the_settings_name()
    {
        Assert.Null(await Revisions.FindAsync(_repository, "main@{u}", Ct));
        _repository.Config.Set("branch.main.remote", "origin");
        _repository.Config.Set("branch.main.merge", "refs/heads/x");
        Assert.Equal(_ours[8], await Revisions.ResolveAsync(_repository, "main@{u}", Ct));
        Assert.Equal(_ours[8], await Revisions.ResolveAsync(_repository, "@{upstream}", Ct));
    }

    [Fact]
    public async Task The_index_is_named_by_a_colon()
    {
        await _repository.Index.ReadTreeAsync(_repository.Objects, (await _repository.Objects.ReadCommitAsync(_ours[4], Ct)).Tree, Ct);
        var path = (await _repository.Index.LoadAsync(Ct))[0].Path.ToString();
        Assert.Equal(await Revisions.ResolveAsync(_repository, $"c4:{path}", Ct), await Revisions.ResolveAsync(_repository, $":{path}", Ct));
        Assert.Equal(await Revisions.ResolveAsync(_repository, $"c4:{path}", Ct), await Revisions.ResolveAsync(_repository, $":0:{path}", Ct));
        Assert.Null(await Revisions.FindAsync(_repository, $":2:{path}", Ct));
        Assert.Null(await Revisions.FindAsync(_repository, ":nobody", Ct));
    }

    [Fact]
    public async Task A_range_is_that_of_git()
    {
        foreach (var words in (string[])["c20..c28", "c20...c28", "^c20 c28 c25", "c25^@", "c25^!", "..c28", "c20.."])
        {
            var range = new RevisionRange();
            foreach (var word in words.Split(' '))
                await range.AddAsync(_repository, word, isNegated: false, Ct);
            var walk = new WalkOptions { Include = range.Include, Exclude = range.Exclude };
            Assert.Equal(_git.Lines(["rev-list", .. words.Split(' ')]).Select(id => Array.IndexOf(_gits, id)),
                await CommitWalk.RunAsync(new(_repository.Objects), walk, Ct).Select(c => Array.IndexOf(_ours, c.Id)).ToListAsync(Ct));
        }
    }

    private async Task<string?> PlaceAsync(Digest id)
    {
        if (Array.IndexOf(_ours, id) is >= 0 and var place)
            return $"commit {place}";
        if (await _repository.Objects.FindKindAsync(id, Ct) != ObjectKind.Tree)
            return "other";
        return string.Join('\n', await TreeDiff.CompareAsync(_repository.Objects, null, id, Ct).Select(c => c.Path.ToString()).ToListAsync(Ct));
    }

    private Task<string?> PlaceAsync(string id) => Task.FromResult<string?>(Array.IndexOf(_gits, id) is >= 0 and var place ? $"commit {place}"
        : _git.Run("cat-file", "-t", id).Trim() != "tree" ? "other" : string.Join('\n', _git.Lines("ls-tree", "-r", "--name-only", id)));
}
