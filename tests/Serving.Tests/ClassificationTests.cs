using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Testing;

namespace Temper.Serving.Tests;

/// <summary>Classifiers over HTTP.</summary>
[Collection("server")]
public sealed class ClassificationTests(ServingServer server) : IDisposable
{
    // A grey PNG of 4 × 4 pixels.
    private const string Image = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAADklEQVR4nGNoQAIMxHEAcFIYAYPG8BkAAAAASUVORK5CYII=";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task An_uploaded_image_gets_its_labels_as_a_form_and_as_base64_alike()
    {
        server.Registry.Add("shapes", 1, Vit());
        var json = await PostAsync("v1/images/classifications", new JsonObject { ["model"] = "shapes:1", ["image"] = $"data:image/png;base64,{Image}", ["top_k"] = 2 });
        Assert.Equal("list", (string?)json["object"]);
        var labels = json["data"]![0]!["labels"]!.AsArray();
        Assert.Equal(2, labels.Count);
        Assert.True((double)labels[0]!["probability"]! >= (double)labels[1]!["probability"]!);
        using var form = new MultipartFormDataContent { { new StringContent("shapes:1"), "model" }, { new StringContent("2"), "top_k" }, { new ByteArrayContent(Convert.FromBase64String(Image)), "image", "grey.png" } };
        var answer = await server.Http.PostAsync("v1/images/classifications", form);
        Assert.Equal(json.ToJsonString(), JsonNode.Parse(await answer.Content.ReadAsStringAsync())!.ToJsonString());
    }

    [Fact]
    public async Task Texts_get_labels_whose_probabilities_add_up()
    {
        server.Registry.Add("inbox", 1, Text());
        var json = await PostAsync("v1/classifications", new JsonObject { ["model"] = "inbox:1", ["input"] = new JsonArray("the quick fox", "five jugs") });
        Assert.Equal([0, 1], json["data"]!.AsArray().Select(d => (int)d!["index"]!));
        Assert.All(json["data"]!.AsArray(), d => Assert.Equal(1, d!["labels"]!.AsArray().Sum(l => (double)l!["probability"]!), 1e-5));
    }

    [Fact]
    public async Task Who_chats_with_a_classifier_is_told_where_to_ask_it_by_its_name()
    {
        server.Registry.Add("signs", 1, Vit());
        server.Registry.Add("mails", 1, Text());
        foreach (var (model, where) in new[] { ("signs:1", "signs:1 classifies images, it does not chat. Ask POST /v1/images/classifications"), ("mails:1", "mails:1 classifies texts, it does not chat. Ask POST /v1/classifications") })
        {
            var answer = await server.Http.PostAsync("v1/chat/completions", new StringContent($$"""{"model":"{{model}}","messages":[{"role":"user","content":"x"}]}"""));
            Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
            var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!;
            Assert.Equal("not_a_chat_model", (string?)error["code"]);
            Assert.StartsWith(where, (string?)error["message"]);
        }
        var refused = await server.Http.PostAsync("v1/classifications", new StringContent("""{"model":"tiny:1","input":"x"}"""));
        Assert.StartsWith("tiny:1 has no head that classifies.", (string?)JsonNode.Parse(await refused.Content.ReadAsStringAsync())!["error"]!["message"]);
    }

    [Theory]
    [InlineData("v1/classifications", """{"model":"tiny:1","input":"x"}""", 400, "not_a_classifier")]
    [InlineData("v1/classifications", """{"model":"nowhere","input":"x"}""", 404, "model_not_found")]
    [InlineData("v1/classifications", """{"model":"tiny:1"}""", 400, "missing_required_parameter")]
    [InlineData("v1/classifications", """{"model":"tiny:1","input":"x","top_k":0}""", 400, "invalid_value")]
    [InlineData("v1/classifications", """{"model":"tiny:1","input":[5]}""", 400, "invalid_type")]
    [InlineData("v1/images/classifications", """{"model":"tiny:1","image":"!!"}""", 400, "invalid_value")]
    [InlineData("v1/images/classifications", """{"model":"tiny:1","image":"aGVsbG8="}""", 400, "invalid_value")]
    [InlineData("v1/images/classifications", "[]", 400, "invalid_json")]
    public async Task What_cannot_be_classified_is_refused_in_OpenAIs_shape(string route, string body, int status, string code)
    {
        var answer = await server.Http.PostAsync(route, new StringContent(body, System.Text.Encoding.UTF8, "application/json"));
        Assert.Equal((HttpStatusCode)status, answer.StatusCode);
        Assert.Equal(code, (string?)JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!["code"]);
    }

    private async Task<JsonNode> PostAsync(string route, JsonObject body)
    {
        var answer = await server.Http.PostAsJsonAsync(route, body);
        var text = await answer.Content.ReadAsStringAsync();
        Assert.True(answer.IsSuccessStatusCode, text);
        return JsonNode.Parse(text)!;
    }

    private string Vit()
    {
        var path = _folder.Of("vit");
        var config = new EncoderConfig { Kind = EncoderKind.Vit, HiddenSize = 16, IntermediateSize = 32, Layers = 1, Heads = 2, ImageSize = 8, PatchSize = 4, Channels = 3, Head = ModelHead.Classification, Labels = ["bar", "cross", "square"] };
        Directory.CreateDirectory(path);
        using var engine = CpuEngine.Create(1);
        using var encoder = Encoder.Create(engine, config, 3);
        File.WriteAllBytes(Path.Combine(path, "config.json"), config.ToJson());
        SafetensorsWriter.Write(Path.Combine(path, "model.safetensors"), encoder.Sources(StoredType.F32));
        return path;
    }

    private string Text()
    {
        TinyModels.SaveBase(_folder.Of("plain"), 5);
        using var engine = CpuEngine.Create(1);
        using var folder = ModelFolder.Open(_folder.Of("plain"));
        using var model = folder.LoadClassifier(engine, ["animals", "things"], 7);
        folder.SaveAs(_folder.Of("text"), model.Sources(StoredType.F32), model.Config.Labels);
        return _folder.Of("text");
    }
}
