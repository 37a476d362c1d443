using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Text;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Metadata;
using Temper.Versioning.Objects;
using Temper.Versioning.Paths;
using Temper.Versioning.Safety;
using Temper.Versioning.Signing;
using Temper.Versioning.Tensors;

namespace Temper.Versioning.Tests;

/// <summary>
/// Damaged bytes for every reader of this area: each gives an answer or a named error. Case n is the same on every machine; with TEMPER_FUZZ_SECONDS set,
/// each reader is fed for that long.
/// </summary>
public sealed class ContentFuzzTests
{
    private static readonly double Seconds = double.TryParse(Environment.GetEnvironmentVariable("TEMPER_FUZZ_SECONDS"), CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;

    [Fact]
    public void Encoded_commits_and_tags() => Feed(2_000, Signed(), (bytes, _) =>
    {
        OnlyNamed(() =>
        {
            var commit = CommitCodec.Decode(bytes);
            Assert.Equal(bytes, CommitCodec.Encode(commit));
        }, "object_corrupt");
        OnlyNamed(() => Assert.Equal(bytes, TagCodec.Encode(TagCodec.Decode(bytes))), "object_corrupt");
    });

    [Fact]
    public void Files_of_every_format()
    {
        List<byte[]> files = [.. PickleTests.Payloads.Select(row => Samples.Bytes((string)row[1])).Where(b => b.Length < 5_000), Samples.Safetensors(("w", "F32", [2], new byte[8]))];
        foreach (var file in files.ToList())
            files.Add(Zipped(file));
        files.Add([0x93, .. "NUMPY"u8, 1, 0, 30, 0, .. "{'descr': '|O', 'shape': (1,)}"u8]);
        var policies = new[] { new FormatPolicy(new()), new FormatPolicy(new() { AllowUnsafeFormats = true, Formats = new HashSet<string> { "zip", "gzip", "npy", "unknown" } }) };
        Feed(6_000, files, (bytes, n) =>
        {
            using var content = new MemoryStream(bytes);
            var verdict = policies[n % 2].CheckAsync("f", content, default).AsTask().GetAwaiter().GetResult();
            Assert.Equal(verdict.IsAllowed, verdict.ProblemOf("f") is null);
            Assert.Equal(0, content.Position);
        });
    }

    [Fact]
    public void Documents() => Feed(4_000, [.. new[]
    {
        "{\"schemaVersion\":1,\"name\":\"a\",\"metrics\":[{\"name\":\"acc\",\"value\":0.5e-7,\"step\":1}],\"tags\":[\"x\",\"y\"],\"training\":{\"epochs\":1e2,\"x\":\"\\ud83d\\ude00\\u0007\"}}",
        "[[1.5,-0,1e21,123456789012345680000],null,true,\"é\\\\\\\"\"]",
    }.Select(Encoding.UTF8.GetBytes)], (bytes, _) => OnlyNamed(() =>
    {
        var value = MetadataJson.Parse(bytes, "f");
        var canonical = MetadataJson.Canonical(value);
        Assert.Equal(canonical, MetadataJson.Canonical(MetadataJson.Parse(canonical, "f")));
        Assert.Equal(canonical, MetadataJson.Canonical(MetadataJson.Parse(MetadataJson.Pretty(value), "f")));
        MetadataSchema.Model.Check("m", value);
        MetadataSchema.Dataset.Check("d", value);
        var documents = new Dictionary<SafePath, System.Text.Json.JsonElement> { [SafePath.Parse("models/m")] = value };
        Assert.Empty(MetadataDiff.Compare(documents, documents));
        Assert.Empty(MetadataMerge.Merge(documents, documents, documents, MergeRules.Plain).Conflicts);
    }, "metadata_invalid"));

    [Fact]
    public void Pointers_into_documents() => Feed(2_000, [.. new[] { "/a/0/b", "/tags/-", "/~0~1/x", "" }.Select(Encoding.UTF8.GetBytes)], (bytes, _) =>
    {
        var document = MetadataJson.Parse("{\"a\":[{\"b\":1}],\"tags\":[\"x\"],\"~/\":{}}"u8.ToArray(), "f");
        var pointer = Encoding.UTF8.GetString(bytes);
        OnlyNamed(() =>
        {
            var set = MetadataPointer.Set(document, pointer, document);
            var part = MetadataPointer.Parts(pointer);
            if (part.Count == 0 || part[^1] != "-")
                Assert.True(System.Text.Json.JsonElement.DeepEquals(document, MetadataPointer.Find(set, pointer)!.Value));
        }, "pointer_invalid");
        OnlyNamed(() => MetadataPointer.Unset(document, pointer), "pointer_invalid");
    });

    [Fact]
    public void Keys_and_signatures()
    {
        using var key = SigningKey.New();
        Feed(400, [Encoding.UTF8.GetBytes(key.Public.Pem), Encoding.UTF8.GetBytes(key.Public.Base64)], (bytes, _) => OnlyNamed(() => PublicKey.Parse(Encoding.UTF8.GetString(bytes)), "key_invalid"));
        var text = new SignatureText(key.Public.Id, key.Sign([1])).ToString();
        Feed(1_000, [Encoding.UTF8.GetBytes(text)], (bytes, _) =>
        {
            var bad = Encoding.UTF8.GetString(bytes);
            OnlyNamed(() => Assert.True(bad == text || !key.Public.Verify([1], SignatureText.Parse(bad).Value) || SignatureText.Parse(bad).Value.SequenceEqual(SignatureText.Parse(text).Value)), "signature_invalid");
        });
    }

    [Fact]
    public async Task Tables_and_merges_of_damaged_model_files()
    {
        await using var store = await LocalStore.NewAsync();
        var good = Samples.SafetensorsWith(new() { ["format"] = "pt" }, ("a", "F32", [2], new byte[8]), ("b", "BF16", [2], new byte[4]));
        var file = await store.AddFileAsync(good);
        var damaged = new List<byte[]>();
        Feed(60, [good], (bytes, _) => damaged.Add(bytes));
        foreach (var bytes in damaged)
        {
            var bad = await store.AddFileAsync(bytes);
            try
            {
                await TensorDiff.CompareAsync(store.Objects, file, bad, default);
            }
            catch (TemperException error)
            {
                Assert.StartsWith("safetensors_", error.Code, StringComparison.Ordinal);
            }
            await store.AddAsync(batch => TensorMerge.TryMergeAsync(store.Objects, file, bad, file, batch, default));
        }
    }

    private static List<byte[]> Signed()
    {
        var id = Digest.OfText("x");
        return
        [
            CommitCodec.Encode(new Commit(id, LocalStore.Someone, LocalStore.Someone, "m\n") { Meta = id, Parents = [id], Inputs = ["a@b"], Sig = "a b c" }),
            TagCodec.Encode(new Tag(id, ObjectKind.Commit, "v1", LocalStore.Someone, "m\n") { Sig = "a b c" }),
        ];
    }

    private static byte[] Zipped(byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            using var entry = zip.CreateEntry("e").Open();
            entry.Write(content);
        }
        return bytes.ToArray();
    }

    private static void OnlyNamed(Action read, string code)
    {
        try
        {
            read();
        }
        catch (TemperException error)
        {
            Assert.Equal(code, error.Code);
        }
    }

    private static void Feed(int cases, List<byte[]> good, Action<byte[], int> feed)
    {
        var clock = Stopwatch.StartNew();
        for (var n = 0; n < cases || clock.Elapsed.TotalSeconds < Seconds; n++)
        {
            var random = new Random(n);
            var bytes = good[random.Next(good.Count)].ToList();
            for (var change = random.Next(6); change > 0 && bytes.Count > 0; change--)
            {
                var at = random.Next(bytes.Count);
                switch (random.Next(5))
                {
                    case 0:
                        bytes.RemoveRange(at, random.Next(1, bytes.Count - at + 1) / 2);
                        break;
                    case 1:
                        bytes.Insert(at, bytes[random.Next(bytes.Count)]);
                        break;
                    case 2:
                        bytes[at] ^= (byte)(1 << random.Next(8));
                        break;
                    default:
                        bytes[at] = (byte)random.Next(256);
                        break;
                }
            }
            try
            {
                feed([.. bytes], n);
            }
            catch (Exception error)
            {
                throw new InvalidOperationException($"case {n}: {error.GetType().Name}: {error.Message}", error);
            }
        }
    }
}
