using System.Globalization;
using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Serving;

/// <summary><c>POST /v1/classifications</c> (texts) and <c>POST /v1/images/classifications</c> (images): the labels of a trained classifier with their probabilities.
/// OpenAI has no such routes; fields and errors are in its manner.</summary>
internal static class ClassificationRoutes
{
    private const int MostInputs = 256, MostLabels = 1000, UsualLabels = 5;

    /// <summary><c>{"model", "input": text or texts, "top_k"}</c>.</summary>
    public static async Task TextsAsync(HttpContext http, ServingHost host)
    {
        using var body = await BodyAsync(http).ConfigureAwait(false);
        var fields = new JsonFields(body.RootElement);
        var (model, top) = (Model(fields.Text("model")), Top(fields.Whole("top_k")));
        var texts = Strings(fields, "input");
        await AnswerAsync(http, model, top, fields.Unasked, await host.ClassifyAsync(model, classifier => texts.Select(classifier.Classify).ToArray(), http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>A form with files named <c>image</c>, or <c>{"model", "image": base64 or data URL, or several, "top_k"}</c>.</summary>
    public static async Task ImagesAsync(HttpContext http, ServingHost host)
    {
        var (model, top, files, unasked) = http.Request.HasFormContentType ? await FormAsync(http).ConfigureAwait(false) : await JsonAsync(http).ConfigureAwait(false);
        var images = files.Select((file, i) => Decoded(file, i, http.RequestAborted)).ToArray();
        await AnswerAsync(http, model, top, unasked, await host.ClassifyAsync(model, classifier => images.Select(image => classifier.Classify(image, http.RequestAborted)).ToArray(), http.RequestAborted).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static async Task<(string Model, int Top, byte[][] Files, IReadOnlyList<string> Unasked)> FormAsync(HttpContext http)
    {
        IFormCollection form;
        try
        {
            form = await http.Request.ReadFormAsync(http.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidDataException or BadHttpRequestException)
        {
            throw new TemperException("invalid_value", $"The form cannot be read: {e.Message}", inner: e);
        }
        var files = new List<byte[]>();
        foreach (var file in form.Files.Where(file => file.Name is "image" or "image[]"))
        {
            using var copy = new MemoryStream();
            await file.CopyToAsync(copy, http.RequestAborted).ConfigureAwait(false);
            files.Add(copy.ToArray());
        }
        var top = form["top_k"].ToString();
        var model = Model(form["model"].ToString() is { Length: > 0 } named ? named : null);
        return (model, Top(top.Length == 0 ? null : int.TryParse(top, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw Bad("invalid_type", "top_k", "'top_k' is not a whole number.")),
            Some(files.ToArray(), "image"), [.. form.Keys.Except(["model", "top_k"]), .. form.Files.Select(file => file.Name).Where(name => name is not ("image" or "image[]"))]);
    }

    private static async Task<(string Model, int Top, byte[][] Files, IReadOnlyList<string> Unasked)> JsonAsync(HttpContext http)
    {
        using var body = await BodyAsync(http).ConfigureAwait(false);
        var fields = new JsonFields(body.RootElement);
        var (model, top) = (Model(fields.Text("model")), Top(fields.Whole("top_k")));
        return (model, top, [.. Strings(fields, "image").Select(Bytes)], fields.Unasked);
    }

    private static byte[] Bytes(string text, int i)
    {
        var data = text.StartsWith("data:", StringComparison.Ordinal) ? text[(text.IndexOf(',', StringComparison.Ordinal) + 1)..] : text;
        var bytes = new byte[data.Length];
        return Convert.TryFromBase64String(data, bytes, out var written) ? bytes[..written] : throw Bad("invalid_value", "image", $"Image {i + 1} is neither base64 nor a data URL with base64.");
    }

    private static RgbImage Decoded(byte[] file, int i, CancellationToken ct)
    {
        try
        {
            return ImageDecoder.Decode(file, ct: ct).Image;
        }
        catch (TemperException e)
        {
            throw Bad("invalid_value", "image", $"Image {i + 1} cannot be decoded: {e.Message} ({e.Code})");
        }
    }

    private static async Task<JsonDocument> BodyAsync(HttpContext http)
    {
        try
        {
            var body = await JsonDocument.ParseAsync(http.Request.Body, new JsonDocumentOptions { AllowDuplicateProperties = false }, http.RequestAborted).ConfigureAwait(false);
            return body.RootElement.ValueKind == JsonValueKind.Object ? body : throw new JsonException("it is not an object");
        }
        catch (JsonException e)
        {
            throw new TemperException("invalid_json", $"The body is not the JSON that is expected: {e.Message}", inner: e);
        }
    }

    /// <summary>A string or several.</summary>
    private static string[] Strings(JsonFields fields, string name)
    {
        var value = fields.Require(name);
        if (value.ValueKind == JsonValueKind.String)
            return [value.GetString()!];
        if (value.ValueKind != JsonValueKind.Array)
            throw JsonFields.WrongType(name, "a string or an array of strings", value);
        return Some([.. value.EnumerateArray().Select((item, i) => item.ValueKind == JsonValueKind.String ? item.GetString()! : throw JsonFields.WrongType($"{name}[{i}]", "a string", item))], name);
    }

    private static T[] Some<T>(T[] inputs, string name) => inputs.Length is > 0 and <= MostInputs ? inputs : inputs.Length == 0
        ? throw Bad("missing_required_parameter", name, $"Missing required parameter: '{name}'.")
        : throw Bad("invalid_value", name, $"'{name}' holds {inputs.Length} inputs; at most {MostInputs} are answered at once.");

    private static string Model(string? name) => name ?? throw Bad("missing_required_parameter", "model", "Missing required parameter: 'model'.");

    private static int Top(int? asked) => asked is null ? UsualLabels : asked is > 0 and <= MostLabels ? asked.Value : throw Bad("invalid_value", "top_k", $"'top_k' is {asked}; 1 to {MostLabels} are possible.");

    private static Task AnswerAsync(HttpContext http, string model, int top, IReadOnlyList<string> unasked, IReadOnlyList<LabelScore>[] answers)
    {
        if (unasked.Count > 0)
            http.Response.Headers[OpenAiRoutes.WarningHeader] = OpenAiRoutes.Ascii($"ignored fields: {string.Join(", ", unasked)}");
        var body = new { Object = "list", Model = model, Data = answers.Select((labels, i) => new { Object = "classification", Index = i, Labels = labels.Take(top).Select(l => new { l.Label, l.Probability }) }) };
        return http.Response.WriteAsJsonAsync(body, ChatJson.Options, http.RequestAborted);
    }

    private static TemperException Bad(string code, string path, string message) => new([new Problem(code, message) { Path = path }]);
}
