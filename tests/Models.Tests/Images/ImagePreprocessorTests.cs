using System.Text;
using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Images as models of images read them.</summary>
public sealed class ImagePreprocessorTests
{
    private static readonly RgbImage Image = ImageDecoder.Decode(File.ReadAllBytes(Path.Combine(TinyModel.DataPath("images"), "resize-source.png"))).Image;

    [Fact]
    public void A_ViTs_settings_resize_scale_and_normalise_channels_first()
    {
        var settings = Parse("""{"do_resize":true,"size":{"height":12,"width":12},"resample":2,"do_rescale":true,"rescale_factor":0.00392156862745098,"do_normalize":true,"image_mean":[0.5,0.5,0.5],"image_std":[0.5,0.5,0.5]}""");
        var numbers = new float[3 * 12 * 12];
        settings.Write(Image, numbers);
        var resized = ImageResize.To(Image, 12, 12, ResampleFilter.Bilinear);
        for (var i = 0; i < 144; i++)
            for (var channel = 0; channel < 3; channel++)
                Assert.Equal((resized.Pixels[3 * i + channel] / 255.0 - 0.5) / 0.5, numbers[channel * 144 + i], 1e-6);
    }

    [Fact]
    public void CLIPs_settings_keep_the_aspect_and_cut_the_middle()
    {
        var settings = Parse("""{"size":{"shortest_edge":20},"resample":3,"do_center_crop":true,"crop_size":{"height":20,"width":20},"image_mean":[0.48,0.46,0.41],"image_std":[0.27,0.26,0.28]}""");
        // 61 × 43 becomes 28 × 20.
        Assert.Equal(ImageResize.To(Image, 28, 20, ResampleFilter.Bicubic).Crop(4, 0, 20, 20).Pixels, settings.Prepare(Image).Pixels);
        Assert.Equal(settings.Prepare(Image).Pixels, Parse("""{"size":20,"resample":3,"do_center_crop":true,"crop_size":20}""").Prepare(Image).Pixels);
    }

    [Fact]
    public void A_cut_larger_than_the_image_is_filled_with_black()
    {
        var prepared = Parse("""{"do_resize":false,"do_center_crop":true,"crop_size":{"height":50,"width":40}}""").Prepare(Image);
        Assert.Equal((40, 50), (prepared.Width, prepared.Height));
        Assert.All(prepared.Row(0).ToArray(), b => Assert.Equal(0, b));
        Assert.Equal(Image.Row(0).Slice(3 * 10, 3 * 40).ToArray(), prepared.Row(4).ToArray());
    }

    [Theory]
    [InlineData("{\"resample\":1}")]
    [InlineData("{\"size\":{\"width\":0,\"height\":5}}")]
    [InlineData("{\"size\":{\"width\":100000,\"height\":5}}")]
    [InlineData("{\"image_std\":[1,0,1]}")]
    [InlineData("{\"image_mean\":[1]}")]
    [InlineData("{\"size\":{}}")]
    [InlineData("{\"do_resize\":\"False\"}")]
    [InlineData("[")]
    public void What_cannot_be_done_is_refused(string json) => Assert.Equal("IMG_PREPROCESSOR", Assert.Throws<TemperException>(() => Parse(json)).Code);

    [Fact]
    public void Other_settings_have_another_digest()
    {
        string[] all = ["{}", "{\"resample\":3}", "{\"size\":12}", "{\"do_rescale\":false}", "{\"do_normalize\":false}", "{\"do_center_crop\":true}", "{\"image_mean\":[0.5,0.5,0.51]}"];
        Assert.Equal(all.Length, all.Select(json => Parse(json).Digest).Distinct().Count());
        Assert.Equal(Parse("{}").Digest, Parse("{\"do_resize\":true}").Digest);
    }

    [Fact]
    public void A_models_features_of_an_image_are_those_of_its_pixels_alone()
    {
        var folder = Path.Combine(TinyModel.DataPath("encoders"), "vit-classifier");
        using var engine = CpuEngine.Create(1);
        using var model = ImageEmbedder.Open(folder, engine);
        var other = ImageResize.To(Image, 30, 50, ResampleFilter.Bilinear);
        var both = model.Embed(2, i => i == 0 ? Image : other);
        Assert.Equal(both[0], model.Embed(1, _ => Image)[0]);
        Assert.Equal(both[1], model.Embed(1, _ => other)[0]);
        Assert.NotEqual(both[0], both[1]);
        Assert.All(both, vector => Assert.Equal(1, vector.Sum(x => x * (double)x), 1e-5));
        Assert.Equal(24, model.Width);
    }

    private static ImagePreprocessor Parse(string json) => ImagePreprocessor.Parse(Encoding.UTF8.GetBytes(json), "preprocessor_config.json");
}
