using System.Text.Json.Nodes;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Images with the real program.</summary>
public sealed class ImageVerbTests
{
    private static readonly string Images = RepoRoot.Of("tests", "Models.Tests", "data", "images");

    [Fact]
    public async Task Inspecting_an_image_shows_format_size_orientation_and_bucket()
    {
        var (exit, output, _) = await TemperProcess.RunAsync(["inspect", Path.Combine(Images, "jpeg-exif6.jpg"), "--json"]);
        Assert.Equal(0, exit);
        var facts = JsonNode.Parse(output)!;
        Assert.Equal(("jpeg", 12, 20, 6), (facts["format"]!.GetValue<string>(), facts["width"]!.GetValue<int>(), facts["height"]!.GetValue<int>(), facts["orientation"]!.GetValue<int>()));
        Assert.Equal((768, 1344), (facts["bucket"]!["width"]!.GetValue<int>(), facts["bucket"]!["height"]!.GetValue<int>()));
        Assert.Contains("applied", (await TemperProcess.RunAsync(["inspect", Path.Combine(Images, "jpeg-exif6.jpg")])).Output);
    }

    [Fact]
    public async Task Inspecting_a_cut_image_says_what_ingestion_would_say()
    {
        using var folder = new TempFolder();
        var path = folder.Of("cut.jpg");
        await File.WriteAllBytesAsync(path, File.ReadAllBytes(Path.Combine(Images, "jpeg-q100.jpg"))[..3000]);
        var (exit, _, errors) = await TemperProcess.RunAsync(["inspect", path]);
        Assert.Equal(2, exit);
        Assert.Contains("IMG_TRUNCATED", errors);
    }
}
