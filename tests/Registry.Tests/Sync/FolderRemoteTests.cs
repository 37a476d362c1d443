using Temper.Versioning.Sync;
using static Temper.Registry.Tests.Sync.Clone;

namespace Temper.Registry.Tests.Sync;

/// <summary>The contract on a bare repository in a folder, and what is special about folders.</summary>
public sealed class FolderRemoteTests : RemoteContract
{
    private protected override async Task<IRemotePlace> NewPlaceAsync() => new Place(await NewAsync(bare: true));

    [Fact]
    public async Task The_branch_that_somebody_works_on_is_not_pushed_under_their_feet()
    {
        await using var theirs = await NewAsync();
        await using var mine = await NewAsync();
        var commit = await mine.CommitAsync("main", ("a", Text("1")));
        await using var remote = await FolderRemote.OpenAsync(theirs.Folder, Someone, TimeProvider.System, default);
        Assert.Equal("branch is currently checked out", Assert.Single(await mine.PushAsync(remote, "main", commit)).Refused);
        Assert.Null(Assert.Single(await mine.PushAsync(remote, "other", commit)).Refused);
    }

    [Fact]
    public async Task A_folder_without_a_repository_is_no_remote()
    {
        await using var mine = await NewAsync();
        Directory.CreateDirectory(Path.Combine(mine.Folder, "inside"));
        foreach (var folder in new[] { "/nowhere/at/all", Path.Combine(mine.Folder, "inside") })
            await Say.RefusedAsync("remote_unknown", () => FolderRemote.OpenAsync(folder, Someone, TimeProvider.System, default));
    }

    private sealed class Place(Clone bare) : IRemotePlace
    {
        public async Task<IRemote> OpenAsync(Clone clone) => await FolderRemote.OpenAsync(bare.Folder, Someone, TimeProvider.System, default);

        public ValueTask DisposeAsync() => bare.DisposeAsync();
    }
}
