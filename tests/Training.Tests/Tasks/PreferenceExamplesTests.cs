using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Training.Data;

namespace Temper.Training.Tests.Tasks;

/// <summary>Records of preferences as pairs of documents.</summary>
public sealed class PreferenceExamplesTests
{
    private readonly Tokenizer _tokenizer = Tokenizer.Parse(BpeTrainer.Train(["who made the box and why"], 280, ["<|im_start|>", "<|im_end|>"]));

    [Fact]
    public async Task Only_the_tokens_of_the_two_answers_are_labels_whether_texts_or_chats()
    {
        var data = await RunAsync(Texts("who made the box?", " me", " you, of course"), Chats("who", "me", "you"));
        foreach (var example in data.Train)
        {
            Assert.Equal(2, example.Documents!.Count);
            var first = example.Documents[0];
            Assert.Equal(example.Tokens.Length, example.Documents.Sum());
            foreach (var (tokens, labels) in new[] { (example.Tokens[..first], example.Supervised[..first]), (example.Tokens[first..], example.Supervised[first..]) })
            {
                var text = _tokenizer.Decode([.. tokens.Where((_, i) => labels[i])]);
                Assert.DoesNotContain("who", text, StringComparison.Ordinal);
                Assert.DoesNotContain("earlier", text, StringComparison.Ordinal);
                Assert.Equal(_tokenizer.IdOf("<|im_end|>"), tokens[Array.FindLastIndex(labels, l => l)]);
            }
        }
    }

    [Fact]
    public async Task Two_answers_that_are_the_same_are_refused_with_the_records_place()
    {
        var error = await Assert.ThrowsAsync<TemperException>(() => RunAsync(Texts("who?", " me", " you"), Texts("who made it?", " me", " me")));
        var problem = Assert.Single(error.Problems);
        Assert.Equal(("REC_SAME_ANSWERS", "pairs.jsonl", 7L), (problem.Code, problem.File, problem.Line));
    }

    [Fact]
    public async Task Records_that_are_no_pairs_are_refused_at_once()
    {
        var error = await Assert.ThrowsAsync<TemperException>(() => RunAsync(new CanonicalRecord(Digest.OfText("t"), RecordKind.Text, new("pairs.jsonl", 3, 0)) { Text = "why" }));
        Assert.Equal("data_needs_pairs", Assert.Single(error.Problems).Code);
    }

    private Task<PreparedData> RunAsync(params CanonicalRecord[] records)
    {
        var stops = new[] { _tokenizer.IdOf("<|im_end|>")!.Value };
        var builder = new ExampleBuilder(_tokenizer, ChatTemplate.Parse(ChatTemplate.ChatMl, new Dictionary<string, string>()), stops, new ExampleOptions { MaxLength = 128 });
        return new Preflight(new PreferenceExamples(builder), Tiny.Recipe("data: {max_length: 128}")).RunAsync(records, default);
    }

    private static CanonicalRecord Texts(string prompt, string chosen, string rejected) => new(Digest.OfText(prompt), RecordKind.Preference, new("pairs.jsonl", 7, 0)) { Prompt = prompt, Chosen = new(chosen), Rejected = new(rejected) };

    private static CanonicalRecord Chats(string question, string chosen, string rejected) => new(Digest.OfText(question), RecordKind.Preference, new("pairs.jsonl", 8, 0))
    {
        Messages = [new("user", question), new("assistant", "earlier"), new("user", question)],
        Chosen = new([new ChatTurn("assistant", chosen)]),
        Rejected = new([new ChatTurn("assistant", rejected)]),
    };
}
