using System.Formats.Tar;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Ingest.Tests;

/// <summary>Uploads of images, from files to a sealed version.</summary>
public sealed class ImageDatasetTests
{
    [Fact]
    public async Task Images_with_captions_beside_them_become_records_and_their_bytes_belong_to_the_version()
    {
        using var uploads = new Uploads();
        var (cat, dog) = (Pictures.Png(40, 30, 10), Pictures.Golden("jpeg-exif6.jpg"));
        var made = await uploads.IngestAsync(("a/cat.png", cat), ("a/cat.txt", Pictures.Text("a cat\n\n a small cat \r\n")), ("dog.jpg", dog), ("dog.txt", Pictures.Text("a dog")));
        Assert.True(made.Result.Sealed);
        Assert.Equal(new Ledger(2, 2, 0, 0, 0), made.Ledger);
        Assert.Equal(["a cat", "a small cat"], made.Records[0].Captions!);
        Assert.Equal(new ImageContent(Digest.Of(cat), 40, 30, "image/png"), made.Records[0].Image);
        // Stored 20 × 12 and turned.
        Assert.Equal(new ImageContent(Digest.Of(dog), 12, 20, "image/jpeg"), made.Records[1].Image);
        Assert.Equal(new RecordSource("dog.jpg", 1, 0), made.Records[1].Source);
        Assert.All(made.Records, r => Assert.Equal(RecordKind.Image, r.Kind));

        var manifest = JsonSerializer.Deserialize<DatasetManifest>(await uploads.ReadAsync(made.Result, DatasetManifest.FileName), Wire.Strict)!;
        var images = await SealedImages.OpenAsync(uploads.Blobs, manifest, default);
        Assert.Equal(dog, await images.ReadAsync(Digest.Of(dog), default));
        Assert.Equal(cat, await images.ReadAsync(Digest.Of(cat), default));
        Assert.Equal("dataset_corrupt", (await Assert.ThrowsAsync<TemperException>(() => images.ReadAsync(Digest.OfText("none"), default))).Code);
    }

    [Theory]
    [InlineData("metadata.csv", "file_name,caption\na.png,x\n", "{dataset_type: image, caption_strategy: csv}")]
    [InlineData("list.csv", "file_name,caption\na.png,x\n", "{dataset_type: image, caption_strategy: csv, parquet: {path: list.csv, filename_column: file_name, caption_column: caption}}")]
    [InlineData("lost.txt", "a caption", "{dataset_type: image, caption_strategy: textfile}")]
    [InlineData("notes.docx", "?", "{dataset_type: image, caption_strategy: none}")]
    public async Task A_folder_of_images_that_does_not_say_what_its_other_files_are_is_told_what_to_add(string name, string content, string added)
    {
        using var uploads = new Uploads();
        (string, byte[])[] files = [("a.png", Pictures.Png(8, 8)), ("b.png", Pictures.Png(9, 9)), (name, Pictures.Text(content))];
        var refused = await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(files));
        Assert.Equal(("FMT_IMAGES", $"Add a file dataset.yaml with: {added}; or leave the images out."), (refused.Code, refused.Problems[0].Hint));
        Assert.Contains("2 images (such as 'a.png') and 1 other file", refused.Message);
        var config = $"{added[..^1]}, max_bad_fraction: 1, allow_file_errors: true}}";
        Assert.True((await uploads.IngestAsync(await uploads.PutAsync("again", [("dataset.yaml", Pictures.Text(config.Replace("textfile", "none", StringComparison.Ordinal))), .. files]))).Result.Sealed);
    }

    [Fact]
    public async Task A_few_images_among_texts_are_one_error_that_says_how_to_upload_them()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync([("a.png", Pictures.Png(8, 8)), ("b.png", Pictures.Png(9, 9)), .. Enumerable.Range(0, 5).Select(i => ($"{i}.jsonl", Uploads.Lines(Uploads.Chats(3, i * 3))))]);
        var problem = Assert.Single(made.Result.Problems);
        Assert.Equal(("FILE_UNSUPPORTED", "'a.png' and 1 more image are not data of a dataset of text."), (problem.Code, problem.Message));
        Assert.Contains("dataset_type: image", problem.Hint);
    }

    [Fact]
    public async Task Rows_of_the_table_without_an_image_are_in_the_ledger()
    {
        using var uploads = new Uploads();
        var table = "file_name,caption\na.png,a cat\ngone.png,a ghost\nb,a dog\ngone.png,again\n"u8.ToArray();
        (string, byte[])[] files = [("a.png", Pictures.Png(8, 8)), ("b.png", Pictures.Png(9, 9)), ("metadata.csv", table)];
        var made = await uploads.IngestAsync([("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: csv\nmax_bad_fraction: 0.5\n")), .. files]);
        Assert.Equal(new Ledger(4, 2, 2, 0, 0), made.Ledger);
        Assert.Equal([("IMG_MISSING", "metadata.csv", 3L), ("IMG_MISSING", "metadata.csv", 5)], made.SetAside.Select(e => (e.Code, e.File, e.Line)));
        Assert.Contains("names 'gone.png'", made.SetAside[0].Message);
        var ragged = await uploads.IngestAsync(await uploads.PutAsync("ragged", ("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: csv\nmax_bad_fraction: 0.5\n")), ("a.png", Pictures.Png(8, 8)), ("metadata.csv", "file_name,caption\na.png,a cat\nragged\n"u8.ToArray())));
        Assert.Equal((new Ledger(2, 1, 1, 0, 0), "REC_COLUMNS", 3L), (ragged.Ledger, ragged.Codes[0], ragged.SetAside[0].Line));
        var strict = await uploads.IngestAsync(await uploads.PutAsync("strict", [("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: csv\n")), .. files]));
        Assert.Equal(["DATA_TOO_MANY_BAD", "IMG_MISSING"], strict.Result.Problems.Select(p => p.Code));
    }

    [Fact]
    public async Task A_group_cannot_split_images()
    {
        using var uploads = new Uploads();
        var refused = await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(("a.png", Pictures.Png(8, 8)), ("dataset.yaml", Pictures.Text("{dataset_type: image, caption_strategy: none, split: {eval: 0.5, by: 'group:author'}}"))));
        Assert.Equal(("CFG_UNSUPPORTED", "/split/by"), (refused.Code, refused.Problems[0].Path));
    }

    [Fact]
    public async Task A_records_id_is_the_digest_of_its_canonical_content()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(("x.png", Pictures.Png(8, 8)), ("x.txt", Pictures.Text("grün \"quoted\" <b>")));
        var line = JsonDocument.Parse(await uploads.ReadAsync(made.Result, "records-00000.jsonl")).RootElement;
        var content = JsonSerializer.SerializeToElement(line.EnumerateObject().Where(p => p.Name is not ("rec_id" or "source")).ToDictionary(p => p.Name, p => p.Value), Wire.Json);
        Assert.Equal(CanonicalJson.DigestOf(content), made.Records[0].RecId);
    }

    [Fact]
    public async Task The_archives_are_plain_tar_files_of_bounded_size()
    {
        using var uploads = new Uploads { Options = new() { ShardBytes = 2000 } };
        var made = await uploads.IngestAsync([.. Enumerable.Range(0, 9).Select(i => ($"{i}.png", Pictures.Png(16, 16, (byte)i)))]);
        var shards = made.Result.Files.Where(f => f.Path.EndsWith(".tar", StringComparison.Ordinal)).ToList();
        Assert.True(shards.Count > 2);
        var names = new List<string>();
        foreach (var shard in shards)
        {
            Assert.True(shard.Size < 5000);
            await using var tar = new TarReader(new MemoryStream(await uploads.ReadAsync(made.Result, shard.Path)));
            while (await tar.GetNextEntryAsync() is { } entry)
            {
                using var bytes = new MemoryStream();
                await entry.DataStream!.CopyToAsync(bytes);
                Assert.Equal(entry.Name, $"{Digest.Of(bytes.ToArray()).Hex}.png");
                names.Add(entry.Name);
            }
        }
        Assert.Equal(made.Records.Select(r => $"{r.Image!.Sha256.Hex}.png"), names);
    }

    [Fact]
    public async Task Bad_images_are_set_aside_with_their_codes_and_the_ledger_closes()
    {
        using var uploads = new Uploads();
        var whole = Pictures.Golden("jpeg-q100.jpg");
        var made = await uploads.IngestAsync(
            ("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: filename\nmax_bad_fraction: 1\n")),
            ("cut.jpg", whole[..(whole.Length / 2)]),
            ("good_one.jpg", whole),
            ("gif.gif", "GIF89a\u0001\0\u0001\0"u8.ToArray()),
            ("named.png", Pictures.Golden("jpeg-q1.jpg")),
            ("nothing.png", []),
            ("svg.svg", Pictures.Text("<svg xmlns='http://www.w3.org/2000/svg'/>")),
            ("text.jpg", Pictures.Text("not an image")));
        Assert.Equal(["IMG_TRUNCATED", "IMG_UNSUPPORTED", "IMG_TRUNCATED", "IMG_UNSUPPORTED", "IMG_UNSUPPORTED"], made.Codes);
        Assert.All(made.SetAside, e => Assert.Equal((1, 0), (e.Line, e.Offset)));
        Assert.Equal(new Ledger(7, 2, 5, 0, 0), made.Ledger);
        Assert.Equal(["good one", "named"], made.Records.Select(r => r.Captions![0]));
        var report = await ReportAsync(uploads, made);
        Assert.Equal("named.png", report.Warnings["IMG_NAME_MISMATCH"].First[0].File);
    }

    [Fact]
    public async Task Rules_leave_images_out_by_name_and_the_report_counts_buckets()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(
            ("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: instanceprompt\ninstance_prompt: a sks\nresolution: 128\nresolution_type: pixel_area\nminimum_image_size: 64\nmaximum_aspect_ratio: 2\nmax_upscale_threshold: 0.5\n")),
            ("a.png", Pictures.Png(128, 128)), ("b.png", Pictures.Png(256, 128)), ("c.png", Pictures.Png(30, 30)), ("d.png", Pictures.Png(300, 100)), ("e.png", Pictures.Png(80, 80)));
        Assert.Equal(["IMG_TOO_SMALL", "IMG_ASPECT_RATIO", "IMG_UPSCALE"], made.Codes);
        Assert.Contains("minimum_image_size is 64", made.SetAside[0].Message, StringComparison.Ordinal);
        Assert.Equal(new Ledger(5, 2, 0, 0, 3), made.Ledger);
        Assert.All(made.Records, r => Assert.Equal(["a sks"], r.Captions!));
        var report = (await ReportAsync(uploads, made)).Images!;
        Assert.Equal([(128, 128, 1), (192, 64, 1)], report.Buckets.Select(b => (b.Width, b.Height, b.Images)));
        Assert.Equal(1, report.Skipped["IMG_UPSCALE"]);
        Assert.Contains(report.Recommendations, r => r.Contains("repeats", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Classes_are_the_names_of_folders_where_the_configuration_says_so()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: folder\nmax_bad_fraction: 1\n")),
            ("train/red_fox/1.png", Pictures.Png(8, 8, 1)), ("train/owl/1.png", Pictures.Png(8, 8, 2)), ("loose.png", Pictures.Png(8, 8, 3)));
        Assert.Equal(["owl", "red fox"], made.Records.Select(r => Assert.Single(r.Captions!)));
        Assert.Equal(["IMG_NO_CAPTION"], made.Codes);
        var report = await ReportAsync(uploads, made);
        Assert.Equal(["*", "train/owl/*", "train/red_fox/*"], report.Files.Select(f => f.Path));
        Assert.Equal(made.Ledger, report.Files.Aggregate(Ledger.Empty, (sum, f) => sum + f.Ledger));
    }

    [Fact]
    public async Task Captions_come_from_a_table_by_name()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(
            ("dataset.yaml", Pictures.Text("dataset_type: image\nmetadata_backend: parquet\ncaption_strategy: parquet\nmax_bad_fraction: 1\nparquet:\n  path: t.jsonl\n  filename_column: id\n  caption_column: [short, long]\n  fallback_caption_column: alt\n")),
            ("t.jsonl", Uploads.Lines("{\"id\":\"x/a\",\"short\":\"an a\",\"long\":\"a long a\"}", "{\"id\":\"b.png\",\"short\":\"\",\"alt\":\"a b\"}")),
            ("x/a.png", Pictures.Png(8, 8, 1)), ("x/b.png", Pictures.Png(8, 8, 2)), ("x/c.png", Pictures.Png(8, 8, 3)));
        Assert.Equal(["an a|a long a", "a b"], made.Records.Select(r => string.Join('|', r.Captions!)));
        Assert.Equal(["IMG_NO_CAPTION"], made.Codes);
        Assert.Equal("x/c.png", made.SetAside[0].File);
    }

    [Fact]
    public async Task Captions_are_prepended_and_shuffled_the_same_way_every_time()
    {
        var config = Pictures.Text("dataset_type: image\ninstance_prompt: sks\nprepend_instance_prompt: true\ncaption_shuffle:\n  enable: true\n  count: 3\n  position_start: 1\n  seed: 5\n");
        (string, byte[])[] files = [("dataset.yaml", config), ("a.png", Pictures.Png(8, 8)), ("a.txt", Pictures.Text("one, two, three, four, five"))];
        using var first = new Uploads();
        using var second = new Uploads();
        var made = await first.IngestAsync(files);
        var captions = made.Records[0].Captions!;
        Assert.Equal("sks one, two, three, four, five", captions[0]);
        Assert.True(captions.Count is > 2 and <= 4);
        Assert.All(captions, c => Assert.StartsWith("sks one, ", c, StringComparison.Ordinal));
        Assert.All(captions, c => Assert.Equal(["five", "four", "sks one", "three", "two"], c.Split(", ").Order(StringComparer.Ordinal)));
        Assert.Equal(made.Result.VersionKey, (await second.IngestAsync(files)).Result.VersionKey);
        Assert.Equal(await first.ReadAsync(made.Result, "manifest.json"), await second.ReadAsync(made.Result, "manifest.json"));
    }

    [Fact]
    public async Task Secrets_and_personal_data_in_captions_are_set_aside_and_redacted()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(
            ("dataset.yaml", Pictures.Text("dataset_type: image\nmax_bad_fraction: 1\npii: {action: redact}\n")),
            ("a.png", Pictures.Png(8, 8, 1)), ("a.txt", Pictures.Text("a \"letter\" to ann.lee@example.org\nplain")),
            ("b.png", Pictures.Png(8, 8, 2)), ("b.txt", Pictures.Text("the key AKIA" + "IOSFODNN7EXAMPLQ on a wall")));
        Assert.Equal(["REC_SECRET"], made.Codes);
        Assert.Equal("/captions/0", made.SetAside[0].JsonPointer);
        Assert.StartsWith("a \"letter\" to [", made.Records[0].Captions![0], StringComparison.Ordinal);
        Assert.DoesNotContain("ann.lee", made.Records[0].Captions![0], StringComparison.Ordinal);
        Assert.Equal("plain", made.Records[0].Captions![1]);
    }

    [Fact]
    public async Task The_same_image_with_the_same_caption_is_a_copy_and_with_another_one_is_not()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(("a.png", Pictures.Png(8, 8)), ("a.txt", Pictures.Text("x")), ("b.png", Pictures.Png(8, 8)), ("b.txt", Pictures.Text("x")), ("c.png", Pictures.Png(8, 8)), ("c.txt", Pictures.Text("y")));
        Assert.Equal(new Ledger(3, 2, 0, 1, 0), made.Ledger);
        Assert.Equal(("b.png", "DUP_EXACT"), (made.SetAside[0].File, made.SetAside[0].Code));
        Assert.Equal(1, (await SealedImages.OpenAsync(uploads.Blobs, await ManifestAsync(uploads, made), default)).Count);
    }

    [Fact]
    public async Task Another_caption_makes_another_version_and_decodes_nothing_else_again()
    {
        using var uploads = new Uploads();
        var one = await uploads.IngestAsync(await uploads.PutAsync("one", ("a.png", Pictures.Png(8, 8)), ("a.txt", Pictures.Text("x")), ("b.png", Pictures.Png(9, 8)), ("b.txt", Pictures.Text("x"))));
        var two = await uploads.IngestAsync(await uploads.PutAsync("two", ("a.png", Pictures.Png(8, 8)), ("a.txt", Pictures.Text("z")), ("b.png", Pictures.Png(9, 8)), ("b.txt", Pictures.Text("x"))));
        Assert.NotEqual(one.Result.VersionKey, two.Result.VersionKey);
        Assert.Equal(one.Records[1], two.Records[1] with { Captions = one.Records[1].Captions });
        Assert.Equal(["z"], two.Records[0].Captions!);
    }

    [Fact]
    public async Task What_is_neither_image_nor_caption_is_named()
    {
        using var uploads = new Uploads();
        var made = await uploads.IngestAsync(("dataset.yaml", Pictures.Text("dataset_type: image\ncaption_strategy: none\n")), ("a.png", Pictures.Png(8, 8)), ("film.mp4", [1, 2, 3]), ("odd.txt", Pictures.Text("whose?")));
        Assert.False(made.Result.Sealed);
        Assert.Contains(made.Result.Problems, p => p is { Code: "FILE_UNSUPPORTED", File: "film.mp4" });
        Assert.Contains(made.Result.Problems, p => p is { File: "odd.txt" });
        Assert.DoesNotContain(made.Result.Files, f => f.Path.StartsWith("images", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_image_whose_bytes_changed_behind_the_upload_stops_the_ingestion()
    {
        using var uploads = new Uploads();
        var payload = await uploads.PutAsync("up", ("a.png", Pictures.Png(8, 8)));
        payload = payload with { Files = [payload.Files[0] with { Sha256 = Digest.OfText("another") }] };
        Assert.Equal("SRC_CHANGED", (await Assert.ThrowsAsync<TemperException>(() => uploads.IngestAsync(payload))).Code);
    }

    private static async Task<DatasetManifest> ManifestAsync(Uploads uploads, Ingested made) =>
        JsonSerializer.Deserialize<DatasetManifest>(await uploads.ReadAsync(made.Result, DatasetManifest.FileName), Wire.Strict)!;

    private static async Task<DatasetReport> ReportAsync(Uploads uploads, Ingested made) =>
        JsonSerializer.Deserialize<DatasetReport>(await uploads.ReadAsync(made.Result, DatasetManifest.ReportName), Wire.Strict)!;
}
