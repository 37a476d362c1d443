using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Ingest.Tests;

/// <summary>The formats, what they become, and how they are told apart.</summary>
public sealed class FormatTests
{
    [Fact]
    public async Task Messages_keep_roles_weights_and_parts_of_text()
    {
        var record = await OneAsync(RecordFormat.Messages, """
            {"messages":[{"role":"system","content":""},{"role":"user","content":[{"type":"text","text":"a "},{"type":"text","text":"b"}]},{"role":"assistant","content":"x","weight":0},{"role":"user","content":"c"},{"role":"assistant","content":"\u00fc \"q\"","weight":1,"train":true}]}
            """);
        Assert.Equal([new("system", ""), new("user", "a b"), new("assistant", "x", 0), new("user", "c"), new("assistant", "ü \"q\"")], record.Messages!);
    }

    [Fact]
    public async Task An_instruction_becomes_a_chat()
    {
        var record = await OneAsync(RecordFormat.Instruction, """{"instruction":"Add.","input":"1 2","output":"3","system":"Be short.","history":[["hi","hello"]]}""");
        Assert.Equal([new("system", "Be short."), new("user", "hi"), new("assistant", "hello"), new("user", "Add.\n1 2"), new("assistant", "3")], record.Messages!);
        var bare = await OneAsync(RecordFormat.Instruction, """{"instruction":"Add.","input":"","output":"3","system":null,"history":[]}""");
        Assert.Equal([new("user", "Add."), new ChatTurn("assistant", "3")], bare.Messages!);
    }

    [Fact]
    public async Task A_prompt_and_completion_are_texts_or_messages()
    {
        var texts = await OneAsync(RecordFormat.PromptCompletion, """{"prompt":"p","completion":" c"}""");
        Assert.Equal((RecordKind.PromptCompletion, "p", " c"), (texts.Kind, texts.Prompt, texts.Completion));
        var lists = await OneAsync(RecordFormat.PromptCompletion, """{"prompt":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}],"completion":[{"role":"assistant","content":"d"}]}""");
        Assert.Equal([new("user", "a"), new("assistant", "b", 0), new("user", "c"), new ChatTurn("assistant", "d")], lists.Messages!);
    }

    [Fact]
    public async Task Text_is_text() => Assert.Equal("a\nb", (await OneAsync(RecordFormat.Text, """{"text":"a\nb"}""")).Text);

    [Theory]
    [InlineData(RecordFormat.Text, """{"text":""}""", "REC_EMPTY_CONTENT")]
    [InlineData(RecordFormat.Text, """{"text":null}""", "REC_WRONG_TYPE")]
    [InlineData(RecordFormat.Text, """{"txt":"a"}""", "REC_MISSING_FIELD")]
    [InlineData(RecordFormat.Text, "[]", "REC_WRONG_TYPE")]
    [InlineData(RecordFormat.PromptCompletion, """{"prompt":"a"}""", "REC_MISSING_FIELD")]
    [InlineData(RecordFormat.PromptCompletion, """{"prompt":"a","completion":[]}""", "REC_WRONG_TYPE")]
    [InlineData(RecordFormat.PromptCompletion, """{"prompt":1,"completion":1}""", "REC_WRONG_TYPE")]
    [InlineData(RecordFormat.PromptCompletion, """{"prompt":"a","completion":" "}""", "REC_EMPTY_CONTENT")]
    [InlineData(RecordFormat.PromptCompletion, """{"prompt":[{"role":"user","content":"a"}],"completion":[{"role":"user","content":"a"}]}""", "REC_NO_SUPERVISED_TOKENS")]
    [InlineData(RecordFormat.Instruction, """{"instruction":"a"}""", "REC_MISSING_FIELD")]
    [InlineData(RecordFormat.Instruction, """{"instruction":"a","output":5}""", "REC_WRONG_TYPE")]
    [InlineData(RecordFormat.Instruction, """{"instruction":"a","output":""}""", "REC_EMPTY_CONTENT")]
    [InlineData(RecordFormat.Instruction, """{"instruction":"a","output":"b","history":[["x"]]}""", "REC_WRONG_TYPE")]
    [InlineData(RecordFormat.Instruction, """{"instruction":"a","output":"b","history":{}}""", "REC_WRONG_TYPE")]
    public async Task What_a_format_does_not_allow_is_set_aside(RecordFormat format, string line, string code)
    {
        var (_, verdicts) = await Judge.LinesAsync(new() { Format = format }, line);
        Assert.Equal(code, Assert.Single(verdicts.SetAside).Code);
    }

    [Fact]
    public async Task Columns_and_roles_are_mapped()
    {
        var config = new DatasetConfig
        {
            Format = RecordFormat.Messages,
            Columns = new() { ["messages"] = "conversation", ["role"] = "from", ["content"] = "value" },
            Roles = new() { ["human"] = "user", ["gpt"] = "assistant" },
        };
        var (_, verdicts) = await Judge.LinesAsync(config, """{"conversation":[{"from":"human","value":"a"},{"from":"gpt","value":"b"}]}""");
        Assert.Equal([new("user", "a"), new ChatTurn("assistant", "b")], Assert.Single(verdicts.Records).Messages!);
    }

    [Fact]
    public async Task Warnings_are_counted_and_the_record_is_accepted()
    {
        var (tally, _) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages },
            """{"id":7,"messages":[{"role":"user","content":"a\u0000"},{"role":"system","content":"s"},{"role":"assistant","content":"b"},{"role":"user","content":"c"}]}""");
        Assert.Equal(1, tally.Accepted);
        Assert.Equal(["REC_LAST_NOT_ASSISTANT", "REC_NUL_CHARACTER", "REC_SYSTEM_NOT_FIRST", "REC_UNKNOWN_KEY"], tally.Warnings.Keys);
        Assert.Equal(("id", 1L), Assert.Single(tally.UnknownKeys.Select(k => (k.Key, k.Value))));
    }

    [Fact]
    public async Task The_id_of_a_record_is_the_digest_of_its_content_in_canonical_json()
    {
        foreach (var (format, line) in (IEnumerable<(RecordFormat, string)>)[(RecordFormat.Messages, Uploads.Chat("ü 🌱 <&>\u2028", "\u0001\t")), (RecordFormat.Text, """{"text":"é\/\u00e9"}"""), (RecordFormat.PromptCompletion, """{"prompt":"p","completion":"c"}""")])
        {
            var record = await OneAsync(format, line);
            using var content = JsonDocument.Parse(JsonSerializer.Serialize(new { kind = record.Kind, record.Messages, record.Text, record.Prompt, record.Completion }, Wire.Json));
            Assert.Equal(CanonicalJson.DigestOf(content.RootElement), record.RecId);
        }
    }

    [Fact]
    public async Task A_weight_of_one_and_none_at_all_are_the_same_record()
    {
        var (_, verdicts) = await Judge.LinesAsync(new() { Format = RecordFormat.Messages }, Uploads.Chat("a", "b"),
            """{"messages":[{"content":"\u0061","role":"user"},{"weight":1,"role":"assistant","content":"b"}]}""", """{"messages":[{"content":"a","role":"user"},{"role":"assistant","content":"b"},{"role":"assistant","content":"c","weight":0}]}""");
        Assert.Equal(verdicts.Records[0].RecId, verdicts.Records[1].RecId);
        Assert.NotEqual(verdicts.Records[0].RecId, verdicts.Records[2].RecId);
    }

    [Theory]
    [InlineData(RecordFormat.Messages, """{"messages":[{"role":"user","content":"N"},{"role":"assistant","content":"b"}]}""")]
    [InlineData(RecordFormat.Text, """{"text":"N"}""")]
    [InlineData(RecordFormat.PromptCompletion, """{"prompt":"N","completion":"c"}""")]
    [InlineData(RecordFormat.Instruction, """{"instruction":"N","output":"o"}""")]
    public async Task A_format_is_found_when_the_records_agree(RecordFormat format, string line)
    {
        using var uploads = new Uploads();
        var lines = Enumerable.Range(0, 300).Select(i => line.Replace("N", Digest.OfText($"{i}").Hex, StringComparison.Ordinal)).Append("broken").ToArray();
        var ingested = await uploads.IngestAsync(("a.jsonl", Uploads.Lines(lines)));
        Assert.Equal((300L, 1L), (ingested.Ledger.Accepted, ingested.Ledger.Quarantined));
        using var report = JsonDocument.Parse(await uploads.ReadAsync(ingested.Result, DatasetManifest.ReportName));
        Assert.Equal(JsonNamingPolicy.SnakeCaseLower.ConvertName(format.ToString()), report.RootElement.GetProperty("record_format").GetString());
    }

    [Fact]
    public async Task Mixed_formats_are_never_guessed()
    {
        using var uploads = new Uploads();
        var mixed = (await uploads.IngestAsync(await uploads.PutAsync("one", ("a.jsonl", Uploads.Lines([.. Uploads.Chats(20), """{"text":"t"}"""]))))).Result;
        Assert.Equal((false, Ledger.Empty), (mixed.Sealed, mixed.Ledger));
        Assert.Equal([("FMT_AMBIGUOUS", "messages", 1L), ("FMT_AMBIGUOUS", "text", 21L)], mixed.Problems.Select(p => (p.Code, p.Value!, p.Line!.Value)));
        var unknown = await uploads.IngestAsync(await uploads.PutAsync("two", ("b.jsonl", Uploads.Lines("""{"question":"q"}"""))));
        Assert.Equal(["FMT_UNKNOWN"], unknown.Result.Problems.Select(p => p.Code));
        using var report = JsonDocument.Parse(await uploads.ReadAsync(unknown.Result, DatasetManifest.ReportName));
        Assert.Equal(("FMT_UNKNOWN", "b.jsonl"), (report.RootElement.GetProperty("problems")[0].GetProperty("code").GetString(), report.RootElement.GetProperty("files")[0].GetProperty("path").GetString()));
        Assert.Contains("FMT_UNKNOWN", System.Text.Encoding.UTF8.GetString(await uploads.ReadAsync(unknown.Result, DatasetManifest.PageName)), StringComparison.Ordinal);
    }

    private static async Task<CanonicalRecord> OneAsync(RecordFormat format, string line)
    {
        var (_, verdicts) = await Judge.LinesAsync(new() { Format = format }, line.Trim());
        Assert.Empty(verdicts.SetAside);
        return Assert.Single(verdicts.Records);
    }
}
