using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;

namespace Temper.Models.Tests;

/// <summary>Records with tools, segments and answers to compare: what a model sees of them, and what it learns.</summary>
public sealed class ToolExampleTests
{
    private const string Calling =
        "{%- if tools %}<|im_start|>system\n{% for tool in tools %}{{ tool | tojson }}\n{% endfor %}<|im_end|>\n{% endif %}" +
        "{%- for m in messages %}<|im_start|>{{ m.role }}\n{% if m.role == 'assistant' %}{% generation %}{{ m.content or '' }}{% for c in m.tool_calls or [] %}{{ c.function | tojson }}{% endfor %}<|im_end|>{% endgeneration %}" +
        "{% else %}{{ m.content }}<|im_end|>{% endif %}\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}";

    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllBytes(TinyModel.DataPath("templates-golden.json"))).RootElement;
    private readonly Tokenizer _tokenizer = Tokenizer.Open(TinyModel.DataPath("tokenizer.json"));

    [Theory]
    [InlineData("deepseek_bars")]
    [InlineData("glm_observation")]
    [InlineData("granite_roles")]
    [InlineData("harmony_channels")]
    [InlineData("llama3_headers")]
    [InlineData("mistral_v3_tools")]
    [InlineData("qwen_thinking_generation")]
    [InlineData("qwen_tools")]
    public void Canonical_turns_with_tools_are_rendered_and_marked_as_Jinja_does(string name)
    {
        var expected = Golden.GetProperty("cases").EnumerateArray().Single(c => c.GetProperty("template").GetString() == name && c.GetProperty("chat").GetString() == "tools" && !c.GetProperty("prompt").GetBoolean());
        var source = Golden.GetProperty("templates").TryGetProperty(name, out var text) ? text.GetString()! : File.ReadAllText(TinyModel.DataPath($"templates/{name}.jinja"));
        var template = ChatTemplate.Parse(source, Golden.GetProperty("variables").Deserialize<Dictionary<string, string>>(), time: new Standing());
        var turns = Golden.GetProperty("chats").GetProperty("tools").EnumerateArray().Select(Turn).ToList();
        string[] tools = [.. Golden.GetProperty("tools").EnumerateArray().Select(tool => tool.GetRawText())];
        var chat = template.RenderForTraining(turns, ToolTexts.Variables(tools));
        Assert.Equal(expected.GetProperty("text").GetString(), chat.Text);
        Assert.Equal(expected.GetProperty("spans").EnumerateArray().Select(s => (s[0].GetInt32(), s[1].GetInt32())), chat.AssistantSpans.Select(s => (s.Start, s.End)));
        // Some of the templates know calls and leave descriptions of tools out; a record that has some is refused then.
        ToolTexts.Check(chat, turns, chat.Text.Contains("Finds", StringComparison.Ordinal) ? tools : null);
    }

    [Fact]
    public void Calls_are_learnt_with_their_arguments_in_order_and_answers_of_tools_are_not()
    {
        foreach (var template in (string[])[Calling, Calling.Replace("{% generation %}", "", StringComparison.Ordinal).Replace("{% endgeneration %}", "", StringComparison.Ordinal)])
        {
            var example = Build(template, WithCall)!;
            Assert.Equal("""{"name": "add", "arguments": {"b": 2, "a": 1.0}}<|im_end|>3<|im_end|>""", Trained(example));
            Assert.Contains("""{"name": "add", "parameters": {"b": {}, "a": {}}}""", _tokenizer.Decode(example.Tokens, skipSpecial: false), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_template_that_leaves_tools_or_calls_out_is_an_error_not_an_empty_answer()
    {
        foreach (var template in (string[])[ChatTemplate.ChatMl, Calling.Replace("c.function | tojson", "'a call'", StringComparison.Ordinal), Calling.Replace("tool | tojson", "'a tool'", StringComparison.Ordinal)])
            Assert.Equal(("template_ignores_tools", true), Outcome(template, WithCall) is var outcome ? (outcome.Problem!.Code, outcome.Fatal) : default);
    }

    [Fact]
    public void A_tool_cannot_spell_a_special_token()
    {
        var record = Record(RecordKind.Messages) with { Messages = [new("user", "a"), new("assistant", "b")], Tools = ["""{"name":"f","description":"<|im_end|>","<|im_end|>":1}"""] };
        Assert.Equal(3, Build(Calling, record)!.Tokens.Count(id => id == _tokenizer.IdOf("<|im_end|>")));
    }

    [Fact]
    public void Segments_are_used_as_they_stand_and_the_labelled_ones_are_learnt()
    {
        var record = Record(RecordKind.Segments) with { Segments = [new("Q: why\nA:", false), new(" because<|im_end|>", true), new("\nQ:", false), new(" so<|im_end|>", true)] };
        var example = Build(Calling, record)!;
        Assert.Equal("Q: why\nA: because<|im_end|>\nQ: so<|im_end|>", _tokenizer.Decode(example.Tokens, skipSpecial: false));
        Assert.Equal(" because<|im_end|> so<|im_end|>", Trained(example));
        Assert.Equal(" so<|im_end|>", Trained(Build(Calling, record, TrainOn.Completion)!));
        Assert.Equal(example.Tokens.Length - 1, Build(Calling, record, TrainOn.All)!.SupervisedCount);
        var open = Outcome(Calling, record with { Segments = [new("a", false), new("b", true)] });
        Assert.Equal(("turn_end_not_trained", false, 1), (open.Problem!.Code, open.Fatal, open.Example!.SupervisedCount));
    }

    [Theory]
    [InlineData(RecordKind.Preference, "data_needs_preference_training")]
    [InlineData(RecordKind.Unpaired, "data_needs_preference_training")]
    [InlineData(RecordKind.Image, "data_needs_image_training")]
    public void What_supervised_training_cannot_learn_is_refused(RecordKind kind, string code) =>
        Assert.Equal((code, true), Outcome(Calling, Record(kind)) is var outcome ? (outcome.Problem!.Code, outcome.Fatal) : default);

    private static CanonicalRecord WithCall => Record(RecordKind.Messages) with
    {
        Messages =
        [
            new("user", "1 + 2?"), new("assistant", "") { ToolCalls = [new("add", """{"b":2,"a":1.0}""") { Id = "c1" }] },
            new("tool", "three") { ToolCallId = "c1" }, new("assistant", "3"),
        ],
        Tools = ["""{"name":"add","parameters":{"b":{},"a":{}}}"""],
    };

    private static CanonicalRecord Record(RecordKind kind) => new(Digest.OfText("x"), kind, new RecordSource("x.jsonl", 1, 0));

    private static ChatTurn Turn(JsonElement message) => new(message.GetProperty("role").GetString()!, message.GetProperty("content").GetString()!)
    {
        Name = message.TryGetProperty("name", out var name) ? name.GetString() : null,
        ToolCallId = message.TryGetProperty("tool_call_id", out var id) ? id.GetString() : null,
        ToolCalls = message.TryGetProperty("tool_calls", out var calls)
            ? [.. calls.EnumerateArray().Select(c => new ToolCall(c.GetProperty("function").GetProperty("name").GetString()!, c.GetProperty("function").GetProperty("arguments").GetRawText()) { Id = c.GetProperty("id").GetString() })]
            : null,
    };

    private ExampleOutcome Outcome(string template, CanonicalRecord record, TrainOn trainOn = TrainOn.Auto) =>
        new ExampleBuilder(_tokenizer, ChatTemplate.Parse(template, guarded: _tokenizer.SpecialTokens), [_tokenizer.IdOf("<|im_end|>")!.Value], new ExampleOptions { TrainOn = trainOn }).Build(record);

    private Example? Build(string template, CanonicalRecord record, TrainOn trainOn = TrainOn.Auto)
    {
        var outcome = Outcome(template, record, trainOn);
        Assert.Null(outcome.Problem);
        return outcome.Example;
    }

    private string Trained(Example example) => _tokenizer.Decode([.. example.Tokens.Where((_, i) => example.Supervised[i])], skipSpecial: false);

    private sealed class Standing : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

        public override DateTimeOffset GetUtcNow() => new(2026, 11, 5, 8, 3, 9, TimeSpan.Zero);
    }
}
