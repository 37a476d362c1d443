using System.Text;
using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Testing;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests;

/// <summary>Uploads through the real client.</summary>
public sealed class UploadTests
{
    private static readonly ResourceName Chats = ResourceName.Parse("chats");

    [Fact]
    public async Task The_rest_of_a_file_is_sent_in_pieces_from_where_the_server_stands()
    {
        await using var host = await RegistryHost.StartAsync();
        var bytes = Enumerable.Range(0, 20_000_000).Select(n => (byte)(n * 31 % 251)).ToArray();
        var session = await host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry("a.jsonl", bytes)]), None);
        await host.Client.Uploads.SendAsync(session.Id, 0, 0, bytes.AsMemory(0, 1_000_000), None);
        session = await host.Client.Uploads.GetAsync(session.Id, None);
        var sent = new List<long>();
        await foreach (var piece in host.Client.Uploads.SendRestAsync(session, 0, new MemoryStream(bytes), None))
            sent.Add(piece);
        Assert.Equal((long[])[session.PartSize, session.PartSize, 19_000_000 - 2L * session.PartSize], sent);
        Assert.NotNull((await host.Client.Uploads.CompleteAsync(session.Id, None)).Work);
        await Assert.ThrowsAsync<Core.Errors.TemperException>(async () =>
        {
            await foreach (var _ in host.Client.Uploads.SendRestAsync(session, 0, new MemoryStream(bytes[..500]), None))
                Assert.Fail("A file that became shorter is not sent.");
        });
    }

    [Fact]
    public async Task An_upload_that_takes_longer_to_verify_than_a_request_may_take_is_completed_all_the_same()
    {
        await using var host = await RegistryHost.StartAsync();
        var bytes = new byte[80_000_000];
        var session = await host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry("a.jsonl", bytes)]), None);
        await foreach (var _ in host.Client.Uploads.SendRestAsync(session, 0, new MemoryStream(bytes), None))
            Assert.False(session.Completed);
        using var hasty = host.NewClient();
        hasty.Http.Timeout = TimeSpan.FromMilliseconds(30);
        Assert.NotNull((await hasty.Uploads.CompleteAsync(session.Id, None)).Work);
    }

    [Fact]
    public async Task An_upload_goes_on_after_the_server_and_the_client_were_started_anew()
    {
        using var folder = new TempFolder();
        var bytes = Enumerable.Range(0, 300_000).Select(n => (byte)(n * 31)).ToArray();
        var request = new UploadRequest(UploadKind.Dataset, Chats, [Entry("a.jsonl", bytes), Entry("empty.jsonl", []), Entry("sub/b.jsonl", [1, 2])]);
        string id;
        await using (var before = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder)))
        {
            id = (await before.Client.Uploads.OpenAsync(request, None)).Id;
            await before.Client.Uploads.SendAsync(id, 0, 0, bytes.AsMemory(0, 100_000), None);
            await Say.RefusedAsync("upload_incomplete", () => before.Client.Uploads.CompleteAsync(id, None));
        }
        await using var host = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder));
        var session = await host.Client.Uploads.OpenAsync(request, None);
        Assert.Equal((id, 100_000L), (session.Id, session.Files[0].Received));
        await Say.RefusedAsync("upload_offset", () => host.Client.Uploads.SendAsync(id, 0, 0, bytes.AsMemory(0, 100_000), None));
        await Say.RefusedAsync("upload_piece_size", () => host.Client.Uploads.SendAsync(id, 0, 100_000, new byte[200_001], None));
        Assert.Equal(300_000, (await host.Client.Uploads.SendAsync(id, 0, 100_000, bytes.AsMemory(100_000), None)).Received);
        await host.Client.Uploads.SendAsync(id, 2, 0, new byte[] { 1, 2 }, None);
        var receipts = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => host.NewClient().Uploads.CompleteAsync(id, None)));
        Assert.Single(receipts.Append(await host.Client.Uploads.CompleteAsync(id, None)).Distinct());
        var claim = (await host.ClaimAsync(WorkKind.Ingest))!;
        Assert.Null(await host.ClaimAsync(WorkKind.Ingest));
        var payload = System.Text.Json.JsonSerializer.Deserialize<IngestPayload>(claim.Payload, Core.Json.Wire.Json)!;
        Assert.Equal(["a.jsonl", "empty.jsonl", "sub/b.jsonl"], payload.Files.Select(f => f.Path));
        await using var stored = await host.Get<IBlobStore>().OpenAsync(BlobKey.Parse(payload.Files[0].Key), 0, null, null, None);
        Assert.Equal(Digest.Of(bytes), await Digest.OfAsync(stored, None));
        Assert.True((await host.Client.Uploads.GetAsync(id, None)).Completed);
    }

    [Fact]
    public async Task A_file_that_an_earlier_upload_of_the_dataset_holds_is_not_sent_again()
    {
        await using var host = await RegistryHost.StartAsync();
        byte[] one = [1, 2, 3], two = [4, 5], three = [6];
        var first = await host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry("a.jsonl", one), Entry("b.jsonl", two)]), None);
        await host.Client.Uploads.SendAsync(first.Id, 0, 0, one, None);
        await host.Client.Uploads.SendAsync(first.Id, 1, 0, two, None);
        // Not before it is complete, and not for another dataset.
        var early = await host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry("a.jsonl", one)]), None);
        Assert.Equal(0, early.Files[0].Received);
        await host.Client.Uploads.CompleteAsync(first.Id, None);
        var other = await host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, ResourceName.Parse("others"), [Entry("a.jsonl", one)]), None);
        Assert.Equal(0, other.Files[0].Received);
        var second = await host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry("moved/a.jsonl", one), Entry("c.jsonl", three)]), None);
        Assert.Equal([3L, 0L], second.Files.Select(f => f.Received));
        await host.Client.Uploads.SendAsync(second.Id, 1, 0, three, None);
        Assert.NotNull((await host.Client.Uploads.CompleteAsync(second.Id, None)).Work);
        var stored = host.Get<IBlobStore>();
        await using var copy = await stored.OpenAsync(BlobLayout.Upload(Chats, second.Id, "moved/a.jsonl"), 0, null, null, None);
        Assert.Equal(Digest.Of(one), await Digest.OfAsync(copy, None));
    }

    [Fact]
    public async Task Two_senders_of_one_piece_leave_one_copy_of_it()
    {
        await using var host = await RegistryHost.StartAsync();
        var bytes = Enumerable.Range(0, 50_000).Select(n => (byte)n).ToArray();
        var session = await host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry("a.jsonl", bytes)]), None);
        async Task<bool> SendAsync()
        {
            try
            {
                await host.Client.Uploads.SendAsync(session.Id, 0, 0, bytes, None);
                return true;
            }
            catch (Core.Errors.TemperException e) when (e.Code == "upload_offset")
            {
                return false;
            }
        }
        Assert.Single(await Task.WhenAll(Enumerable.Range(0, 6).Select(_ => SendAsync())), sent => sent);
        Assert.NotNull((await host.Client.Uploads.CompleteAsync(session.Id, None)).Work);
    }

    [Fact]
    public async Task Bytes_that_are_not_those_announced_are_named_and_can_be_sent_again()
    {
        await using var host = await RegistryHost.StartAsync();
        var bytes = "right"u8.ToArray();
        var session = await host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry("a.jsonl", bytes), Entry("b.jsonl", bytes)]), None);
        await host.Client.Uploads.SendAsync(session.Id, 0, 0, bytes, None);
        await host.Client.Uploads.SendAsync(session.Id, 1, 0, "wrong"u8.ToArray(), None);
        var error = await Say.RefusedAsync("UPLOAD_HASH_MISMATCH", () => host.Client.Uploads.CompleteAsync(session.Id, None));
        Assert.Equal("b.jsonl", Assert.Single(error.Problems).File);
        Assert.Equal([5L, 0L], (await host.Client.Uploads.GetAsync(session.Id, None)).Files.Select(f => f.Received));
        await host.Client.Uploads.SendAsync(session.Id, 1, 0, bytes, None);
        Assert.NotNull((await host.Client.Uploads.CompleteAsync(session.Id, None)).Work);
    }

    [Theory]
    [InlineData("../a.jsonl")]
    [InlineData("/etc/passwd")]
    [InlineData("a/../../b")]
    [InlineData("a\\b")]
    [InlineData("con.jsonl")]
    [InlineData("a\u0000b")]
    [InlineData("a\u202eb.jsonl")]
    [InlineData(".git/config")]
    [InlineData("c:x")]
    [InlineData("cafe\u0301.jsonl")]
    [InlineData("_complete.json")]
    [InlineData("_COMPLETE.json")]
    [InlineData("x/")]
    public async Task A_hostile_file_name_is_refused_before_anything_is_stored(string path)
    {
        await using var host = await RegistryHost.StartAsync();
        var error = await Assert.ThrowsAsync<Core.Errors.TemperException>(() => host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry(path, [1])]), None));
        Assert.Contains(error.Code, (string[])["path_invalid", "blob_key_invalid"]);
        await Assert.ThrowsAsync<Core.Errors.TemperException>(() => host.Client.Uploads.PutAsync(Chats, path, () => new MemoryStream([1]), None));
        Assert.Empty(await Blobs(host));
    }

    [Theory]
    [InlineData("README.md", "readme.md")]
    [InlineData("caf\u00e9.jsonl", "CAF\u00c9.jsonl")]
    [InlineData("a", "a/b")]
    public async Task Names_that_some_system_would_take_for_one_are_refused(string one, string other)
    {
        await using var host = await RegistryHost.StartAsync();
        await Say.RefusedAsync("path_collision", () => host.Client.Uploads.OpenAsync(new(UploadKind.Dataset, Chats, [Entry(one, [1]), Entry(other, [2])]), None));
    }

    [Fact]
    public async Task A_file_put_in_one_request_is_ingested_under_its_own_name()
    {
        await using var host = await RegistryHost.StartAsync();
        var bytes = Encoding.UTF8.GetBytes(new string('x', 200_000));
        var receipt = await host.Client.Uploads.PutAsync(Chats, "sub/caf\u00e9 1%2F.jsonl", () => new MemoryStream(bytes), None);
        var job = (await host.Client.Jobs.FindAsync(receipt.Work!.Value, None))!;
        var file = Assert.Single(System.Text.Json.JsonSerializer.Deserialize<IngestPayload>(job.Payload, Core.Json.Wire.Json)!.Files);
        Assert.Equal(("sub/caf\u00e9 1%2F.jsonl", 200_000L, Digest.Of(bytes)), (file.Path, file.Size, file.Sha256));
        Assert.Contains(await Blobs(host), blob => blob.Name == "_complete.json");
    }

    [Theory, InlineData("application/x-www-form-urlencoded"), InlineData("text/plain"), InlineData(null)]
    public async Task Plain_curl_puts_a_file_whatever_type_it_gives_it(string? type)
    {
        await using var host = await RegistryHost.StartAsync();
        var body = new ByteArrayContent("{}"u8.ToArray());
        body.Headers.ContentType = type is null ? null : new(type);
        using var answer = await host.Client.Http.PutAsync("api/v1/uploads/chats/a.jsonl", body);
        answer.EnsureSuccessStatusCode();
        Assert.NotNull(await host.ClaimAsync(WorkKind.Ingest));
    }

    private static async Task<List<BlobKey>> Blobs(RegistryHost host)
    {
        var keys = new List<BlobKey>();
        await foreach (var blob in host.Get<IBlobStore>().ListAsync("uploads/", None))
            keys.Add(blob.Key);
        return keys;
    }
}
