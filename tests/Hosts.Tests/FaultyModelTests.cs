using System.Text;
using System.Text.Json.Nodes;
using Temper.Models;
using Temper.Testing;

namespace Temper.Hosts.Tests;

/// <summary>Tokenizers and chat templates as nobody should write them, put before the real program: each fault has its code, its file and exit code 2.</summary>
public sealed class FaultyModelTests : IDisposable
{
    private const string Chat = """[{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]""";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("model.merges", "[\"a zzz\"]", "tokenizer_invalid", "needs token 'zzz'")]
    [InlineData("model.vocab", "{\"a\": 1, \"b\": 1}", "tokenizer_invalid", "id 1 belongs to two tokens")]
    [InlineData("added_tokens", "[{\"id\": 9000, \"content\": \"<x>\"}]", "tokenizer_invalid", "leaves a gap")]
    [InlineData("added_tokens", "[{\"id\": 40, \"content\": \"<x>\"}]", "tokenizer_invalid", "takes id 40")]
    [InlineData("pre_tokenizer", "{\"type\": \"Split\", \"pattern\": {\"Regex\": \"(a+)+b\"}, \"behavior\": \"Isolated\"}", "tokenizer_unsupported", "exponential")]
    [InlineData("pre_tokenizer", "{\"type\": \"UnicodeScripts\"}", "tokenizer_unsupported", "UnicodeScripts")]
    [InlineData("model", "{\"type\": \"BPE\", \"byte_fallback\": true, \"end_of_word_suffix\": \"_\", \"vocab\": {\"a\": 5}, \"merges\": []}", "tokenizer_invalid", "lacks <0x00>")]
    public async Task A_tokenizer_that_cannot_be_right_is_refused_by_name(string path, string value, string code, string words)
    {
        var json = JsonNode.Parse(BpeTrainer.Train(["what is number one"], 300, ["<|im_end|>"]))!;
        var parts = path.Split('.');
        (parts.Length == 1 ? json : json[parts[0]]!)[parts[^1]] = JsonNode.Parse(value);
        File.WriteAllText(_folder.Of("tokenizer.json"), json.ToJsonString());
        await RefusedAsync(["tokenize", _folder.Path, "--stdin"], "a", code, words);
    }

    [Theory]
    [InlineData("{% for m in messages %}", "template_invalid", "chat_template.jinja:1: ")]
    [InlineData("\n\n{{ messages.absent.absent }}", "template_failed", "line 3")]
    [InlineData("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}", "template_limit", "deep")]
    [InlineData("{% for i in range(90000) %}{% for j in range(90000) %}{% endfor %}{% endfor %}", "template_limit", "steps")]
    [InlineData("{% for i in range(1000000000) %}{% endfor %}", "template_limit", "range")]
    [InlineData("{% for i in range(90000) %}{{ 'xxxxxxxxxx' * 1000 }}{% endfor %}", "template_limit", "")]
    [InlineData("{{ raise_exception('only chats about boxes') }}", "template_refused", "only chats about boxes")]
    [InlineData("{{ messages.append(1) }}", "template_failed", "may not change")]
    [InlineData("{% include 'secrets' %}", "template_unsupported", "include")]
    [InlineData("{{ messages[0].__class__.__mro__ }}", "template_failed", "__class__")]
    public async Task A_template_that_does_not_end_or_reaches_too_far_is_refused_by_name(string template, string code, string words)
    {
        File.WriteAllBytes(_folder.Of("tokenizer.json"), BpeTrainer.Train(["what is number one"], 300, ["<|im_end|>"]));
        File.WriteAllText(_folder.Of("chat_template.jinja"), template);
        await RefusedAsync(["render", _folder.Path, "-"], Chat, code, words);
    }

    [Fact]
    public async Task A_template_that_rewrites_earlier_turns_has_no_labels_and_says_what_to_do()
    {
        File.WriteAllBytes(_folder.Of("tokenizer.json"), BpeTrainer.Train(["what is number one"], 300, ["<|im_end|>"]));
        File.WriteAllText(_folder.Of("chat_template.jinja"), "{{ messages|length }}{% for m in messages %}{{ m.content }}<|im_end|>{% endfor %}");
        await RefusedAsync(["render", _folder.Path, "-", "--labels"], Chat, "assistant_mask_unavailable", "changes with what follows");
        var (_, explained, _) = await TemperProcess.RunAsync(["explain", "assistant_mask_unavailable"]);
        Assert.Contains("{% generation %}", explained);
    }

    [Fact]
    public async Task A_template_whose_turns_never_end_is_refused_before_anything_is_trained()
    {
        File.WriteAllBytes(_folder.Of("tokenizer.json"), BpeTrainer.Train(["what is number one"], 300, ["<|im_end|>"]));
        File.WriteAllText(_folder.Of("tokenizer_config.json"), """{"eos_token": "<|im_end|>"}""");
        File.WriteAllText(_folder.Of("chat_template.jinja"), "{% for m in messages %}{% generation %}{{ m.content }}{% endgeneration %}\n{% endfor %}");
        await RefusedAsync(["render", _folder.Path, "-", "--labels"], """[{"role": "assistant", "content": "b"}]""", "turn_end_not_trained", "<|im_end|>");
    }

    [Theory]
    [InlineData("""[{"id": "1", "type": "function", "function": {"name": "look", "arguments": "{\"at\": 3}"}}]""")]
    [InlineData("""[{"name": "look", "arguments": {"at": 3}}]""")]
    public async Task Labels_are_shown_of_chats_with_tools_whatever_the_shape_of_their_calls(string calls)
    {
        File.WriteAllBytes(_folder.Of("tokenizer.json"), BpeTrainer.Train(["what is number one look at"], 300, ["<|im_end|>"]));
        File.WriteAllText(_folder.Of("tokenizer_config.json"), """{"eos_token": "<|im_end|>"}""");
        File.WriteAllText(_folder.Of("chat_template.jinja"), "{% for t in tools %}[{{ t.function.name }}]{% endfor %}{% for m in messages %}{% if m.role == 'assistant' %}{% generation %}{% for c in m.tool_calls %}({{ c.function.name }} {{ c.function.arguments.at }}){% endfor %}{{ m.content or '' }}<|im_end|>{% endgeneration %}{% else %}{{ m.content }}{% endif %}{% endfor %}");
        var chat = $$$"""{"messages": [{"role": "user", "content": "what", "mood": 1}, {"role": "assistant", "tool_calls": {{{calls}}}}], "tools": [{"type": "function", "function": {"name": "look"}}]}""";
        var (exit, shown, errors) = await TemperProcess.FeedAsync(chat, ["render", _folder.Path, "-", "--labels"]);
        Assert.True(exit == 0, errors);
        Assert.Contains("[look]what{+(look 3)<|im_end|>+}", shown);
        Assert.Contains("training does not read 'mood'", errors);
    }

    [Fact]
    public async Task A_word_of_a_megabyte_NUL_and_replacement_characters_are_encoded_and_come_back()
    {
        File.WriteAllBytes(_folder.Of("tokenizer.json"), BpeTrainer.Train(["what is number one"], 300, ["<|im_end|>"]));
        var text = new string('e', 1 << 20) + "\0\uFFFD\uFFFF";
        var (exit, output, errors) = await TemperProcess.FeedAsync(text, ["tokenize", _folder.Path, "--stdin", "--json"]);
        Assert.True(exit == 0, errors);
        var (_, back, _) = await TemperProcess.FeedAsync(JsonNode.Parse(output)!["ids"]!.ToJsonString(), ["tokenize", _folder.Path, "--stdin", "--decode", "--json"]);
        Assert.Equal(text, JsonNode.Parse(back)!["text"]!.GetValue<string>());
    }

    private static async Task RefusedAsync(string[] arguments, string input, string code, string words)
    {
        var (exit, output, errors) = await TemperProcess.FeedAsync(input, arguments);
        Assert.Equal(2, exit);
        Assert.Contains($"error {code}: ", errors);
        Assert.Contains(words, errors);
        Assert.Empty(output);
        Assert.True(Encoding.UTF8.GetByteCount(errors) < 2000, "an error is a sentence, not a dump");
    }
}
