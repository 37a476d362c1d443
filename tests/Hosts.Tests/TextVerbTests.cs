using System.Text.Json;
using System.Text.Json.Nodes;
using Temper.Models;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary><c>temper tokenize</c> and <c>temper render</c> as people call them, on a folder without a server and on a model of the registry.</summary>
public sealed class TextVerbTests : IClassFixture<TextVerbTests.World>
{
    private const string Chat = """[{"role": "user", "content": "what is one [b]?"}, {"role": "assistant", "content": "the box 𠀀"}, {"role": "user", "content": "and two"}, {"role": "assistant", "content": "it is"}]""";
    private readonly TinyWorld _world;

    public TextVerbTests(World world) => _world = world.Tiny;

    [Theory]
    [InlineData("what is number one")]
    [InlineData("")]
    [InlineData("a𠀀b 👨‍👩‍👧 e\u0301\r\n\t\u0085 <|im_end|> \0")]
    public async Task Tokens_are_those_of_the_library_and_go_back_to_the_text(string text)
    {
        var (exit, output, errors) = await TemperProcess.FeedAsync(text, ["tokenize", _world.Base, "--stdin", "--json"]);
        Assert.True(exit == 0, errors);
        var expected = Tokenizer.Open(Path.Combine(_world.Base, "tokenizer.json")).Encode(text, new EncodeOptions());
        var document = JsonNode.Parse(output)!;
        Assert.Equal(expected.Ids, document["ids"]!.Deserialize<int[]>());
        Assert.Equal(expected.Starts, document["starts"]!.Deserialize<int[]>());
        Assert.Equal(expected.Ends, document["ends"]!.Deserialize<int[]>());
        var (_, back, _) = await TemperProcess.FeedAsync(document["ids"]!.ToJsonString(), ["tokenize", _world.Base, "--stdin", "--decode", "--json"]);
        Assert.Equal(text, JsonNode.Parse(back)!["text"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_chat_for_an_adapter_is_rendered_by_the_template_that_it_brings()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("adapter_config.json"), $$"""{"peft_type": "LORA", "r": 2, "target_modules": ["q_proj"], "base_model_name_or_path": {{JsonSerializer.Serialize(_world.Base)}}}""");
        File.WriteAllText(folder.Of("chat_template.jinja"), "{% for m in messages %}[{{ m.role }}] {{ m.content }}{% endfor %}");
        var (exit, shown, errors) = await TemperProcess.FeedAsync(Chat, ["render", folder.Path, "-"]);
        Assert.True(exit == 0, errors);
        Assert.StartsWith("[user] ", shown, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_chat_is_rendered_as_the_library_renders_it_and_its_spans_are_marked_in_a_pipe()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder.Of("chat.json"), Chat);
        var template = ChatTemplate.Parse(ChatTemplate.ChatMl);
        var messages = JsonNode.Parse(Chat)!.AsArray();
        var (exit, prompt, errors) = await TemperProcess.RunAsync(["render", _world.Base, folder.Of("chat.json"), "--add-generation-prompt"]);
        Assert.True(exit == 0, errors);
        Assert.Equal(template.RenderMessages(messages, addGenerationPrompt: true).Text, prompt[..^Environment.NewLine.Length]);
        var parts = Chat.Replace("\"and two\"", """[{"type": "text", "text": "and "}, {"type": "text", "text": "two"}]""", StringComparison.Ordinal);
        Assert.Equal(prompt, (await TemperProcess.FeedAsync(parts, ["render", _world.Base, "-", "--add-generation-prompt"])).Output);
        var (_, marked, _) = await TemperProcess.RunAsync(["render", _world.Base, folder.Of("chat.json"), "--spans"]);
        Assert.Contains("one [b]?<|im_end|>\n<|im_start|>assistant\n{+the box 𠀀<|im_end|>+}\n", marked);
        var (_, json, _) = await TemperProcess.FeedAsync($$"""{"messages": {{Chat}}}""", ["render", _world.Base, "-", "--spans", "--json"]);
        var spans = template.RenderMessagesForTraining(messages).AssistantSpans;
        Assert.Equal(spans, JsonNode.Parse(json)!["spans"]!.AsArray().Select(span => new TextSpan(span!["start"]!.GetValue<int>(), span["end"]!.GetValue<int>())));

        var (_, longer, _) = await TemperProcess.FeedAsync(Chat, ["render", _world.Base, "-", "--spans", "--add-generation-prompt", "--json"]);
        var (whole, begun) = (JsonDocument.Parse(json).RootElement, JsonDocument.Parse(longer).RootElement);
        Assert.Equal(whole.GetProperty("spans").GetRawText(), begun.GetProperty("spans").GetRawText());
        Assert.Equal(whole.GetProperty("text").GetString() + "<|im_start|>assistant\n", begun.GetProperty("text").GetString());
    }

    [Theory]
    [InlineData("auto", new[] { "it is<|im_end|>" })]
    [InlineData("completion", new[] { "it is<|im_end|>" })]
    [InlineData("all", null)]
    public async Task What_training_learns_is_shown_with_the_weights_of_messages(string what, string[]? learnt)
    {
        var chat = Chat.Replace("\"the box 𠀀\"", "\"the box 𠀀\", \"weight\": 0", StringComparison.Ordinal);
        var (exit, json, errors) = await TemperProcess.FeedAsync(chat, ["render", _world.Base, "-", "--labels", "--train-on", what, "--json"]);
        Assert.True(exit == 0, errors);
        var tokenizer = Tokenizer.Open(Path.Combine(_world.Base, "tokenizer.json"));
        var (ids, supervised, pieces) = (JsonNode.Parse(json)!["tokens"]!.Deserialize<int[]>()!, JsonNode.Parse(json)!["supervised"]!.Deserialize<bool[]>()!, JsonNode.Parse(json)!["pieces"]!.AsArray());
        Assert.Equal(tokenizer.Decode(ids, skipSpecial: false), string.Concat(pieces.Select(piece => piece!["text"]!.GetValue<string>())));
        if (learnt is null)
            Assert.Equal(ids.Length - 1, supervised.Count(label => label));
        else
            Assert.Equal(learnt, pieces.Where(piece => piece!["learnt"]!.GetValue<bool>()).Select(piece => piece!["text"]!.GetValue<string>()));
        var (_, marked, _) = await TemperProcess.FeedAsync(chat, ["render", _world.Base, "-", "--labels"]);
        Assert.Contains("assistant\nthe box 𠀀<|im_end|>\n<|im_start|>user\nand two<|im_end|>\n<|im_start|>assistant\n{+it is<|im_end|>+}\n", marked);
    }

    [Fact]
    public async Task A_model_of_the_registry_is_looked_into_by_its_reference()
    {
        using var server = await TemperProcess.UpAsync(_world.Home());
        await _world.ImportBaseAsync(server.Address);
        var (exit, output, errors) = await TemperProcess.FeedAsync("box", ["tokenize", "base:1", "--stdin", "--json", "--home", _world.Home()]);
        Assert.True(exit == 0, errors);
        Assert.Equal(Tokenizer.Open(Path.Combine(_world.Base, "tokenizer.json")).Encode("box"), JsonNode.Parse(output)!["ids"]!.Deserialize<int[]>());
        Assert.Equal(1, (await TemperProcess.FeedAsync("box", ["tokenize", "nobody", "--stdin", "--home", _world.Home()])).Exit);
    }

    [Theory]
    [InlineData("tokenize BASE --stdin --decode", "1 99999", 2, "invalid_value: The tokenizer has no token 99999")]
    [InlineData("tokenize BASE --stdin --decode", "1 two", 2, "invalid_value: 'two' is no token id")]
    [InlineData("tokenize BASE", "", 2, "usage")]
    [InlineData("tokenize BASE --file ./absent.txt", "", 1, "absent.txt")]
    [InlineData("tokenize ./absent --stdin", "", 1, "model_not_found")]
    [InlineData("tokenize :: --stdin", "", 2, "reference_invalid")]
    [InlineData("render BASE -", "{\"messages\": [\n{]", 2, "-:2: ")]
    [InlineData("render BASE -", "{\"messages\": [], \"messages\": []}", 2, "invalid_json")]
    [InlineData("render BASE -", "[1]", 2, "invalid_type: -: messages[0]: ")]
    [InlineData("render BASE -", "[{\"role\": \"user\", \"content\": \"\\ud800\"}]", 2, "invalid_value: -: messages[0].content: ")]
    [InlineData("render BASE - --labels", "[{\"role\": \"user\", \"content\": \"\\ud800\"}]", 2, "messages[0].content")]
    [InlineData("render BASE -", "{\"messages\": [], \"title\": \"\\ud800\"}", 2, "invalid_json")]
    [InlineData("render BASE -", "[{\"role\": \"wizard\", \"content\": \"a\"}]", 2, "messages[0].role")]
    [InlineData("render BASE - --labels", "[{\"role\": \"user\", \"content\": [1]}]", 2, "messages[0].content[0]")]
    [InlineData("render BASE - --labels", "[{\"role\": \"user\", \"content\": \"a\", \"tool_calls\": []}]", 2, "no_supervised_tokens")]
    [InlineData("render BASE - --labels", "[{\"role\": \"assistant\", \"content\": \"\", \"tool_calls\": [{\"arguments\": \"{}\", \"name\": \"look\"}]}]", 2, "template_ignores_tools")]
    [InlineData("render BASE - --labels", "[{\"role\": \"user\", \"content\": \"a\"}]", 2, "no_supervised_tokens")]
    [InlineData("render BASE - --labels", "{\"messages\": [], \"tools\": []}", 2, "data_empty_example")]
    [InlineData("render BASE - --labels", "{\"messages\": [], \"title\": \"a\"}", 2, "'title' stands beside the messages")]
    [InlineData("render BASE - --labels", "{\"messages\": [{\"role\": \"assistant\", \"content\": \"\", \"tool_calls\": [{\"id\": \"1\", \"type\": \"function\", \"function\": {\"name\": \"look\", \"arguments\": {\"a\": 1}}}]}], \"tools\": [{\"type\": \"function\", \"function\": {\"name\": \"look\"}}]}", 2, "template_ignores_tools")]
    [InlineData("render BASE - --labels", "[{\"role\": \"user\", \"content\": \"a\"}, {\"role\": \"tool\", \"content\": \"b\"}, {\"role\": \"assistant\", \"content\": \"c\"}]", 2, "REC_TOOL_ORDER")]
    [InlineData("render BASE - --labels --add-generation-prompt", "[]", 2, "usage")]
    [InlineData("render BASE -", "[{\"role\": \"user\"}]", 2, "missing_required_parameter: -: messages[0].content: ")]
    public async Task What_cannot_be_read_is_named_and_the_exit_code_says_whose_it_is(string arguments, string input, int code, string words)
    {
        var (exit, output, errors) = await TemperProcess.FeedAsync(input, [.. arguments.Split(' ').Select(word => word == "BASE" ? _world.Base : word)]);
        Assert.Equal(code, exit);
        Assert.Contains(words, errors);
        Assert.Empty(output);
    }

    /// <summary>One small model for all tests.</summary>
    public sealed class World : IDisposable
    {
        internal TinyWorld Tiny { get; } = new();

        public void Dispose() => Tiny.Dispose();
    }
}
