using System.Net;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using static Temper.Registry.Tests.Repositories.RepositoryTests;

namespace Temper.Registry.Tests.Repositories;

/// <summary>Packs on their way to a server.</summary>
public sealed class PackUploadTests
{
    private static readonly CancellationToken Ct = CancellationToken.None;

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task A_pack_arrives_in_pieces_and_goes_on_where_another_process_of_the_server_has_it(string database)
    {
        using var folder = new TempFolder();
        var options = await RegistryHost.OptionsAsync(database, folder);
        await using var host = await RegistryHost.StartAsync(options);
        await using var sender = await new Sender(host).StartAsync();
        var commit = await sender.CommitAsync([], ("model.bin", Noise(3_000_000, 1)));
        var pack = await sender.PackAsync(commit, []);
        var upload = await sender.Client.OpenUploadAsync(sender.Name, new(pack.Bytes.Length, pack.Id), Ct);
        await sender.Client.SendAsync(sender.Name, upload.Id, 0, new MemoryStream(pack.Bytes, 0, 1_000_000), Ct);
        await Say.RefusedAsync("upload_incomplete", () => sender.Client.CompleteAsync(sender.Name, upload.Id, Ct));
        await Say.RefusedAsync("upload_offset", () => sender.Client.SendAsync(sender.Name, upload.Id, 0, new MemoryStream(pack.Bytes, 0, 10), Ct));

        await using var other = await RegistryHost.StartAsync(options);
        var client = other.Client.Repositories;
        using var head = await other.Client.Http.SendAsync(new(HttpMethod.Head, $"api/v1/repos/{sender.Name}/uploads/{upload.Id}"));
        Assert.Equal("1000000", head.Headers.GetValues("Upload-Offset").Single());
        upload = await client.OpenUploadAsync(sender.Name, new(pack.Bytes.Length, pack.Id), Ct);
        Assert.Equal(1_000_000, upload.Received);
        await client.SendAsync(sender.Name, upload.Id, 1_000_000, new MemoryStream(pack.Bytes, 1_000_000, pack.Bytes.Length - 1_000_000), Ct);
        Assert.True((await client.CompleteAsync(sender.Name, upload.Id, Ct)).Completed);
        Assert.True((await client.CompleteAsync(sender.Name, upload.Id, Ct)).Completed);
        Assert.True((await client.OpenUploadAsync(sender.Name, new(pack.Bytes.Length, pack.Id), Ct)).Completed);
        await client.UpdateRefsAsync(sender.Name, new([new("refs/heads/main", null, commit)]), Ct);
        Assert.Empty(await host.Get<Core.Blobs.IBlobStore>().ListAsync("pack-uploads/", Ct).ToListAsync());
    }

    [Fact]
    public async Task The_largest_piece_counts_as_a_whole_however_its_sender_frames_it()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var bytes = Noise(8 << 20, 1);
        foreach (var framed in (bool[])[false, true])
        {
            var upload = await sender.Client.OpenUploadAsync(sender.Name, new(bytes.Length + 1, Digest.OfText($"{framed}")), Ct);
            using var piece = new HttpRequestMessage(HttpMethod.Put, $"api/v1/repos/{sender.Name}/uploads/{upload.Id}?offset=0") { Content = new ByteArrayContent(bytes) };
            piece.Headers.TransferEncodingChunked = framed;
            using var answer = await host.Client.Http.SendAsync(piece);
            Assert.Equal(bytes.Length, (await sender.Client.UploadAsync(sender.Name, upload.Id, Ct)).Received);
        }
    }

    [Fact]
    public async Task A_pack_with_one_wrong_byte_is_not_taken_and_may_be_sent_anew()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var pack = await sender.PackAsync(await sender.CommitAsync([], ("a.bin", Noise(2_000, 1))), []);
        var damaged = pack.Bytes.ToArray();
        damaged[500] ^= 1;
        await Say.RefusedAsync("corrupt_upload", () => sender.SendAsync((damaged, pack.Id)));
        await Say.RefusedAsync("corrupt_upload", () => sender.SendAsync((damaged, Digest.Of(damaged))));
        await Say.RefusedAsync("corrupt_upload", () => sender.SendAsync((Noise(300, 7), Digest.Of(Noise(300, 7)))));
        Assert.Equal(3, (await sender.Client.MissingAsync(sender.Name, new([.. await IdsAsync(sender, pack.Bytes)]), Ct)).Missing.Count);
        await sender.SendAsync(pack);
        Assert.Empty((await sender.Client.MissingAsync(sender.Name, new([.. await IdsAsync(sender, pack.Bytes)]), Ct)).Missing);
    }

    [Fact]
    public async Task A_recipe_that_makes_another_file_than_its_name_says_is_not_taken()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var (one, two) = (Noise(1_000, 1), Noise(2_000, 2));
        FileChunk[] chunks = [new(Digest.Of(one), one.Length), new(Digest.Of(two), two.Length)];
        (ObjectKind, Digest, byte[]) Recipe(Digest file) => (ObjectKind.Recipe, file, RecipeCodec.Encode(new(file, 3_000, "own-1", chunks)));
        (ObjectKind, Digest, byte[])[] bodies = [(ObjectKind.Chunk, chunks[0].Id, one), (ObjectKind.Chunk, chunks[1].Id, two)];
        var claimed = Digest.OfText("another file");
        var whole = Digest.Of([.. one, .. two]);
        await Say.RefusedAsync("missing_objects", async () => await sender.SendAsync(await sender.PackAsync([Recipe(whole)])));
        await Say.RefusedAsync("corrupt_upload", async () => await sender.SendAsync(await sender.PackAsync([.. bodies, Recipe(claimed)])));
        var content = host.Get<ContentStore>();
        Assert.Null(await content.FindRecipeAsync(claimed, Ct));
        await sender.SendAsync(await sender.PackAsync([.. bodies, Recipe(whole)]));
        byte[] both = [.. one, .. two];
        Assert.Equal(both, await content.ReadFileAsync(whole, Ct));
    }

    [Fact]
    public async Task A_piece_whose_connection_breaks_counts_as_far_as_it_came()
    {
        await using var host = await RegistryHost.StartAsync();
        await using var sender = await new Sender(host).StartAsync();
        var pack = await sender.PackAsync(await sender.CommitAsync([], ("model.bin", Noise(3_000_000, 1))), []);
        var upload = await sender.Client.OpenUploadAsync(sender.Name, new(pack.Bytes.Length, pack.Id), Ct);
        await using var proxy = new Testing.Servers.CuttingProxy(host.Address.Port, 1_500_000);
        using var client = new Core.Registry.RegistryClient(proxy.Address, null, TimeSpan.Zero, TimeProvider.System);
        await Say.RefusedAsync("server_unreachable", () => client.Repositories.SendAsync(sender.Name, upload.Id, 0, new MemoryStream(pack.Bytes), Ct));
        for (var wait = 0; wait < 1200 && upload.Received == 0; wait++)
        {
            await Task.Delay(50);
            upload = await sender.Client.UploadAsync(sender.Name, upload.Id, Ct);
        }
        Assert.InRange(upload.Received, 100_000, 1_500_000);
        await sender.SendAsync(pack);
    }

    [Fact]
    public async Task With_a_key_set_repositories_ask_for_it_too()
    {
        using var folder = new TempFolder();
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { ApiKey = "a key that nobody guesses" });
        using var stranger = new HttpClient { BaseAddress = host.Address };
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("api/v1/repos")).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await stranger.GetAsync("api/v1/repos/a/b/refs")).StatusCode);
    }

    private static async Task<IReadOnlyList<Digest>> IdsAsync(Sender sender, byte[] pack) =>
        [.. (await Versioning.Sync.ReceivedPack.ReadAsync(new MemoryStream(pack), Digest.Of(pack), Ct)).Pack.Entries.Select(e => e.Id)];
}
