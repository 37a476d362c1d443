using Temper.Core.Ids;
using Temper.Registry.Tests.Repositories;
using Temper.Versioning.Repositories;
using Temper.Versioning.Sync;
using static Temper.Registry.Tests.Sync.Clone;

namespace Temper.Registry.Tests.Sync;

/// <summary>What every remote does, wherever it lies.</summary>
public abstract class RemoteContract
{
    private const string Main = "refs/heads/main", Tracked = "refs/remotes/origin/main";

    /// <summary>An empty repository that others push to.</summary>
    private protected abstract Task<IRemotePlace> NewPlaceAsync();

    private protected interface IRemotePlace : IAsyncDisposable
    {
        Task<IRemote> OpenAsync(Clone clone);
    }

    [Fact]
    public async Task What_one_pushes_another_fetches()
    {
        await using var place = await NewPlaceAsync();
        await using var ada = await NewAsync();
        await using var bob = await NewAsync();
        var first = await ada.CommitAsync("main", ("a.txt", Text("hello\n")), ("deep/er/model.bin", RepositoryTests.Noise(1_700_000, 1)), ("empty", []));
        await using (var remote = await place.OpenAsync(ada))
        {
            var pushed = Assert.Single(await ada.PushAsync(remote, "main", first));
            Assert.Equal((null, null), (pushed.Old, pushed.Refused));
        }
        var second = await ada.CommitAsync("main", ("a.txt", Text("hello again\n")), ("deep/er/model.bin", RepositoryTests.Noise(1_700_000, 1)), ("new/b.txt", Text("b")));
        await using (var remote = await place.OpenAsync(ada))
            await ada.PushAsync(remote, "main", second);
        await using var source = await place.OpenAsync(bob);
        var fetched = Assert.Single(await bob.FetchAsync(source));
        Assert.Equal((Main, Tracked, null, second), (fetched.Remote, fetched.Local, fetched.Old, fetched.New));
        Assert.Equal(second, await bob.Repository.Refs.FindAsync(Tracked, default));
        Assert.Equal(await ada.FilesAsync(second), await bob.FilesAsync(second));
        Assert.Equal(await ada.FilesAsync(first), await bob.FilesAsync(first));
        Assert.Equal(second, Assert.Single(await bob.FetchAsync(source)).Old);
    }

    [Fact]
    public async Task Who_did_not_see_the_last_push_is_refused_until_they_fetch_or_force()
    {
        await using var place = await NewPlaceAsync();
        await using var ada = await NewAsync();
        await using var bob = await NewAsync();
        var first = await ada.CommitAsync("main", ("a", Text("1")));
        await using var theirs = await place.OpenAsync(ada);
        await ada.PushAsync(theirs, "main", first);
        await using var mine = await place.OpenAsync(bob);
        await bob.FetchAsync(mine);
        await bob.MoveAsync("main", null, first);
        var left = await ada.CommitAsync("main", ("a", Text("2")));
        await ada.PushAsync(theirs, "main", left);
        var right = await bob.CommitAsync("main", ("a", Text("3")));
        Assert.Equal("fetch first", Assert.Single(await bob.PushAsync(mine, "main", right)).Refused);
        await bob.FetchAsync(mine);
        Assert.Equal("non-fast-forward", Assert.Single(await bob.PushAsync(mine, "main", right)).Refused);
        Assert.Equal("stale info", Assert.Single(await bob.PushAsync(mine, false, new PushRef(Main, right, true) { HasLease = true, Expected = first })).Refused);
        Assert.Null(Assert.Single(await bob.PushAsync(mine, false, new PushRef(Main, right, true) { HasLease = true, Expected = left })).Refused);
        Assert.Equal(right, (await theirs.ReadAsync(default)).Find(Main));
        var back = Assert.Single(await ada.FetchAsync(theirs, o => o with { Specs = [RefSpec.Parse("refs/heads/main:refs/heads/main")] }));
        Assert.Equal("non-fast-forward", back.Refused);
        Assert.Equal(left, await ada.Repository.Refs.FindAsync(Main, default));
    }

    [Fact]
    public async Task Several_references_go_together_or_not_at_all_when_that_is_asked()
    {
        await using var place = await NewPlaceAsync();
        await using var ada = await NewAsync();
        await using var remote = await place.OpenAsync(ada);
        var first = await ada.CommitAsync("main", ("a", Text("1")));
        var second = await ada.CommitAsync("main", ("a", Text("2")));
        await ada.PushAsync(remote, "main", second);
        PushRef[] refs = [new(Main, first, false), new("refs/heads/other", first, false)];
        Assert.Equal(["non-fast-forward", "atomic push failed"], (await ada.PushAsync(remote, true, refs)).Select(r => r.Refused));
        Assert.Single((await remote.ReadAsync(default)).Refs);
        Assert.Equal(["non-fast-forward", null], (await ada.PushAsync(remote, false, refs)).Select(r => r.Refused));
        Assert.Equal(2, (await remote.ReadAsync(default)).Refs.Count);
        Assert.Null(Assert.Single(await ada.PushAsync(remote, false, new PushRef("refs/heads/other", null, false))).Refused);
        Assert.Equal("remote ref does not exist", Assert.Single(await ada.PushAsync(remote, false, new PushRef("refs/heads/other", null, false))).Refused);
        Assert.Single((await remote.ReadAsync(default)).Refs);
    }

    [Fact]
    public async Task Tags_go_with_what_they_name_and_stay_where_they_are()
    {
        await using var place = await NewPlaceAsync();
        await using var ada = await NewAsync();
        await using var bob = await NewAsync();
        await using var remote = await place.OpenAsync(ada);
        var commit = await ada.CommitAsync("main", ("a", Text("1")));
        await using var batch = ada.Repository.Objects.BeginBatch();
        var tag = batch.AddTag(new(commit, Versioning.Objects.ObjectKind.Commit, "v1", Someone, "First.\n"));
        await batch.StoreAsync(default);
        await ada.PushAsync(remote, false, new PushRef("refs/tags/v1", tag, false), new PushRef(Main, commit, false));
        await using var mine = await place.OpenAsync(bob);
        Assert.Equal(2, (await bob.FetchAsync(mine)).Count);
        Assert.Equal(tag, await bob.Repository.Refs.FindAsync("refs/tags/v1", default));
        Assert.Equal(commit, (await bob.Repository.Objects.ReadTagAsync(tag, default)).Target);
        Assert.Equal("already exists", Assert.Single(await ada.PushAsync(remote, false, new PushRef("refs/tags/v1", commit, false))).Refused);
        await ada.PushAsync(remote, false, new PushRef("refs/tags/v1", commit, true));
        Assert.Equal("would move an existing tag", (await bob.FetchAsync(mine)).Single(f => f.Local == "refs/tags/v1").Refused);
    }

    [Fact]
    public async Task A_shallow_fetch_brings_the_last_commits_and_a_later_one_the_rest()
    {
        await using var place = await NewPlaceAsync();
        await using var ada = await NewAsync();
        await using var bob = await NewAsync();
        await using var remote = await place.OpenAsync(ada);
        var commits = new List<Digest>();
        for (var n = 0; n < 4; n++)
            commits.Add(await ada.CommitAsync("main", ("n", Text($"{n}")), ("same.bin", RepositoryTests.Noise(700_000, 1))));
        await ada.PushAsync(remote, "main", commits[^1]);
        await using var mine = await place.OpenAsync(bob);
        await bob.FetchAsync(mine, o => o with { Depth = 2 });
        Assert.Equal([commits[^2]], ShallowFile.Read(bob.Repository));
        Assert.Equal(await ada.FilesAsync(commits[^1]), await bob.FilesAsync(commits[^1]));
        Assert.Equal(2, (await bob.Repository.Objects.FindMissingAsync(commits, default)).Count);
        var next = await ada.CommitAsync("main", ("n", Text("next")));
        await ada.PushAsync(remote, "main", next);
        await bob.FetchAsync(mine);
        Assert.Equal(await ada.FilesAsync(next), await bob.FilesAsync(next));
        Assert.Equal([commits[^2]], ShallowFile.Read(bob.Repository));
        await bob.FetchAsync(mine, o => o with { Depth = 100 });
        Assert.Empty(ShallowFile.Read(bob.Repository));
        Assert.Equal(await ada.FilesAsync(commits[0]), await bob.FilesAsync(commits[0]));
    }

    [Fact]
    public async Task Big_files_and_other_paths_stay_with_the_remote_until_they_are_needed()
    {
        await using var place = await NewPlaceAsync();
        await using var ada = await NewAsync();
        await using var bob = await NewAsync();
        await using var remote = await place.OpenAsync(ada);
        var (big, other) = (RepositoryTests.Noise(900_000, 1), RepositoryTests.Noise(20_000, 2));
        var commit = await ada.CommitAsync("main", ("small", Text("1")), ("big.bin", big), ("data/other.bin", other));
        await ada.PushAsync(remote, "main", commit);
        await using var mine = await place.OpenAsync(bob);
        new RemoteSettings(bob.Repository).Add("origin", mine.Address);
        new RemoteSettings(bob.Repository).SetPartial("origin", "size:100k", []);
        await bob.FetchAsync(mine, o => o with { LargestFile = SizeFilter.Parse("size:100k"), Wanted = path => !path.StartsWith("data/", StringComparison.Ordinal) });
        var objects = bob.Repository.Objects;
        Assert.True(await objects.HasChunkAsync(Digest.OfText("1"), default));
        Assert.Null(await objects.FindRecipeAsync(Digest.Of(big), default));
        Assert.False(await objects.HasChunkAsync(Digest.Of(other), default));
        var next = await ada.CommitAsync("main", ("small", Text("2")), ("big.bin", big), ("data/other.bin", other));
        await ada.PushAsync(remote, "main", next);
        await bob.FetchAsync(mine, o => o with { LargestFile = SizeFilter.Parse("size:100k"), Wanted = path => !path.StartsWith("data/", StringComparison.Ordinal) });
        Assert.False(await objects.HasChunkAsync(Digest.Of(other), default));
        await new ObjectIntake(bob.Repository, mine, bob.Meter).TakeAsync(new([Digest.Of(big), Digest.Of(other)], []), default);
        Assert.Equal(await ada.FilesAsync(next), await bob.FilesAsync(next));
    }
}
