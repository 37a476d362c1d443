using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Registry.Tests.Repositories;
using Temper.Versioning.Repositories;
using Temper.Versioning.Signing;
using Temper.Versioning.Sync;
using static Temper.Registry.Tests.Sync.Clone;

namespace Temper.Registry.Tests.Sync;

/// <summary>What comes from somebody else is judged as what one adds oneself, on both sides of the line.</summary>
public sealed class SafetyTests
{
    private const string Main = "refs/heads/main";

    // cposix\nsystem\n(S'x'\ntR.
    private static readonly byte[] Pickle = "cposix\nsystem\n(S'x'\ntR."u8.ToArray();
    private static readonly byte[] Gguf = [.. "GGUF"u8, 3, 0, 0, 0, .. new byte[64]];

    [Fact]
    public async Task A_server_refuses_a_push_with_a_pickle_under_any_name_and_takes_the_rest_again()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var ada = await NewAsync();
        await using var remote = await OpenAsync(host, ada);
        var good = await ada.CommitAsync("main", ("a.txt", Text("fine\n")));
        Assert.Null(Assert.Single(await ada.PushAsync(remote, "main", good)).Refused);
        var bad = await ada.CommitAsync("main", ("a.txt", Text("fine\n")), ("deep/w.safetensors", Pickle));
        var pushed = Assert.Single(await ada.PushAsync(remote, "main", bad));
        Assert.Equal("unsafe-format", pushed.Refused);
        Assert.Contains("deep/w.safetensors", pushed.Detail, StringComparison.Ordinal);
        Assert.Equal(good, (await remote.ReadAsync(default)).Find(Main));
        // What the refused push left in the store is judged again, though nothing is sent any more.
        Assert.Equal("unsafe-format", Assert.Single(await ada.PushAsync(remote, "main", bad)).Refused);
        await ada.MoveAsync("main", bad, good);
        var mended = await ada.CommitAsync("main", ("a.txt", Text("better\n")));
        Assert.Null(Assert.Single(await ada.PushAsync(remote, "main", mended)).Refused);
    }

    [Fact]
    public async Task A_file_of_many_chunks_is_looked_through_on_the_server()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var ada = await NewAsync();
        await using var remote = await OpenAsync(host, ada);
        var header = BitConverter.GetBytes(5L);
        var broken = await ada.CommitAsync("main", ("m.safetensors", [.. header, .. "{\"a\":"u8, .. RepositoryTests.Noise(1_500_000, 1)]), ("big.bin", [.. "PK\u0003\u0004"u8, .. RepositoryTests.Noise(1_300_000, 2)]));
        var pushed = Assert.Single(await ada.PushAsync(remote, "main", broken));
        Assert.NotNull(pushed.Refused);
        Assert.Contains("big.bin", pushed.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_format_that_a_repository_allows_is_taken_there_and_nowhere_else()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var ada = await NewAsync();
        await using var remote = await OpenAsync(host, ada);
        var commit = await ada.CommitAsync("main", ("m.gguf", Gguf));
        Assert.Equal("format-refused", Assert.Single(await ada.PushAsync(remote, "main", commit)).Refused);
        await host.Client.Repositories.SetAsync(Name, new("safety.formats", ["gguf", "zip"]), default);
        Assert.Null(Assert.Single(await ada.PushAsync(remote, "main", commit)).Refused);

        await using var bob = await NewAsync();
        await using var source = await OpenAsync(host, bob);
        var error = await Say.RefusedAsync("format_refused", () => bob.FetchAsync(source));
        Assert.Equal("m.gguf", error.Problems[0].File);
        Assert.Empty(await bob.Repository.Refs.ListAsync("refs/", default));
        // Everything is here by now, and still nothing leads to it.
        await Say.RefusedAsync("format_refused", () => bob.FetchAsync(source));
        bob.Repository.Config.Set("safety.formats", "gguf");
        Assert.Equal(commit, Assert.Single(await bob.FetchAsync(source)).New);
    }

    [Fact]
    public async Task A_clone_of_a_repository_with_a_pickle_writes_no_file()
    {
        await using var theirs = await NewAsync(bare: true);
        await theirs.CommitAsync("main", ("readme.txt", Text("hello\n")), ("w.bin", Pickle));
        using var place = new Temper.Testing.TempFolder();
        var remotes = new Remotes(null, Someone, TimeProvider.System);
        await Say.RefusedAsync("unsafe_format", () => new Cloner(remotes, new(null, TimeProvider.System)).RunAsync(theirs.Folder, place.Of("copy"), new(), default));
        Assert.Equal([".temper"], Directory.GetFileSystemEntries(place.Of("copy")).Select(Path.GetFileName));
        Assert.Equal([place.Of("copy")], Directory.GetFileSystemEntries(place.Path));
    }

    [Fact]
    public async Task A_folder_judges_what_is_pushed_into_it_by_its_own_settings()
    {
        await using var theirs = await NewAsync(bare: true);
        await using var mine = await NewAsync();
        await using var remote = await FolderRemote.OpenAsync(theirs.Folder, Someone, TimeProvider.System, default);
        var commit = await mine.CommitAsync("main", ("w.bin", Pickle));
        var pushed = Assert.Single(await mine.PushAsync(remote, "main", commit));
        Assert.Equal("unsafe-format", pushed.Refused);
        Assert.Empty(await theirs.Repository.Refs.ListAsync("refs/", default));
    }

    [Fact]
    public async Task A_branch_of_a_server_that_asks_for_signatures_names_the_commit_that_has_none()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var ada = await NewAsync();
        await using var remote = await OpenAsync(host, ada);
        using var key = SigningKey.New();
        using var other = SigningKey.New();
        await host.Client.Repositories.SetAsync(Name, new("security.requireSigned", ["refs/heads/release/*"]), default);
        await host.Client.Repositories.SetAsync(Name, new("trust.ada.key", [key.Public.Base64]), default);
        var plain = await ada.CommitAsync("main", ("a", Text("1")));
        Assert.Null(Assert.Single(await ada.PushAsync(remote, "main", plain)).Refused);
        var refused = Assert.Single(await ada.PushAsync(remote, "release/1", plain));
        Assert.Equal("signature-missing", refused.Refused);
        Assert.Contains(plain.Hex, refused.Detail, StringComparison.Ordinal);
        var foreign = await SignedAsync(ada, plain, other);
        Assert.Equal("signature-untrusted", Assert.Single(await ada.PushAsync(remote, "release/1", foreign)).Refused);
        var signed = await SignedAsync(ada, plain, key);
        Assert.Null(Assert.Single(await ada.PushAsync(remote, "release/1", signed)).Refused);
        Assert.Equal(signed, (await remote.ReadAsync(default)).Find("refs/heads/release/1"));
    }

    [Fact]
    public async Task A_setting_that_a_server_does_not_know_is_refused()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var repos = host.Client.Repositories;
        await Say.RefusedAsync("settings_invalid", () => repos.SetAsync(sender.Name, new("core.bare", ["true"]), default));
        await Say.RefusedAsync("settings_invalid", () => repos.SetAsync(sender.Name, new("safety.allowUnsafeFormats", ["maybe"]), default));
        await Say.RefusedAsync("key_invalid", () => repos.SetAsync(sender.Name, new("trust.ada.key", ["nothing"]), default));
        await repos.SetAsync(sender.Name, new("safety.formats", ["zip", "npy"]), default);
        Assert.Equal(["zip", "npy"], Assert.Single(await repos.SettingsAsync(sender.Name, default)).Values);
        await repos.SetAsync(sender.Name, new("safety.formats", []), default);
        Assert.Empty(await repos.SettingsAsync(sender.Name, default));
    }

    private static RepositoryName Name => RepositoryName.TryParse("team/model", out var name) ? name : default!;

    private static async Task<HttpRemote> OpenAsync(RegistryHost host, Clone clone)
    {
        var remote = new HttpRemote(HttpRemoteTests.Repo(host.Address), null, clone.Scratch, clone.Meter, TimeProvider.System);
        await remote.EnsureAsync("main", default);
        return remote;
    }

    private static async Task<Digest> SignedAsync(Clone clone, Digest parent, SigningKey key)
    {
        var objects = clone.Repository.Objects;
        var commit = await SignedObjects.SignAsync(objects, (await objects.ReadCommitAsync(parent, default)) with { Parents = [parent], Message = $"signed {key.Public.Id.Short}\n" }, key, default);
        await using var batch = objects.BeginBatch();
        var id = batch.AddCommit(commit);
        await batch.StoreAsync(default);
        return id;
    }
}
