using System.IO.Compression;
using System.Text;
using Temper.Testing;
using Temper.Versioning.Safety;
using static Temper.Versioning.Tests.Samples;

namespace Temper.Versioning.Tests;

/// <summary>Pickles under any name and in any wrapping. Every payload would run a command if Python loaded it.</summary>
public sealed class PickleTests
{
    /// <summary>Payloads by name. U+0080 to U+00FF stand for single bytes.</summary>
    public static TheoryData<string, string> Payloads => new()
    {
        { "protocol 0", "cos\nsystem\n(S'echo'\ntR." },
        { "protocol 0 by INST", "(S'echo'\nios\nsystem\n." },
        { "protocol 0 without STOP", "cos\nsystem\n(S'echo'\ntR" },
        { "protocol 0 through the memo", "cos\nsystem\np0\n0g0\n(S'echo'\ntR." },
        { "protocol 0, memo keys spelt apart", "cos\nsystem\np1_0\n0h\u000a(S'echo'\ntR." },
        { "a module of an odd name", "cmy module\nrun\n)R." },
        { "OBJ", "(cos\nsystem\nS'echo'\no." },
        { "BUILD on an imported thing", "cos\nenviron\nS'x'\nb." },
        { "APPEND to an imported list", "csys\npath\nV/evil\na." },
        { "SETITEM of an imported map", "cos\nenviron\nVA\nVB\ns." },
        { "after plain values", "}Nb0cos\nsystem\n(S'echo'\ntR." },
        { "protocol 2", "\u0080\u0002cos\nsystem\nU\u0004echo\u0085R." },
        { "protocol 2 with NEWOBJ", "\u0080\u0002csubprocess\nPopen\nU\u0004echo\u0085\u0081." },
        { "protocol 4", "\u0080\u0004\u0095\u001a\0\0\0\0\0\0\0\u008c\u0002os\u0094\u008c\u0006system\u0094\u0093\u0094\u008c\u0004echo\u0094\u0085R." },
        { "STACK_GLOBAL from the memo", "\u0080\u0004\u008c\u0006system\u0094\u008c\u0002os\u00940\u00940h\u0001h\0\u0093\u008c\u0004echo\u0085R." },
        { "STACK_GLOBAL of what a call gave", "\u0080\u0004\u008c\u0008builtins\u008c\u0003str\u0093\u008c\u0002os\u0085R\u008c\u0006system\u0093)R." },
        { "EXT", "\u0080\u0002\u0082\u0001)R." },
        { "a second stream", "\u0080\u0002N.\u0080\u0002cos\nsystem\nU\u0004echo\u0085R." },
        { "a second stream of protocol 0", "\u0080\u0002N.cos\nsystem\n(S'echo'\ntR." },
        { "builtins through NumPy", "\u0080\u0002cnumpy\n__builtins__\ncbuiltins\ngetattr\n\u0086R." },
        { "an operation that is none behind the call", "\u0080\u0002cos\nsystem\nU\u0004echo\u0085R\u00ff\u00ff" },
        { "protocol 1 in binary", "cposix\nsystem\nq\u0001U\u0004echo\u0085R." },
        { "a long string before the call", "V" + string.Concat(Enumerable.Range(0, 20_000)) + "\n0cos\nsystem\n(S'echo'\ntR." },
        { "a proto that nobody has", "\u0080\u0005\u00ff" },
        { "a cut one", "\u0080\u0004\u0095\u00ff" },
    };

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task A_pickle_is_found_under_any_name(string what, string payload)
    {
        foreach (var name in new[] { "renamed.txt", "model.safetensors", "data.json", "weights" })
        {
            var verdict = await new FormatPolicy(new()).CheckAsync(name, new MemoryStream(Bytes(payload)), default);
            Assert.True(verdict is { Finding: FormatFinding.Unsafe, Verdict: "pickle" }, $"{what}: {verdict}");
            Assert.Equal("unsafe_format", verdict.ProblemOf(name)!.Code);
        }
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task Allowing_unsafe_formats_does_not_allow_harm(string what, string payload)
    {
        var verdict = await Opted(Bytes(payload));
        Assert.True(verdict is { Finding: FormatFinding.Unsafe, Verdict: "pickle_global" or "pickle_unreadable" }, $"{what}: {verdict}");
    }

    [Theory]
    [MemberData(nameof(Payloads))]
    public async Task A_pickle_is_found_inside_of_archives(string what, string payload)
    {
        byte[] zip = Zip(("archive/data/0", Bytes(payload))), gzip = Gzip(Bytes(payload));
        foreach (var (archive, format) in new[] { (zip, "zip"), (gzip, "gzip"), (Zip(("a", zip)), "zip"), (Zip(("a", gzip)), "zip"), (Gzip(zip), "gzip") })
        {
            var verdict = await new FormatPolicy(new() { Formats = new HashSet<string> { "zip", "gzip" } }).CheckAsync("x", new MemoryStream(archive), default);
            Assert.True(verdict is { Finding: FormatFinding.Unsafe, Verdict: "archive_with_pickle" or "pickle" } && verdict.Format == format, $"{what}: {verdict}");
        }
    }

    [Fact]
    public async Task A_pickle_of_PyTorchs_own_names_is_marked_and_taken_where_the_repository_allows_it()
    {
        var tensor = Bytes("\u0080\u0002ccollections\nOrderedDict\n)R(X\u0001\0\0\0wctorch._utils\n_rebuild_tensor_v2\n((X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\00X\u0003\0\0\0cpuK\u0002tQK\0K\u0002\u0085K\u0001\u0085\u0089ccollections\nOrderedDict\n)RtRu.");
        Assert.Equal("pickle", (await new FormatPolicy(new()).CheckAsync("x", new MemoryStream(tensor), default)).Verdict);
        var verdict = await Opted(tensor);
        Assert.Equal(FormatFinding.AllowedUnsafe, verdict.Finding);
        Assert.Equal(["collections.OrderedDict", "torch._utils._rebuild_tensor_v2", "torch.FloatStorage"], verdict.Globals);
        Assert.Equal(FormatFinding.AllowedUnsafe, (await Opted(Zip(("archive/data.pkl", tensor), ("archive/data/0", new byte[8])))).Finding);
        Assert.Equal("pickle_unreadable", (await Opted([.. tensor, 0xFF])).Verdict);
        Assert.Equal("pickle_unreadable", (await Opted(tensor[..^1])).Verdict);
    }

    [Fact]
    public async Task A_safetensors_file_that_is_also_a_pickle_is_unsafe()
    {
        // The header's length begins with 'C' and 64: as a pickle, a value of 64 bytes. It ends inside a text of the header, at 'T' and four spaces:
        // a value of 0x20202020 bytes, which ends in the tensor, where the payload is. The file is sparse.
        const int Header = 'C' + (64 << 8), Data = 540_000_000, Payload = 2 + 64 + 5 + 0x20202020;
        var head = Bytes("{\"__metadata__\":{\"x\":\"").Concat(Enumerable.Repeat((byte)'x', 58 - 22)).Concat(Bytes($"T    \"}},\"w\":{{\"dtype\":\"U8\",\"shape\":[{Data}],\"data_offsets\":[0,{Data}]}}}}")).ToArray();
        using var folder = new TempFolder();
        await using var file = File.Create(folder.Of("w.safetensors"));
        file.SetLength(8 + Header + Data);
        file.Write(BitConverter.GetBytes((long)Header));
        file.Write(head);
        file.Write(Enumerable.Repeat((byte)' ', Header - head.Length).ToArray());
        Assert.Equal((FormatFinding.Allowed, "safetensors"), await Judge());
        file.Position = Payload;
        file.Write(Bytes("cos\nsystem\n(S'echo'\ntR."));
        Assert.Equal((FormatFinding.Unsafe, "pickle"), await Judge());

        async Task<(FormatFinding, string)> Judge()
        {
            file.Position = 0;
            var verdict = await new FormatPolicy(new() { AllowUnsafeFormats = true }).CheckAsync("w.safetensors", file, default);
            return (verdict.Finding, verdict.Format);
        }
    }

    [Fact]
    public async Task Archives_that_hide_something_are_unsafe_by_name()
    {
        var zip = Zip(("a.txt", "hello"u8.ToArray()));
        Assert.Equal("archive_appended", (await Check([0x89, .. "PNG\r\n\u001a\n"u8, .. zip])).Verdict);

        var encrypted = zip.ToArray();
        foreach (var at in Places(encrypted, [0x50, 0x4B, 3, 4]).Select(p => p + 6).Concat(Places(encrypted, [0x50, 0x4B, 1, 2]).Select(p => p + 8)))
            encrypted[at] |= 1;
        Assert.Equal("archive_unreadable", (await Check(encrypted)).Verdict);

        Assert.Equal("archive_unreadable", (await Check(zip[..^10])).Verdict);
        Assert.Equal("archive_unreadable", (await Check(Zip(("a", [0xFD, .. "7zXZ"u8, 0, 1, 2])))).Verdict);
        Assert.Equal("archive_limit", (await Check(Zip(("zeros", new byte[50_000_000])))).Verdict);
        Assert.Equal("archive_limit", (await Check(Gzip([(byte)'B', 0, 0, 0, 0x10, .. new byte[200_000_000]]))).Verdict);
        Assert.Equal("format_refused", (await Check(Zip(("1", Zip(("2", Zip(("3", "x"u8.ToArray())))))))).Verdict);
        Assert.Equal("archive_limit", (await Check(Zip(("1", Zip(("2", Zip(("3", Zip(("4", "x"u8.ToArray())))))))))).Verdict);
    }

    [Fact]
    public async Task An_array_of_Python_objects_is_unsafe_and_one_of_numbers_is_not()
    {
        Assert.Equal("object_array", (await Check(Npy("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }"))).Verdict);
        Assert.Equal("object_array", (await Check(Npy("{'descr': [('a', '|O')], 'fortran_order': False, 'shape': (1,), }"))).Verdict);
        Assert.Equal("archive_with_pickle", (await Check(Zip(("x.npy", Bytes("\u0080\u0002cos\nsystem\n)R."))))).Verdict);
        Assert.Equal("object_array", (await Check(Zip(("x.npy", Npy("{'descr': '|O', }"))))).Verdict);
        Assert.Equal("format_refused", (await Check(Npy("{'descr': '<f4', 'fortran_order': False, 'shape': (1,), }"))).Verdict);
        Assert.True((await new FormatPolicy(new() { Formats = new HashSet<string> { "npy" } }).CheckAsync("x", new MemoryStream(Npy("{'descr': '<f4', 'shape': (1,), }")), default)).IsAllowed);
    }

    [Fact]
    public async Task A_pickle_too_long_to_follow_is_unsafe()
    {
        var content = new byte[5_000_000];
        Array.Fill(content, (byte)'N');
        for (var i = 1; i < content.Length; i += 2)
            content[i] = (byte)'0';
        Assert.Equal("pickle_unreadable", (await Check(content)).Verdict);
    }

    private static IEnumerable<int> Places(byte[] bytes, byte[] mark)
    {
        for (var i = 0; i + mark.Length <= bytes.Length; i++)
            if (bytes.AsSpan(i).StartsWith(mark))
                yield return i;
    }

    private static byte[] Npy(string header) => [0x93, .. "NUMPY"u8, 1, 0, (byte)header.Length, 0, .. Encoding.Latin1.GetBytes(header), 0, 0, 0, 0];

    private static byte[] Zip(params (string Name, byte[] Content)[] entries)
    {
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
            foreach (var (name, content) in entries)
            {
                using var entry = zip.CreateEntry(name).Open();
                entry.Write(content);
            }
        return bytes.ToArray();
    }

    private static byte[] Gzip(byte[] content)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(content);
        return bytes.ToArray();
    }

    private static async Task<FormatVerdict> Check(byte[] content) => await new FormatPolicy(new()).CheckAsync("x", new MemoryStream(content), default);

    private static async Task<FormatVerdict> Opted(byte[] content) =>
        await new FormatPolicy(new() { AllowUnsafeFormats = true, Formats = new HashSet<string> { "unknown" } }).CheckAsync("x", new MemoryStream(content), default);
}
