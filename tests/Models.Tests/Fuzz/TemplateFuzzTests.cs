using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Temper.Core.Errors;
using Temper.Tensors;

namespace Temper.Models.Tests;

/// <summary>Damaged templates, and chats that no template expects, end with a text or an error of the catalogue, soon.</summary>
public sealed partial class TemplateFuzzTests
{
    private static readonly string[] Sources = [.. Directory.GetFiles(TinyModel.DataPath("templates")).Order(StringComparer.Ordinal).Select(File.ReadAllText), ChatTemplate.ChatMl];
    private static readonly string[][] Pieces = [.. Sources.Select(source => PieceMark().Matches(source).Select(match => match.Value).ToArray())];
    private static readonly byte[] Chat = Encoding.UTF8.GetBytes("""[{"role":"system","content":"Be \ud83d\ude00."},{"role":"user","content":[{"type":"text","text":"a"}]},{"role":"assistant","content":"b","tool_calls":[{"function":{"name":"f","arguments":{"x":[1,2.5,null,true]}}}]},{"role":"tool","content":"{}"},{"role":"assistant","content":"c"}]""");

    private static readonly string[] Codes = ["template_invalid", "template_unsupported", "template_failed", "template_refused", "template_limit", "assistant_mask_unavailable", "invalid_json"];

    [Fact]
    public void A_damaged_template_ends_with_a_text_or_a_named_error() => Fuzzing.Run("template", 3000, key => Feed(Damaged(key), Chat));

    [Fact]
    public void A_chat_that_no_template_expects_ends_with_a_text_or_a_named_error() =>
        Fuzzing.Run("chat", 1500, key => Feed(Sources[Philox.Below(key, 901, Sources.Length)], JsonDamage.Damage(Chat, key)));

    [Fact]
    public void What_once_failed_does_not_fail_again()
    {
        foreach (var file in Corpus.Files("templates")) Corpus.Feed(file, () => Feed(File.ReadAllText(file), Chat));
    }

    [Fact]
    public void No_template_needs_more_stack_than_the_smallest_thread_has()
    {
        Exception? failure = null;
        var small = new Thread(() => failure = Record.Exception(() => Array.ForEach(Corpus.Files("templates"), file => Feed(File.ReadAllText(file), Chat))), maxStackSize: 1 << 20);
        small.Start();
        small.Join();
        Assert.Null(failure);
    }

    private static void Feed(string source, byte[] chat)
    {
        if (JsonNode.Parse(chat) is not JsonArray messages) return;
        try
        {
            var template = ChatTemplate.Parse(source, new Dictionary<string, string> { ["bos_token"] = "<s>", ["eos_token"] = "</s>" }, ["</s>", "<|im_end|>"]);
            template.RenderMessages(messages, addGenerationPrompt: true);
            var spans = template.RenderMessagesForTraining(messages) is var whole ? whole.AssistantSpans : [];
            Assert.All(spans, span => Assert.True(span.Start >= 0 && span.Start <= span.End && span.End <= whole.Text.Length));
        }
        catch (TemperException e)
        {
            Assert.Contains(e.Code, Codes);
        }
    }

    /// <summary>Pieces of one template with some of another between them, doubled, dropped, swapped or with a wrong letter.</summary>
    private static string Damaged(RandomKey key)
    {
        var pieces = Pieces[Philox.Below(key, 902, Pieces.Length)].ToList();
        var other = Pieces[Philox.Below(key, 903, Pieces.Length)];
        for (var n = Philox.Below(key, 904, 6); n >= 0 && pieces.Count > 1; n--)
        {
            var (at, from) = ((int)Philox.Below(key, 10 * n, pieces.Count), (int)Philox.Below(key, 10 * n + 1, pieces.Count));
            switch (Philox.Below(key, 10 * n + 2, 6))
            {
                case 0: pieces.RemoveAt(at); break;
                case 1: pieces.Insert(at, pieces[from]); break;
                case 2: pieces.Insert(at, other[Philox.Below(key, 10 * n + 3, other.Length)]); break;
                case 3: pieces[at] = other[Philox.Below(key, 10 * n + 3, other.Length)]; break;
                case 4: (pieces[at], pieces[from]) = (pieces[from], pieces[at]); break;
                default: pieces[at] = Encoding.UTF8.GetString(Fuzzing.Damage(Encoding.UTF8.GetBytes(pieces[at]), key.At((uint)n))); break;
            }
        }

        return string.Concat(pieces);
    }

    [GeneratedRegex(@"\{[%{#]-?|-?[%}#]\}|\w+|\s+|'[^']*'|""[^""]*""|.", RegexOptions.Singleline)]
    private static partial Regex PieceMark();
}
