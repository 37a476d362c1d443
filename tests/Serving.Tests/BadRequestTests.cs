using System.Net;
using System.Text.Json.Nodes;

namespace Temper.Serving.Tests;

[Collection("server")]
public sealed class BadRequestTests(ServingServer server)
{
    [Theory]
    [InlineData("""{"model":1}""", "invalid_type", "model")]
    [InlineData("""{"model":null}""", "missing_required_parameter", "model")]
    [InlineData("""{"messages":[]}""", "invalid_value", "messages")]
    [InlineData("""{"messages":null}""", "missing_required_parameter", "messages")]
    [InlineData("""{"messages":"hello"}""", "invalid_type", "messages")]
    [InlineData("""{"messages":[{"role":"wizard","content":"x"}]}""", "invalid_value", "messages[0].role")]
    [InlineData("""{"messages":[{"role":"user"}]}""", "missing_required_parameter", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":5}]}""", "invalid_type", "messages[0].content")]
    [InlineData("""{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"x"}}]}]}""", "unsupported_parameter", "messages[0].content[0].type")]
    [InlineData("""{"messages":[{"role":"assistant","content":"x","tool_calls":[]}]}""", "unsupported_parameter", "messages[0].tool_calls")]
    [InlineData("""{"max_tokens":0}""", "invalid_value", "max_tokens")]
    [InlineData("""{"max_tokens":-3}""", "invalid_value", "max_tokens")]
    [InlineData("""{"max_completion_tokens":0}""", "invalid_value", "max_completion_tokens")]
    [InlineData("""{"max_tokens":1.5}""", "invalid_type", "max_tokens")]
    [InlineData("""{"max_tokens":5,"max_completion_tokens":6}""", "invalid_value", "max_tokens")]
    [InlineData("""{"max_tokens":100000}""", "context_length_exceeded", "messages")]
    [InlineData("""{"n":0}""", "invalid_value", "n")]
    [InlineData("""{"n":128}""", "invalid_value", "n")]
    [InlineData("""{"temperature":-1}""", "invalid_value", "temperature")]
    [InlineData("""{"temperature":1e9}""", "invalid_value", "temperature")]
    [InlineData("""{"temperature":"hot"}""", "invalid_type", "temperature")]
    [InlineData("""{"top_p":1.01}""", "invalid_value", "top_p")]
    [InlineData("""{"min_p":-0.1}""", "invalid_value", "min_p")]
    [InlineData("""{"top_k":-2}""", "invalid_value", "top_k")]
    [InlineData("""{"frequency_penalty":2.1}""", "invalid_value", "frequency_penalty")]
    [InlineData("""{"presence_penalty":-2.1}""", "invalid_value", "presence_penalty")]
    [InlineData("""{"repetition_penalty":0}""", "invalid_value", "repetition_penalty")]
    [InlineData("""{"logit_bias":{"hello":1}}""", "invalid_value", "logit_bias")]
    [InlineData("""{"logit_bias":{"99999999":1}}""", "invalid_value", "logit_bias")]
    [InlineData("""{"logit_bias":{"3":101}}""", "invalid_value", "logit_bias.3")]
    [InlineData("""{"logit_bias":[1]}""", "invalid_type", "logit_bias")]
    [InlineData("""{"stop":["a","b","c","d","e"]}""", "invalid_value", "stop")]
    [InlineData("""{"stop":[""]}""", "invalid_value", "stop")]
    [InlineData("""{"stop":[5]}""", "invalid_type", "stop[0]")]
    [InlineData("""{"seed":1.5}""", "invalid_type", "seed")]
    [InlineData("""{"stream":"yes"}""", "invalid_type", "stream")]
    [InlineData("""{"stream_options":{"include_usage":true}}""", "invalid_value", "stream_options")]
    [InlineData("""{"logprobs":true}""", "unsupported_parameter", "logprobs")]
    [InlineData("""{"top_logprobs":2}""", "unsupported_parameter", "top_logprobs")]
    [InlineData("""{"response_format":{"type":"json_object"}}""", "unsupported_parameter", "response_format")]
    [InlineData("""{"tools":[{"type":"function","function":{"name":"f"}}]}""", "unsupported_parameter", "tools")]
    [InlineData("""{"modalities":["text","audio"]}""", "unsupported_parameter", "modalities")]
    [InlineData("""{"prediction":{"type":"content","content":"x"}}""", "unsupported_parameter", "prediction")]
    [InlineData("""{"chat_template_kwargs":3}""", "invalid_type", "chat_template_kwargs")]
    public async Task A_bad_field_is_refused_by_code_and_name(string fields, string code, string param)
    {
        var body = JsonNode.Parse("""{"model":"tuned","messages":[{"role":"user","content":"hello"}]}""")!.AsObject();
        foreach (var (name, value) in JsonNode.Parse(fields)!.AsObject())
            body[name] = value?.DeepClone();
        var (status, error, _) = await PostAsync(body.ToJsonString());
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal((code, param, "invalid_request_error"), ((string?)error["code"], (string?)error["param"], (string?)error["type"]));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("""{"model":"tuned","model":"tiny"}""")]
    public async Task A_body_that_is_no_json_is_refused(string body)
    {
        var (status, error, _) = await PostAsync(body);
        Assert.Equal(HttpStatusCode.BadRequest, status);
        Assert.Equal("invalid_json", (string?)error["code"]);
        Assert.True(error.AsObject().ContainsKey("param"));
    }

    [Theory]
    [InlineData("""{"model":"tuned","messages":[{"role":"user","content":"\ud800"}]}""", "invalid_value", "messages[0].content")]
    [InlineData("""{"model":"tuned","messages":[{"role":"user","content":[{"type":"text","text":"a\udc00"}]}]}""", "invalid_value", "messages[0].content[0].text")]
    [InlineData("""{"model":"tuned","messages":[{"role":"\ud800","content":"a"}]}""", "invalid_value", "messages[0].role")]
    [InlineData("""{"model":"tuned","messages":[{"role":"user","content":"\u00ff"}],"stop":["\ud800"]}""", "invalid_value", "stop[0]")]
    [InlineData("""{"model":"tuned","messages":[{"role":"user","content":"a"}],"chat_template_kwargs":{"a":{"b":"\ud800"}}}""", "invalid_value", "chat_template_kwargs.a.b")]
    [InlineData("""{"model":"tuned","messages":[{"role":"user","content":"ÿ"}]}""", "invalid_value", "messages[0].content")]
    [InlineData("""{"model":"ÿ","messages":[{"role":"user","content":"a"}]}""", "invalid_value", "model")]
    [InlineData("""{"model":"tuned","messages":[{"role":"user","content":"a"}],"ÿ":1}""", null, null)]
    [InlineData("""{"model":"tuned","messages":[{"role":"user","content":"a"}],"\ud800":1}""", null, null)]
    [InlineData("ÿþ{", "invalid_json", null)]
    public async Task What_is_no_text_is_refused_by_the_name_of_its_field(string body, string? code, string? param)
    {
        // Each character is sent as one byte, so that ÿ is no UTF-8.
        using var answer = await server.Http.PostAsync("v1/chat/completions", new ByteArrayContent(System.Text.Encoding.Latin1.GetBytes(body)));
        var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Equal("invalid_request_error", (string?)error["type"]);
        if (code is not null)
            Assert.Equal((code, param), ((string?)error["code"], (string?)error["param"]));
    }

    [Theory]
    [InlineData("GET", "v1/chat/completions", HttpStatusCode.MethodNotAllowed, "method_not_supported")]
    [InlineData("DELETE", "v1/models/tuned", HttpStatusCode.MethodNotAllowed, "method_not_supported")]
    [InlineData("POST", "v1/embeddings", HttpStatusCode.NotFound, "unknown_url")]
    [InlineData("GET", "v1", HttpStatusCode.NotFound, "unknown_url")]
    public async Task A_route_that_is_not_there_answers_in_the_same_shape(string method, string path, HttpStatusCode status, string code)
    {
        using var answer = await server.Http.SendAsync(new HttpRequestMessage(new HttpMethod(method), path) { Content = method == "POST" ? new StringContent("{}") : null });
        var error = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!;
        Assert.Equal((status, code, "invalid_request_error"), (answer.StatusCode, (string?)error["code"], (string?)error["type"]));
        Assert.Equal(status == HttpStatusCode.MethodNotAllowed, answer.Content.Headers.Allow.Count > 0);
        Assert.Equal(status == HttpStatusCode.NotFound, ((string)error["message"]!).Contains("/v1/fine_tuning/jobs", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Defaults_of_what_is_unsupported_are_accepted_and_unknown_fields_are_named_in_a_header()
    {
        const string body = """
            {"model":"tuned","messages":[{"role":"user","content":[{"type":"text","text":"hel"},{"type":"text","text":"lo"}]}],"max_tokens":2,"logprobs":false,"tools":[],
             "response_format":{"type":"text"},"modalities":["text"],"n":null,"stop":null,"user":"me","metadata":{"a":"b"},"store":false,"frobnicate":1,"naïve":2}
            """;
        using var answer = await server.Http.PostAsync("v1/chat/completions", new StringContent(body));
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal("ignored fields: frobnicate, na?ve", Assert.Single(answer.Headers.GetValues(OpenAiRoutes.WarningHeader)));
    }

    [Fact]
    public async Task Several_bad_fields_are_reported_together()
    {
        var (_, error, _) = await PostAsync("""{"model":"tuned","messages":[{"role":"user","content":"x"}],"temperature":9,"top_p":9}""");
        Assert.Contains("'temperature'", (string?)error["message"], StringComparison.Ordinal);
        Assert.Contains("'top_p'", (string?)error["message"], StringComparison.Ordinal);
    }

    private async Task<(HttpStatusCode Status, JsonNode Error, HttpResponseMessage Answer)> PostAsync(string body)
    {
        using var answer = await server.Http.PostAsync("v1/chat/completions", new StringContent(body));
        return (answer.StatusCode, JsonNode.Parse(await answer.Content.ReadAsStringAsync())!["error"]!, answer);
    }
}
