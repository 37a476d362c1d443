using System.Diagnostics;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Objects;
using Temper.Versioning.Signing;

namespace Temper.Versioning.Tests;

public sealed class SigningTests
{
    [Fact]
    public async Task A_signed_commit_is_valid_for_whoever_trusts_the_key()
    {
        await using var store = await LocalStore.NewAsync();
        using var key = SigningKey.New();
        var commit = await CommitAsync(store, key);
        var report = await SignedObjects.VerifyAsync(store.Objects, commit, Trust(key), default);
        Assert.Equal((SignatureState.Valid, "ada", 3), (report.State, report.Signer, report.Files));
        Assert.Null(report.Problem);
        using var stranger = SigningKey.New();
        Assert.Equal("signature_untrusted", (await SignedObjects.VerifyAsync(store.Objects, commit, Trust(stranger), default)).Problem!.Code);
        Assert.Equal("signature_missing", (await SignedObjects.VerifyAsync(store.Objects, await CommitAsync(store, null), Trust(key), default)).Problem!.Code);
    }

    [Fact]
    public async Task A_signature_moved_to_another_commit_or_an_altered_one_is_invalid()
    {
        await using var store = await LocalStore.NewAsync();
        using var key = SigningKey.New();
        var signed = await store.Objects.ReadCommitAsync(await CommitAsync(store, key), default);
        var sig = SignatureText.Parse(signed.Sig!);
        sig.Value[^1] ^= 1;
        foreach (var forged in new[]
        {
            signed with { Message = "other" },
            signed with { Author = signed.Author with { AtMs = 5 } },
            signed with { Inputs = ["datasets/x@1"] },
            signed with { Tree = await TreeAsync(store, "other") },
            signed with { Sig = sig.ToString() },
            signed with { Sig = "ecdsa-p256-sha256 nonsense" },
            signed with { Sig = $"ecdsa-p256-sha256 {key.Public.Id} {Convert.ToBase64String(new byte[200])}" },
            signed with { Sig = $"rsa {key.Public.Id} AAAA" },
        })
        {
            var id = await store.AddAsync(batch => Task.FromResult(batch.AddCommit(forged)));
            Assert.Equal("signature_invalid", (await SignedObjects.VerifyAsync(store.Objects, id, Trust(key), default)).Problem!.Code);
        }
    }

    [Fact]
    public async Task A_tag_is_signed_with_the_files_of_its_commit()
    {
        await using var store = await LocalStore.NewAsync();
        using var key = SigningKey.New();
        var tag = new Tag(await CommitAsync(store, null), ObjectKind.Commit, "v1", LocalStore.Someone, "release\n");
        var signed = await SignedObjects.SignAsync(store.Objects, tag, key, default);
        var id = await store.AddAsync(batch => Task.FromResult(batch.AddTag(signed)));
        var report = await SignedObjects.VerifyAsync(store.Objects, id, Trust(key), default);
        Assert.Equal((SignatureState.Valid, ObjectKind.Tag, 3), (report.State, report.Kind, report.Files));
        var renamed = await store.AddAsync(batch => Task.FromResult(batch.AddTag(signed with { Name = "v2" })));
        Assert.Equal(SignatureState.Invalid, (await SignedObjects.VerifyAsync(store.Objects, renamed, Trust(key), default)).State);
    }

    [Fact]
    public async Task The_statement_is_that_of_the_specification()
    {
        await using var store = await LocalStore.NewAsync();
        using var key = SigningKey.New();
        var id = await CommitAsync(store, key);
        var commit = await store.Objects.ReadCommitAsync(id, default);
        var bundle = JsonDocument.Parse(await SignedObjects.BundleAsync(store.Objects, id, default)).RootElement;
        Assert.Equal(key.Public.Id.Hex, bundle.GetProperty("verificationMaterial").GetProperty("publicKey").GetProperty("hint").GetString());
        var payload = Convert.FromBase64String(bundle.GetProperty("dsseEnvelope").GetProperty("payload").GetString()!);
        var statement = JsonDocument.Parse(payload).RootElement;
        Assert.Equal(payload, Temper.Versioning.Metadata.MetadataJson.Canonical(statement));
        Assert.Equal(["a/b.bin", "c (q).txt", "😀"], statement.GetProperty("predicate").GetProperty("resources").EnumerateArray().Select(r => r.GetProperty("name").GetString()!));
        var hashes = statement.GetProperty("predicate").GetProperty("resources").EnumerateArray().SelectMany(r => Convert.FromHexString(r.GetProperty("digest").GetString()!)).ToArray();
        Assert.Equal(Digest.Of(hashes).Hex, statement.GetProperty("subject")[0].GetProperty("digest").GetProperty("sha256").GetString());
        Assert.Equal(ObjectIds.Of(ObjectKind.Commit, CommitCodec.Encode(commit with { Sig = null })).Hex, statement.GetProperty("predicate").GetProperty("temper").GetProperty("commit").GetString());
    }

    [Fact]
    public async Task OpenSSL_verifies_what_we_sign()
    {
        if (!File.Exists("/usr/bin/openssl"))
            return;
        await using var store = await LocalStore.NewAsync();
        using var key = SigningKey.New();
        key.Save(store.Folder.Of("k"), null);
        var id = await CommitAsync(store, key);
        var payload = Convert.FromBase64String(JsonDocument.Parse(await SignedObjects.BundleAsync(store.Objects, id, default)).RootElement.GetProperty("dsseEnvelope").GetProperty("payload").GetString()!);
        File.WriteAllBytes(store.Folder.Of("data"), ModelStatement.Encoded(payload));
        File.WriteAllBytes(store.Folder.Of("sig"), SignatureText.Parse((await store.Objects.ReadCommitAsync(id, default)).Sig!).Value);
        Assert.Contains("Verified OK", OpenSsl(store, "dgst", "-sha256", "-verify", "k.pub", "-signature", "sig", "data"), StringComparison.Ordinal);
        OpenSsl(store, "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "theirs");
        using var theirs = SigningKey.Load(store.Folder.Of("theirs"), null);
        Assert.Equal(theirs.Public.Pem, OpenSsl(store, "ec", "-in", "theirs", "-pubout"));
    }

    [Fact]
    public void Keys_are_files_of_their_owner_and_are_never_overwritten()
    {
        using var folder = new Temper.Testing.TempFolder();
        using var key = SigningKey.New();
        key.Save(folder.Of("k"), "secret");
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(folder.Of("k")));
        Assert.Throws<IOException>(() => key.Save(folder.Of("k"), null));
        using var again = SigningKey.Load(folder.Of("k"), "secret");
        Assert.Equal(key.Public.Id, again.Public.Id);
        Assert.Equal(key.Public.Id, PublicKey.Parse(File.ReadAllText(folder.Of("k.pub"))).Id);
        Assert.Equal(key.Public.Id, PublicKey.Parse(key.Public.Base64).Id);
        Assert.Equal("key_invalid", Assert.Throws<TemperException>(() => SigningKey.Load(folder.Of("k"), "wrong")).Code);
        Assert.Equal("key_invalid", Assert.Throws<TemperException>(() => SigningKey.Load(folder.Of("k"), null)).Code);
        Assert.Equal("key_invalid", Assert.Throws<TemperException>(() => SigningKey.Load(folder.Of("nowhere"), null)).Code);
        Assert.Equal("key_invalid", Assert.Throws<TemperException>(() => PublicKey.Parse(File.ReadAllText(folder.Of("k")))).Code);
        Assert.Equal("key_invalid", Assert.Throws<TemperException>(() => PublicKey.Parse("AAAA")).Code);
    }

    [Fact]
    public async Task References_that_must_be_signed_refuse_what_is_not()
    {
        await using var store = await LocalStore.NewAsync();
        using var key = SigningKey.New();
        var (signed, plain) = (await CommitAsync(store, key), await CommitAsync(store, null));
        string[] patterns = ["refs/heads/release/*", "refs/tags/v*"];
        Task Check(params (string, Digest?)[] moves) => SignedRefs.RequireAsync(store.Objects, patterns, Trust(key), moves, default);
        await Check(("refs/heads/release/1", signed), ("refs/heads/main", plain), ("refs/tags/v1", null), ("refs/heads/release", plain));
        var error = await Assert.ThrowsAsync<TemperException>(() => Check(("refs/heads/release/1", plain), ("refs/tags/v2", plain), ("refs/heads/main", plain)));
        Assert.Equal(["refs/heads/release/1", "refs/tags/v2"], error.Problems.Select(p => p.Value));
        Assert.Equal(ErrorKind.Refused, error.Kind);
    }

    private static TrustedKeys Trust(SigningKey key) => TrustedKeys.From([KeyValuePair.Create("user.name", "x"), KeyValuePair.Create("trust.ada.key", key.Public.Base64)]);

    private static Task<Digest> TreeAsync(LocalStore store, string text) => store.AddAsync(async batch =>
    {
        var file = await batch.AddFileAsync(new MemoryStream(System.Text.Encoding.UTF8.GetBytes(text)), new(), default);
        var folder = batch.AddFolder([new(EntryMode.File, "b.bin", file.Id, file.Size)]);
        return batch.AddFolder([new(EntryMode.Folder, "a", folder.Id, folder.Size), new(EntryMode.File, "😀", file.Id, file.Size), new(EntryMode.Executable, "c (q).txt", file.Id, file.Size)]).Id;
    });

    private static async Task<Digest> CommitAsync(LocalStore store, SigningKey? key)
    {
        var commit = new Commit(await TreeAsync(store, "text"), LocalStore.Someone, LocalStore.Someone, "first\n");
        if (key is not null)
            commit = await SignedObjects.SignAsync(store.Objects, commit, key, default);
        return await store.AddAsync(batch => Task.FromResult(batch.AddCommit(commit)));
    }

    private static string OpenSsl(LocalStore store, params string[] arguments)
    {
        var start = new ProcessStartInfo("/usr/bin/openssl", arguments) { WorkingDirectory = store.Folder.Path, RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var text = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return text;
    }
}
