using Temper.Core.Datasets;
using Temper.Core.Ids;

namespace Temper.Models.Tests;

public sealed class ExampleTests
{
    private readonly Tokenizer tokenizer = Tokenizer.Open(TinyModel.DataPath("tokenizer.json"));

    private int End => tokenizer.IdOf("<|im_end|>")!.Value;

    [Fact]
    public void Assistant_turns_and_their_ends_are_trained_and_nothing_else()
    {
        var example = Build(Chat(("system", "Be kind."), ("user", "Where?"), ("assistant", "There."), ("user", "When?"), ("assistant", "Now.")))!;
        Assert.Equal("There.<|im_end|>Now.<|im_end|>", Trained(example));
        Assert.Equal(example.SupervisedCount, Trained(example) is var text ? tokenizer.Encode(text).Length : 0);
    }

    [Fact]
    public void The_tokens_are_those_of_one_encoding_of_the_full_text()
    {
        var record = Chat(("user", "a"), ("assistant", "b"));
        var text = ChatTemplate.Parse(ChatTemplate.ChatMl).Render(record.Messages!, false).Text;
        Assert.Equal(tokenizer.Encode(text), Build(record)!.Tokens);
    }

    [Fact]
    public void Completion_trains_the_last_answer_all_trains_all_but_the_first_token()
    {
        var record = Chat(("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d"));
        Assert.Equal("d<|im_end|>", Trained(Build(record, new ExampleOptions { TrainOn = TrainOn.Completion })!));
        var all = Build(record, new ExampleOptions { TrainOn = TrainOn.All })!;
        Assert.Equal(all.Tokens.Length - 1, all.SupervisedCount);
        Assert.False(all.Supervised[0]);
    }

    [Fact]
    public void A_weight_of_zero_leaves_a_turn_out()
    {
        var record = Record(RecordKind.Messages) with { Messages = [new ChatTurn("user", "a"), new ChatTurn("assistant", "b", 0), new ChatTurn("user", "c"), new ChatTurn("assistant", "d", 1)] };
        Assert.Equal("d<|im_end|>", Trained(Build(record)!));
        var none = record with { Messages = [new ChatTurn("user", "a"), new ChatTurn("assistant", "b", 0)] };
        Assert.Equal("no_supervised_tokens", Outcome(none).Problem!.Code);
    }

    [Fact]
    public void Texts_and_completions_end_with_the_end_token()
    {
        Assert.Equal("hello there<|im_end|>", Full(Build(Record(RecordKind.Text) with { Text = "hello there" })!));
        var pair = Build(Record(RecordKind.PromptCompletion) with { Prompt = "2 + 2 =", Completion = " four" })!;
        Assert.Equal(" four<|im_end|>", Trained(pair));
        Assert.Equal("2 + 2 = four<|im_end|>", Full(pair));
    }

    [Fact]
    public void A_special_token_written_by_a_user_is_plain_text_in_every_kind()
    {
        var text = Build(Record(RecordKind.Text) with { Text = "a<|im_end|>b" })!;
        Assert.Equal(1, text.Tokens.Count(id => id == End));
        var chat = Build(Chat(("user", "<|im_end|>"), ("assistant", "x<|im_end|>y")))!;
        Assert.Equal(2, chat.Tokens.Count(id => id == End));
        Assert.Equal("x<|im_end|>y<|im_end|>", Trained(chat));
    }

    [Fact]
    public void What_a_template_writes_after_the_end_of_a_turn_is_not_trained()
    {
        const string Untagged = "{% for m in messages %}{{ '<|im_start|>' + m.role + '\n' + m.content + '<|im_end|>\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";
        var builder = new ExampleBuilder(tokenizer, ChatTemplate.Parse(Untagged), [End], new ExampleOptions());
        Assert.Equal("b<|im_end|>", Trained(builder.Build(Chat(("user", "a"), ("assistant", "b"))).Example!));
    }

    [Theory]
    [InlineData(TrainOn.Auto)]
    [InlineData(TrainOn.All)]
    public void What_is_learnt_does_not_depend_on_the_day(TrainOn trainOn)
    {
        const string Dated = "{{ strftime_now('%d %b %Y') }}{% for m in messages %}{% generation %}{{ m.content }}<|im_end|>{% endgeneration %}{% endfor %}";
        var builder = new ExampleBuilder(tokenizer, ChatTemplate.Parse(Dated), [End], new ExampleOptions { TrainOn = trainOn });
        Assert.Equal("26 Jul 2024b<|im_end|>", Full(builder.Build(Chat(("assistant", "b"))).Example!));
    }

    [Fact]
    public void A_template_whose_turns_do_not_end_is_refused_for_good()
    {
        const string Endless = "{% for m in messages %}{{ m.role }}: {% generation %}{{ m.content }}{% endgeneration %}\n{% endfor %}";
        var builder = new ExampleBuilder(tokenizer, ChatTemplate.Parse(Endless), [End], new ExampleOptions());
        var outcome = builder.Build(Chat(("assistant", "b")));
        Assert.Equal(("turn_end_not_trained", true), (outcome.Problem!.Code, outcome.Fatal));
        Assert.Contains("<|im_end|>", outcome.Problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(OverlengthPolicy.ErrorIfAnswerLost, "data_too_long", true)]
    [InlineData(OverlengthPolicy.Drop, "data_too_long", false)]
    [InlineData(OverlengthPolicy.Raise, "data_too_long", true)]
    [InlineData(OverlengthPolicy.Truncate, null, false)]
    public void An_answer_that_does_not_fit_meets_the_policy(OverlengthPolicy policy, string? code, bool fatal)
    {
        var outcome = Outcome(Chat(("user", "a"), ("assistant", string.Concat(Enumerable.Repeat("long ", 50)))), new ExampleOptions { MaxLength = 30, OnOverlength = policy });
        Assert.Equal((code, fatal), (outcome.Problem?.Code, outcome.Fatal));
        Assert.Equal(code is null ? 30 : null, outcome.Example?.Tokens.Length);
    }

    [Fact]
    public void Cutting_away_what_is_not_trained_is_allowed_and_cutting_away_all_that_is_is_not()
    {
        var record = Record(RecordKind.Messages) with { Messages = [new ChatTurn("user", "a"), new ChatTurn("assistant", "b"), new ChatTurn("user", new string('x', 200))] };
        Assert.Equal("b<|im_end|>", Trained(Build(record, new ExampleOptions { MaxLength = 40 })!));
        var late = Chat(("user", new string('x', 200)), ("assistant", "b"));
        Assert.Equal("no_supervised_tokens", Outcome(late, new ExampleOptions { MaxLength = 40, OnOverlength = OverlengthPolicy.Truncate }).Problem!.Code);
    }

    [Fact]
    public void A_record_that_the_template_refuses_is_left_out_with_the_templates_reason()
    {
        var builder = new ExampleBuilder(tokenizer, ChatTemplate.Parse("{{ raise_exception('no boxes') }}"), [End], new ExampleOptions());
        var outcome = builder.Build(Chat(("user", "a"), ("assistant", "b")));
        Assert.Equal(("template_refused", false), (outcome.Problem!.Code, outcome.Fatal));
        Assert.Contains("no boxes", outcome.Problem.Message, StringComparison.Ordinal);
        Assert.Equal("template_missing", new ExampleBuilder(tokenizer, null, [End], new ExampleOptions()).Build(Chat(("user", "a"))).Problem!.Code);
        Assert.Equal("data_empty_example", Outcome(Record(RecordKind.Text) with { Text = "" }).Problem!.Code);
    }

    private static CanonicalRecord Record(RecordKind kind) => new(Digest.OfText("x"), kind, new RecordSource("x.jsonl", 1, 0));

    private static CanonicalRecord Chat(params (string Role, string Content)[] turns) => Record(RecordKind.Messages) with { Messages = [.. turns.Select(t => new ChatTurn(t.Role, t.Content))] };

    private ExampleOutcome Outcome(CanonicalRecord record, ExampleOptions? options = null) =>
        new ExampleBuilder(tokenizer, ChatTemplate.Parse(ChatTemplate.ChatMl, guarded: tokenizer.SpecialTokens), [End], options ?? new ExampleOptions()).Build(record);

    private Example? Build(CanonicalRecord record, ExampleOptions? options = null)
    {
        var outcome = Outcome(record, options);
        Assert.Null(outcome.Problem);
        return outcome.Example;
    }

    private string Trained(Example example) => tokenizer.Decode([.. example.Tokens.Where((_, i) => example.Supervised[i])], skipSpecial: false);

    private string Full(Example example) => tokenizer.Decode(example.Tokens, skipSpecial: false);
}
