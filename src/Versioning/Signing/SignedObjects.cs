using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Signing;

/// <summary>What a signature is worth.</summary>
public enum SignatureState
{
    /// <summary>By a trusted key, over exactly this object and its files.</summary>
    Valid,

    /// <summary>There is none.</summary>
    Missing,

    /// <summary>By a key that is not trusted here; whether it fits is not known.</summary>
    Untrusted,

    /// <summary>It names a trusted key and is not that key's, or cannot be read.</summary>
    Invalid,
}

/// <summary>A signature that was looked at.</summary>
/// <param name="Id">The commit or tag.</param>
/// <param name="Kind">Which of the two it is.</param>
/// <param name="State">What the signature is worth.</param>
/// <param name="Key">Id of the key that it names.</param>
/// <param name="Signer">The name that the key is trusted under.</param>
/// <param name="Files">Files that the signature covers.</param>
public sealed record SignatureReport(Digest Id, ObjectKind Kind, SignatureState State, Digest? Key, string? Signer, int Files)
{
    /// <summary>The problem with it; null when it is valid.</summary>
    public Problem? Problem => State switch
    {
        SignatureState.Valid => null,
        SignatureState.Missing => new("signature_missing", $"The {ObjectIds.Word(Kind)} {Id} is not signed."),
        SignatureState.Untrusted => new("signature_untrusted", $"The {ObjectIds.Word(Kind)} {Id} is signed by the key {Key}, which is not trusted here."),
        _ => new("signature_invalid", $"The signature of the {ObjectIds.Word(Kind)} {Id} does not fit it."),
    };
}

/// <summary>Signs commits and tags, and verifies them. A signature covers the object without its <c>sig</c> line and every file of its tree.</summary>
public static class SignedObjects
{
    /// <summary>A commit with a signature, for a tree that is in the store.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<Commit> SignAsync(IObjectStore store, Commit commit, SigningKey key, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(commit);
        return Sign(commit, await FilesAsync(store, commit.Tree, ct), key);
    }

    /// <summary>A commit with a signature, for a tree of these files.</summary>
    public static Commit Sign(Commit commit, IEnumerable<(SafePath Path, Digest Id)> files, SigningKey key)
    {
        ArgumentNullException.ThrowIfNull(commit);
        ArgumentNullException.ThrowIfNull(key);
        return commit with { Sig = Sign(StatementOf(commit, [.. files.OrderBy(f => f.Path)]), key) };
    }

    /// <summary>A tag with a signature; its target is in the store.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<Tag> SignAsync(IObjectStore store, Tag tag, SigningKey key, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(tag);
        ArgumentNullException.ThrowIfNull(key);
        return tag with { Sig = Sign(await StatementOfAsync(store, tag, ct), key) };
    }

    /// <summary>Looks at the signature of a commit or tag.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>; <c>object_missing</c> also for what is neither commit nor tag.</exception>
    public static async Task<SignatureReport> VerifyAsync(IObjectStore store, Digest id, TrustedKeys trusted, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(trusted);
        var (kind, sig) = await SigOfAsync(store, id, ct);
        if (sig is null)
            return new(id, kind, SignatureState.Missing, null, null, 0);
        SignatureText text;
        try
        {
            text = SignatureText.Parse(sig);
        }
        catch (TemperException error) when (error.Code == "signature_invalid")
        {
            return new(id, kind, SignatureState.Invalid, null, null, 0);
        }
        if (trusted.Find(text.Key) is not { } signer)
            return new(id, kind, SignatureState.Untrusted, text.Key, null, 0);
        var statement = await StatementOfAsync(store, id, kind, ct);
        var isValid = signer.Key.Verify(ModelStatement.Encoded(statement.Payload()), text.Value);
        return new(id, kind, isValid ? SignatureState.Valid : SignatureState.Invalid, text.Key, signer.Name, statement.Files.Count);
    }

    /// <summary>A signed commit or tag as a Sigstore bundle with a DSSE envelope, as model-signing tools read it.</summary>
    /// <exception cref="TemperException">Codes <c>signature_missing</c>, <c>signature_invalid</c>, <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<byte[]> BundleAsync(IObjectStore store, Digest id, CancellationToken ct)
    {
        var (kind, sig) = await SigOfAsync(store, id, ct);
        var text = SignatureText.Parse(sig ?? throw new TemperException("signature_missing", $"The {ObjectIds.Word(kind)} {id} is not signed."));
        var payload = (await StatementOfAsync(store, id, kind, ct)).Payload();
        return JsonSerializer.SerializeToUtf8Bytes(new
        {
            mediaType = "application/vnd.dev.sigstore.bundle.v0.3+json",
            verificationMaterial = new { publicKey = new { hint = text.Key.Hex }, tlogEntries = Array.Empty<object>() },
            dsseEnvelope = new { payload = Convert.ToBase64String(payload), payloadType = ModelStatement.PayloadType, signatures = new[] { new { sig = Convert.ToBase64String(text.Value), keyid = "" } } },
        });
    }

    private static string Sign(ModelStatement statement, SigningKey key) =>
        new SignatureText(key.Public.Id, key.Sign(ModelStatement.Encoded(statement.Payload()))).ToString();

    private static ModelStatement StatementOf(Commit commit, IReadOnlyList<(SafePath Path, Digest Id)> files) =>
        new("commit", ObjectIds.Of(ObjectKind.Commit, CommitCodec.Encode(commit with { Sig = null })), files);

    private static async Task<ModelStatement> StatementOfAsync(IObjectStore store, Tag tag, CancellationToken ct)
    {
        var tree = tag.Kind switch
        {
            ObjectKind.Commit => (await store.ReadCommitAsync(tag.Target, ct)).Tree,
            ObjectKind.Tree => tag.Target,
            // A tag of a file or of another tag covers that by its id alone.
            _ => (Digest?)null,
        };
        return new("tag", ObjectIds.Of(ObjectKind.Tag, TagCodec.Encode(tag with { Sig = null })), tree is { } root ? await FilesAsync(store, root, ct) : []);
    }

    private static async Task<ModelStatement> StatementOfAsync(IObjectStore store, Digest id, ObjectKind kind, CancellationToken ct)
    {
        if (kind == ObjectKind.Tag)
            return await StatementOfAsync(store, await store.ReadTagAsync(id, ct), ct);
        var commit = await store.ReadCommitAsync(id, ct);
        return StatementOf(commit, await FilesAsync(store, commit.Tree, ct));
    }

    private static async Task<(ObjectKind Kind, string? Sig)> SigOfAsync(IObjectStore store, Digest id, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        return await store.FindKindAsync(id, ct) switch
        {
            ObjectKind.Commit => (ObjectKind.Commit, (await store.ReadCommitAsync(id, ct)).Sig),
            ObjectKind.Tag => (ObjectKind.Tag, (await store.ReadTagAsync(id, ct)).Sig),
            _ => throw new TemperException("object_missing", $"The store has no commit or tag {id}."),
        };
    }

    private static async Task<IReadOnlyList<(SafePath Path, Digest Id)>> FilesAsync(IObjectStore store, Digest tree, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        var files = new List<(SafePath Path, Digest Id)>();
        var waiting = new Stack<(string Before, Digest Tree)>([("", tree)]);
        while (waiting.TryPop(out var next))
            foreach (var entry in await store.ReadTreeAsync(next.Tree, ct))
            {
                if (entry.Mode == EntryMode.Folder)
                    waiting.Push(($"{next.Before}{entry.Name}/", entry.Id));
                else
                    files.Add((SafePath.Parse(next.Before + entry.Name), entry.Id));
            }
        files.Sort((a, b) => a.Path.CompareTo(b.Path));
        return files;
    }
}
