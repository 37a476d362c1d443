using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Models.Tests;

/// <summary>The templates that recipes name, as each format is published.</summary>
public sealed class BuiltInTemplateTests
{
    private static readonly Dictionary<string, string> Tokens = new() { ["bos_token"] = "<s>", ["eos_token"] = "</s>" };

    public static TheoryData<string, string, string, string> Formats => new()
    {
        { "chatml", "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi?<|im_end|>\n<|im_start|>assistant\n", "Hello.<|im_end|>", "\n<|im_start|>user\nBye.<|im_end|>\n<|im_start|>assistant\n" },
        { "qwen", "<|im_start|>system\nBe kind.<|im_end|>\n<|im_start|>user\nHi?<|im_end|>\n<|im_start|>assistant\n", "Hello.<|im_end|>", "\n<|im_start|>user\nBye.<|im_end|>\n<|im_start|>assistant\n" },
        { "llama3", "<s><|start_header_id|>system<|end_header_id|>\n\nBe kind.<|eot_id|><|start_header_id|>user<|end_header_id|>\n\nHi?<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n", "Hello.<|eot_id|>", "<|start_header_id|>user<|end_header_id|>\n\nBye.<|eot_id|><|start_header_id|>assistant<|end_header_id|>\n\n" },
        { "mistral", "<s>[INST] Be kind.\n\nHi? [/INST]", " Hello.</s>", "[INST] Bye. [/INST]" },
        { "gemma", "<s><start_of_turn>user\nBe kind.\n\nHi?<end_of_turn>\n<start_of_turn>model\n", "Hello.<end_of_turn>", "\n<start_of_turn>user\nBye.<end_of_turn>\n<start_of_turn>model\n" },
        { "phi3", "<|system|>\nBe kind.<|end|>\n<|user|>\nHi?<|end|>\n<|assistant|>\n", "Hello.<|end|>", "\n<|user|>\nBye.<|end|>\n<|assistant|>\n" },
        { "zephyr", "<|system|>\nBe kind.</s>\n<|user|>\nHi?</s>\n<|assistant|>\n", "Hello.</s>", "\n<|user|>\nBye.</s>\n<|assistant|>\n" },
        { "alpaca", "<s>Be kind.\n\n### Instruction:\nHi?\n\n### Response:\n", "Hello.</s>", "\n\n### Instruction:\nBye.\n\n### Response:\n" },
    };

    [Theory]
    [MemberData(nameof(Formats))]
    public void A_chat_is_written_as_the_format_has_it_and_what_the_assistant_wrote_is_marked(string name, string before, string answer, string after)
    {
        var template = ChatTemplate.Parse(BuiltInTemplates.Find(name)!, Tokens);
        ChatTurn[] chat = [new("system", "Be kind."), new("user", "Hi?"), new("assistant", "Hello."), new("user", "Bye.")];
        Assert.Equal(before + answer + after, template.Render(chat, addGenerationPrompt: true).Text);
        var marked = template.RenderForTraining(chat[..3]);
        var span = Assert.Single(marked.AssistantSpans);
        Assert.Equal(answer, marked.Text[span.Start..span.End]);
        Assert.Equal(before, marked.Text[..span.Start]);
        Assert.Equal(before, template.Render(chat[..2], addGenerationPrompt: true).Text);
    }

    [Fact]
    public void There_is_a_test_for_each_of_them() => Assert.Equal(BuiltInTemplates.Names.Order(), Formats.Select(row => (string)row[0]).Order());

    [Fact]
    public void A_role_that_a_format_does_not_have_is_refused_and_never_left_out() => Assert.All(["mistral", "gemma", "phi3", "zephyr", "alpaca"], name => Assert.Equal("template_refused",
        Assert.Throws<TemperException>(() => ChatTemplate.Parse(BuiltInTemplates.Find(name)!, Tokens).Render([new("tool", "42"), new("user", "Hi?")], false)).Code));

    [Fact]
    public void Qwen_has_a_word_of_its_own_where_no_system_speaks() => Assert.StartsWith("<|im_start|>system\nYou are a helpful assistant.<|im_end|>\n<|im_start|>user\n",
        ChatTemplate.Parse(BuiltInTemplates.Find("qwen")!, Tokens).Render([new("user", "Hi?")], false).Text, StringComparison.Ordinal);
}
