using System.Security.Cryptography;
using System.Text.Json;

namespace Temper.Models.Tests;

/// <summary>Pixels as other programs give them; tests/reference/images.py made the files. Where TEMPER_GOLDEN_IMAGES names a folder, its larger set is read instead.</summary>
public sealed class GoldenImageTests
{
    private static readonly string Folder = Environment.GetEnvironmentVariable("TEMPER_GOLDEN_IMAGES") ?? TinyModel.DataPath("images");

    private static readonly JsonElement[] Golden = [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "golden.json"))).RootElement.EnumerateArray()];

    [Fact]
    public void Every_golden_file_decodes_to_the_pixels_that_others_decode()
    {
        var wrong = new List<string>();
        foreach (var golden in Golden.Where(g => g.TryGetProperty("file", out _)))
        {
            var name = golden.GetProperty("file").GetString()!;
            var image = ImageDecoder.Decode(File.ReadAllBytes(Path.Combine(Folder, name))).Image;
            if (Said(golden) != Seen(image)) wrong.Add($"{name}: {Seen(image)}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void Resizing_gives_Pillows_pixels()
    {
        var source = ImageDecoder.Decode(File.ReadAllBytes(Path.Combine(Folder, "resize-source.png"))).Image;
        var wrong = new List<string>();
        foreach (var golden in Golden.Where(g => g.TryGetProperty("resized", out _)))
        {
            var filter = Enum.Parse<ResampleFilter>(golden.GetProperty("resized").GetString()!, ignoreCase: true);
            var image = ImageResize.To(source, golden.GetProperty("width").GetInt32(), golden.GetProperty("height").GetInt32(), filter);
            if (Said(golden) != Seen(image)) wrong.Add($"{filter} {Said(golden)}");
        }
        Assert.Empty(wrong);
    }

    [Fact]
    public void A_header_is_what_decoding_finds()
    {
        foreach (var file in Directory.EnumerateFiles(Folder).Where(f => ImageSignature.OfName(f) != ImageFormat.Unknown))
        {
            var bytes = File.ReadAllBytes(file);
            var (header, decoded) = (ImageDecoder.ReadHeader(bytes), ImageDecoder.Decode(bytes));
            Assert.Equal((decoded.Image.Width, decoded.Image.Height), (header.UprightWidth, header.UprightHeight));
            Assert.Equal(decoded.Header with { Warnings = header.Warnings }, header);
            Assert.Equal(ImageSignature.OfName(file), header.Format);
        }
    }

    private static string Said(JsonElement golden) => $"{golden.GetProperty("width")} × {golden.GetProperty("height")} {golden.GetProperty("sha256").GetString()}";

    private static string Seen(RgbImage image) => $"{image.Width} × {image.Height} {Convert.ToHexStringLower(SHA256.HashData(image.Pixels))}";
}
