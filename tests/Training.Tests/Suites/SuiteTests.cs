using System.Text.Json;
using Temper.Core.Errors;
using Temper.Testing;
using Temper.Training.Suites;

namespace Temper.Training.Tests.Suites;

/// <summary>Suites as people write them, and what they say of answers.</summary>
public sealed class SuiteTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_of_questions_is_a_suite()
    {
        var suite = Read("facts.jsonl", """
            {"prompt": "Capital of France?", "expected": "Paris"}
            {"id": "sum", "prompt": "1 + 1?", "expected": [2, "two"]}
            """);
        Assert.Equal(("facts", "1", "sum"), (suite.Name.ToString(), suite.Cases[0].Id, suite.Cases[1].Id));
        Assert.Equal(["2", "two"], suite.Cases[1].Expected);
        var score = SuiteScore.Of(suite, [new(suite.Cases[0], " Paris\n", true), new(suite.Cases[1], "two", false)]);
        Assert.Equal((2, 0.5, 0.5, 0.5), (score.Metrics["cases"], score.Metrics["exact_match"], score.Metrics["passed"], score.Metrics["stopped"]));
        Assert.False(score.Cases[1].Passed, "an answer that was cut is not right, whatever it says");
    }

    [Fact]
    public void Settings_and_checks_of_a_suite_hold_for_all_its_cases()
    {
        File.WriteAllText(_folder.Of("more.jsonl"), """{"prompt": "As JSON?", "checks": [{"type": "json_schema", "schema": {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer", "minimum": 1}}}}]}""");
        var suite = Read("shape.yaml", """
            name: shape
            answer: {max_tokens: 12, system: Be brief.}
            checks:
              - {type: contains, text: sorry, ignore_case: true, not: true}
            cases: more.jsonl
            """);
        var (one, right) = (suite.Cases.Single(), """{"n": 3}""");
        Assert.Equal(("system", "Be brief."), (one.Conversation(suite.Answer.System)[0].Role, one.Conversation(suite.Answer.System)[0].Content));
        Assert.True(Judge(suite, right).Passed);
        Assert.Contains("/n is 0, minimum is 1", Assert.Single(Judge(suite, """{"n": 0}""").Failed));
        Assert.Equal(2, Judge(suite, "SORRY").Failed.Count);
    }

    [Fact]
    public void Two_suites_compare_only_when_they_ask_the_same()
    {
        var first = Read("a.yaml", "name: a\ncases: [{prompt: x, expected: y}]");
        var described = Read("b.yaml", "name: a\ndescription: the same\ncases:\n- prompt: x\n  expected: \"y\"\n");
        var other = Read("c.yaml", "name: a\nanswer: {max_tokens: 9}\ncases: [{prompt: x, expected: y}]");
        Assert.Equal(first.Digest, described.Digest);
        Assert.NotEqual(first.Digest, other.Digest);
    }

    [Theory]
    [InlineData("name: A B\ncases: [{prompt: x, expected: y}]", "cannot be the name")]
    [InlineData("cases: []", "no cases")]
    [InlineData("answer: {max_tokens: 4}", "no cases")]
    [InlineData("cases: [{prompt: x}]", "any answer would do")]
    [InlineData("cases: [{expected: y}]", "either a prompt or messages")]
    [InlineData("cases: [{id: a, prompt: x, expected: y}, {id: a, prompt: z, expected: y}]", "Two cases have the id 'a'")]
    [InlineData("cases: [{prompt: x, checks: [{type: regex, pattern: '('}]}]", "pattern '(' cannot be used")]
    [InlineData("cases: [{prompt: x, checks: [{type: json_schema, schema: {patternProperties: {}}}]}]", "patternProperties is not understood")]
    [InlineData("cases: [{prompt: x, checks: [{type: sentiment}]}]", "Case 1 cannot be read: there is no type 'sentiment'.")]
    [InlineData("cases: [{prompt: x, expected: y, question: z}]", "Case 1 cannot be read: unknown key 'question'; there are prompt, messages, expected, checks and id.")]
    [InlineData("answers: {max_tokens: 3}\ncases: [{prompt: x, expected: y}]", "unknown key 'answers'; there are name,")]
    [InlineData("answer: {tokens: 3}\ncases: [{prompt: x, expected: y}]", "unknown key 'tokens' in answer.")]
    [InlineData("checks: [{pattern: a}]\ncases: [{prompt: x}]", "has no `type`")]
    [InlineData("answer: {max_tokens: many}\ncases: [{prompt: x}]", "the value of 'answer.max_tokens' is of another type")]
    [InlineData("perplexity: true\ncases: [{prompt: x, checks: [{type: contains, text: a}]}]", "which the suite needs")]
    [InlineData("case: [{prompt: x, expected: y}]", "cannot be read")]
    [InlineData("answer: {temperature: 3}\ncases: [{prompt: x, expected: y}]", "0 to 2")]
    public void What_is_wrong_with_a_suite_is_said(string yaml, string said)
    {
        var refused = Assert.Throws<TemperException>(() => Read("s.yaml", yaml));
        Assert.Contains(refused.Problems, p => p.Code == "suite_invalid" && p.Message.Contains(said, StringComparison.Ordinal) && p.File is not null);
    }

    [Fact]
    public void A_line_that_is_no_case_is_named()
    {
        var refused = Assert.Throws<TemperException>(() => Read("s.jsonl", "{\"prompt\": \"a\", \"expected\": \"b\"}\n\n{\"prompt\": }\n"));
        Assert.Equal(3, Assert.Single(refused.Problems).Line);
        Assert.Equal("suite_invalid", Assert.Throws<TemperException>(() => SuiteReader.Read(_folder.Of("none.yaml"))).Code);
    }

    [Fact]
    public void Classes_are_counted_into_a_table_whose_cells_are_all_cases()
    {
        // Figures of scikit-learn's classification_report, by hand: precision 2/3, 1, 0; recall 1, 1/2, 0.
        var report = ClassReport.Of([("a", "a"), ("a", "a"), ("b", "a"), ("b", "b"), ("c", "d")]);
        Assert.Equal(["a", "b", "c", "d"], report.Classes.Select(c => c.Name));
        Assert.Equal([2.0 / 3, 1, 0, 0], report.Classes.Select(c => c.Precision));
        Assert.Equal([1, 0.5, 0, 0], report.Classes.Select(c => c.Recall));
        Assert.Equal((5, 0.6), (report.Cases, report.Accuracy));
        Assert.Equal((0.8 + 2.0 / 3 + 0) / 3, report.MacroF1, 12);
    }

    [Theory]
    [InlineData("the cat sat on the mat", "the cat sat on the mat", 1)]
    [InlineData("police killed the gunman", "police kill the gunman", 0.75)] // Lin 2004, section 3: 3 of 4 words in order.
    [InlineData("the gunman kill police", "police kill the gunman", 0.5)]
    [InlineData("", "word", 0)]
    [InlineData("...", "!", 1)]
    public void Rouge_l_is_that_of_its_paper(string answer, string reference, double expected) => Assert.Equal(expected, RougeL.Of(answer, reference), 12);

    [Fact]
    public void Two_models_are_compared_case_by_case()
    {
        var suite = Read("s.yaml", "cases: [" + string.Join(", ", Enumerable.Range(0, 10).Select(i => $"{{prompt: q{i}, expected: r}}")) + "]");
        var ours = SuiteScore.Of(suite, [.. suite.Cases.Select((c, i) => new SuiteAnswer(c, i < 8 ? "r" : "x", true))]);
        var theirs = SuiteScore.Of(suite, [.. suite.Cases.Select((c, i) => new SuiteAnswer(c, i is 0 or 9 ? "r" : "x", true))]);
        var compared = SuiteComparison.Of(ours, theirs);
        Assert.Equal((7, 1, 2), (compared.Better.Count, compared.Worse.Count, compared.Same));
        Assert.Equal(2 * (1 + 8) / 256.0, compared.SignTest, 12);
        Assert.Equal(1, SuiteComparison.Of(ours, ours).SignTest);
    }

    [Theory]
    [InlineData("""{"type":["string","null"]}""", "null", true)]
    [InlineData("""{"type":"integer"}""", "1.0", true)]
    [InlineData("""{"type":"integer"}""", "1.5", false)]
    [InlineData("""{"enum":["a",{"b":1}]}""", """{"b":1.0}""", true)]
    [InlineData("""{"properties":{"a":true},"additionalProperties":false}""", """{"a":1,"b":2}""", false)]
    [InlineData("""{"items":{"type":"number"},"minItems":1,"maxItems":2}""", "[1,\"2\"]", false)]
    [InlineData("""{"items":{"type":"number"},"minItems":1,"maxItems":2}""", "[1,2]", true)]
    [InlineData("""{"maxLength":1}""", "\"😀\"", true)]
    [InlineData("""{"pattern":"^a+$"}""", "\"aab\"", false)]
    [InlineData("""{"anyOf":[{"type":"string"},{"exclusiveMinimum":3}]}""", "3", false)]
    [InlineData("""{"allOf":[{"minimum":1},{"not":{"const":2}}]}""", "2", false)]
    [InlineData("""{"allOf":[{"minimum":1},{"not":{"const":2}}]}""", "3", true)]
    public void A_json_schema_says_what_an_answer_looks_like(string schema, string answer, bool passes)
    {
        Assert.Null(JsonShape.Invalid(JsonElement.Parse(schema)));
        Assert.Equal(passes, JsonShape.Why(JsonElement.Parse(schema), JsonElement.Parse(answer)) is null);
    }

    private static CaseResult Judge(Suite suite, string answer) => SuiteScore.Of(suite, [new(suite.Cases[0], answer, true)]).Cases[0];

    private Suite Read(string name, string text)
    {
        File.WriteAllText(_folder.Of(name), text);
        return SuiteReader.Read(_folder.Of(name));
    }
}
