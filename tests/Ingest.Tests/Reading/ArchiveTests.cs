using System.Formats.Tar;
using System.IO.Compression;
using System.Text;
using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>Archives that honest tools make, and those that were cut or damaged.</summary>
public sealed class ArchiveTests
{
    private static readonly string Chats = Encoding.UTF8.GetString(Uploads.Lines(Uploads.Chats(300)));
    private static readonly (string, byte[]) Messages = ("dataset.yaml", "format: messages\n"u8.ToArray());

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tar.gz")]
    [InlineData("a.tgz")]
    public async Task The_files_of_an_archive_are_files_of_the_upload(string name)
    {
        using var uploads = new Uploads();
        (string, string)[] files = [("__MACOSX/._x", "?"), ("set/README.md", "about"), ("set/b.jsonl", Chats), ("set/deep/a.json", $"[{string.Join(",\n", Uploads.Chats(5, 1000))}]"), ("set/empty.jsonl", "")];
        var ingested = await uploads.IngestAsync((name, Pack(name, files)), ("z.jsonl", Uploads.Lines(Uploads.Chats(2, 2000))), Messages);
        Assert.True(ingested.Result.Sealed);
        Assert.Equal(new Ledger(307, 307, 0, 0, 0), ingested.Ledger);
        Assert.Equal([$"{name}!/set/b.jsonl", $"{name}!/set/deep/a.json", "z.jsonl"], ingested.Records.Select(r => r.Source.File).Distinct());
        Assert.Equal([(300L, 0L), (1, 1)], ingested.Records.Skip(299).Take(2).Select(r => (r.Source.Line, r.Source.Line == 1 ? r.Source.Offset : 0)));
        Assert.Equal([$"{name}!/__MACOSX/._x", $"{name}!/set/README.md"], ingested.Result.Problems.Select(p => p.File));
    }

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public async Task Slices_do_not_change_what_is_read(string name)
    {
        (string, string)[] files = [("a.jsonl", Chats), ("b.csv", "messages\nx\n"), ("c.json", $"[{string.Join(",\n", Uploads.Chats(50, 1000))}]"), ("d.jsonl", string.Join('\n', Uploads.Chats(9, 3000)))];
        var config = ("dataset.yaml", "format: messages\nallow_file_errors: true\n"u8.ToArray());
        using var whole = new Uploads();
        using var sliced = new Uploads { Options = new() { SliceBytes = 4000 } };
        var (a, b) = (await whole.IngestAsync((name, Pack(name, files)), config), await sliced.IngestAsync((name, Pack(name, files)), config));
        Assert.Equal(359, a.Ledger.Accepted);
        Assert.Equal(a.Result.Files, b.Result.Files);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{dataset_type: image, caption_strategy: textfile}")]
    public async Task An_archive_of_images_is_refused_by_name_and_nothing_of_it_becomes_a_text(string config)
    {
        var zip = Archives.Zip(("cats/a.png", "not looked at"), ("cats/a.txt", "a cat"), ("cats/b.jpg", "nor this"), ("cats/b.txt", "a dog"));
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync([("images.zip", zip), .. config.Length == 0 ? ((string, byte[])[])[] : [("dataset.yaml", Encoding.UTF8.GetBytes(config))]]);
        Assert.Equal(0, made.Ledger.RecordsIn);
        Assert.Equal(["FILE_UNSUPPORTED", "DATA_EMPTY"], made.Result.Problems.Select(p => p.Code));
        Assert.Contains("images are not read out of archives", made.Result.Problems[0].Message);
        Assert.Contains("upload the folder", made.Result.Problems[0].Hint);
    }

    [Fact]
    public async Task Archives_of_the_platforms_own_writers_are_read()
    {
        using var zip = new MemoryStream();
        using (var archive = new ZipArchive(zip, ZipArchiveMode.Create, leaveOpen: true))
        {
            archive.CreateEntry("set/");
            using var stream = archive.CreateEntry("set/ä.jsonl").Open();
            stream.Write(Encoding.UTF8.GetBytes(Chats));
        }
        foreach (var format in (TarEntryFormat[])[TarEntryFormat.V7, TarEntryFormat.Ustar, TarEntryFormat.Pax, TarEntryFormat.Gnu])
        {
            using var tar = new MemoryStream();
            await using (var writer = new TarWriter(tar, format, leaveOpen: true))
            {
                TarEntry Entry(TarEntryType type, string name) => format switch
                {
                    TarEntryFormat.V7 => new V7TarEntry(type == TarEntryType.RegularFile ? TarEntryType.V7RegularFile : type, name),
                    TarEntryFormat.Ustar => new UstarTarEntry(type, name),
                    TarEntryFormat.Pax => new PaxTarEntry(type, name),
                    _ => new GnuTarEntry(type, name),
                };
                var file = Entry(TarEntryType.RegularFile, format == TarEntryFormat.V7 ? "a.jsonl" : $"set/{new string('n', 60)}/{new string('m', 90)}.jsonl");
                file.DataStream = new MemoryStream(Encoding.UTF8.GetBytes(Chats));
                await writer.WriteEntryAsync(Entry(TarEntryType.Directory, "set/"));
                await writer.WriteEntryAsync(file);
            }
            using var uploads = new Uploads();
            var ingested = await uploads.IngestAsync(("a.tar", tar.ToArray()), ("b.zip", zip.ToArray()), Messages);
            Assert.True(ingested.Result.Sealed, string.Join('\n', ingested.Result.Problems.Select(p => p.Message)));
            Assert.Equal(new Ledger(600, 300, 0, 300, 0), ingested.Ledger);
        }
    }

    [Fact]
    public async Task Zip64_stored_entries_and_descriptors_are_read()
    {
        using var uploads = new Uploads();
        var content = Encoding.UTF8.GetBytes(Chats);
        var more = Uploads.Lines(Uploads.Chats(3, 900));
        var ingested = await uploads.IngestAsync(("a.zip", Archives.Raw([new("a.jsonl", content) { Descriptor = true }, new("b.jsonl", more) { Deflated = false }], zip64: true)), Messages);
        Assert.Equal(303, ingested.Ledger.Accepted);
    }

    [Fact]
    public async Task An_archive_that_was_cut_anywhere_is_refused_whole()
    {
        foreach (var name in (string[])["a.zip", "a.tar", "a.tgz"])
        {
            var bytes = Pack(name, [("a.jsonl", Chats), ("b.jsonl", string.Join('\n', Uploads.Chats(40, 1000)))]);
            for (var share = 1; share < 8; share++)
            {
                using var uploads = new Uploads();
                var ingested = await uploads.IngestAsync((name, bytes[..(bytes.Length * share / 8)]), Messages);
                Assert.Equal((name, share, "FILE_TRUNCATED", 0L), (name, share, ingested.Result.Problems[0].Code, ingested.Ledger.RecordsIn));
            }
        }
    }

    [Fact]
    public async Task One_flipped_bit_anywhere_spoils_its_file_and_the_ledger_closes()
    {
        foreach (var name in (string[])["a.zip", "a.tgz"])
        {
            var bytes = Pack(name, [("a.jsonl", Chats)]);
            for (var at = 3; at < bytes.Length; at += bytes.Length / 19)
            {
                using var uploads = new Uploads();
                var damaged = bytes.ToArray();
                damaged[at] ^= 4;
                var ingested = await uploads.IngestAsync((name, damaged), Messages);
                // What no check sum covers, such as a time, says nothing of the records.
                Assert.True(!ingested.Result.Sealed || ingested.Ledger.Accepted == 300, $"{name}: bit flipped at {at}");
                Assert.True(ingested.Ledger.Closes);
            }
        }
    }

    [Fact]
    public async Task An_entry_that_is_not_what_the_directory_says_spoils_itself_alone()
    {
        var content = Encoding.UTF8.GetBytes(Chats);
        foreach (var entry in (RawEntry[])[new("a.jsonl", content) { Crc = 7 }, new("a.jsonl", content) { Size = content.Length + 1 }, new("a.jsonl", content) { Size = content.Length - 1 }, new("a.jsonl", content) { LocalName = "x.jsonl" }, new("a.jsonl", content[..20]) { Crc = 1 }])
        {
            using var uploads = new Uploads();
            var ingested = await uploads.IngestAsync(("a.zip", Archives.Raw([entry, new("b.jsonl", Uploads.Lines(Uploads.Chats(4, 1000)))])), ("dataset.yaml", "format: messages\nallow_file_errors: true\n"u8.ToArray()));
            Assert.Equal(("FILE_CORRUPT", "a.zip!/a.jsonl", 4L, true), (ingested.Result.Problems[0].Code, ingested.Result.Problems[0].File, ingested.Ledger.Accepted, ingested.Ledger.Closes));
        }
    }

    [Theory]
    [InlineData("a.zip")]
    [InlineData("a.tar")]
    [InlineData("a.tgz")]
    public async Task Text_under_the_name_of_an_archive_is_no_archive(string name)
    {
        using var uploads = new Uploads();
        var content = Encoding.UTF8.GetBytes(Chats);
        Assert.Equal("FILE_KIND_MISMATCH", (await uploads.IngestAsync((name, name == "a.tgz" ? Uploads.Gzip(content) : content), Messages)).Result.Problems[0].Code);
    }

    internal static byte[] Pack(string name, (string Name, string Text)[] files) => name switch
    {
        "a.zip" => Archives.Zip(files),
        "a.tar" => Archives.Tar(files),
        _ => Uploads.Gzip(Archives.Tar(files)),
    };
}
