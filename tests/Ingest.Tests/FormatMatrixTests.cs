using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Json;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>All eight formats against the cases of formats/: what is accepted and as what, what is set aside and why.</summary>
public sealed class FormatMatrixTests
{
    public static TheoryData<RecordFormat, string, string> Cases
    {
        get
        {
            var data = new TheoryData<RecordFormat, string, string>();
            foreach (var format in AnyFormat.Formats)
            {
                foreach (var line in File.ReadLines(RepoRoot.Of("tests", "Ingest.Tests", "formats", AnyFormat.NameOf(format) + ".jsonl")))
                    data.Add(format, JsonDocument.Parse(line).RootElement.GetProperty("case").GetString()!, line);
            }
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_record_becomes_what_its_case_says(RecordFormat format, string name, string text)
    {
        var test = JsonDocument.Parse(text).RootElement;
        var (tally, verdicts) = await Judge.LinesAsync(new() { Format = format }, test.GetProperty("record").GetRawText());
        if (test.TryGetProperty("code", out var code))
        {
            var entry = Assert.Single(verdicts.SetAside);
            Assert.Equal((name, code.GetString()), (name, entry.Code));
            Assert.Equal(test.TryGetProperty("pointer", out var pointer) ? pointer.GetString() : null, entry.JsonPointer);
            Assert.NotEmpty(entry.Hint!);
            return;
        }
        Assert.Empty(verdicts.SetAside);
        Assert.Equal(test.GetProperty("rec_id").GetString(), Assert.Single(verdicts.Records).RecId.Hex);
        Assert.Equal(CanonicalJson.Bytes(test.GetProperty("content")), CanonicalJson.Bytes(ContentOf(verdicts.Records[0])));
        Assert.Equal(test.TryGetProperty("warnings", out var warnings) ? warnings.EnumerateArray().Select(w => w.GetString()!) : [], tally.Warnings.Keys);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_canonical_record_that_is_ingested_again_keeps_its_id(RecordFormat format, string name, string text)
    {
        var test = JsonDocument.Parse(text).RootElement;
        if (!test.TryGetProperty("rec_id", out var id))
            return;
        var (_, first) = await Judge.LinesAsync(new() { Format = format }, test.GetProperty("record").GetRawText());
        var line = JsonSerializer.Serialize(Assert.Single(first.Records), Wire.Json);
        var (_, again) = await Judge.LinesAsync(new() { Format = FormatOf(first.Records[0].Kind) }, line);
        Assert.Equal((name, id.GetString()), (name, Assert.Single(again.Records).RecId.Hex));
        var (_, byItself) = await Judge.LinesAsync(new() { Format = RecordFormat.AutoPerRecord }, line);
        Assert.Equal(id.GetString(), Assert.Single(byItself.Records).RecId.Hex);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Every_sound_case_fits_its_own_format_and_no_other(RecordFormat format, string name, string text)
    {
        var test = JsonDocument.Parse(text).RootElement;
        // An instruction dataset that keeps its rendered text beside it is two formats, and says so.
        if (!test.TryGetProperty("rec_id", out _) || (format == RecordFormat.Instruction && test.GetProperty("record").TryGetProperty("text", out _)))
            return;
        var (json, line) = (new JsonLine(), System.Text.Encoding.UTF8.GetBytes(test.GetProperty("record").GetRawText()));
        Assert.Null(json.Read(line));
        Assert.Equal((name, format), (name, Assert.Single(AnyFormat.Formats, f => FormatReader.For(f, new()).Fits(json, line))));
    }

    [Fact]
    public async Task Each_record_by_itself_is_read_in_the_one_format_that_it_fits()
    {
        var (tally, verdicts) = await Judge.LinesAsync(new() { Format = RecordFormat.AutoPerRecord }, """{"text":"a"}""", Uploads.Chat("b", "c"), """{"prompt":"d","chosen":"e","rejected":"f"}""",
            """{"text":"g","messages":[{"role":"user","content":"h"},{"role":"assistant","content":"i"}]}""", """{"question":"j"}""");
        Assert.Equal([RecordKind.Text, RecordKind.Messages, RecordKind.Preference], verdicts.Records.Select(r => r.Kind));
        Assert.Equal(["The record fits both messages and text.", "The record fits none of the formats."], verdicts.SetAside.Select(e => e.Message));
        Assert.Equal((5, 3, 2), (tally.RecordsIn, tally.Accepted, tally.Quarantined));
    }

    [Fact]
    public async Task Every_break_of_taking_turns_is_named_by_its_place()
    {
        var (_, verdicts) = await Judge.LinesAsync(new() { Format = RecordFormat.Sharegpt },
            """{"conversations":[{"from":"gpt","value":"a"},{"from":"human","value":"b"},{"from":"human","value":"c"},{"from":"gpt","value":"d"},{"from":"gpt","value":"e"}]}""");
        Assert.Equal("People and assistant do not take turns at conversations 0 (assistant first), 2 (user after user), 4 (assistant after assistant).", Assert.Single(verdicts.SetAside).Message);
    }

    private static RecordFormat FormatOf(RecordKind kind) => kind switch
    {
        RecordKind.Text => RecordFormat.Text,
        RecordKind.PromptCompletion => RecordFormat.PromptCompletion,
        RecordKind.Segments => RecordFormat.InputOutput,
        RecordKind.Preference => RecordFormat.Preference,
        RecordKind.Unpaired => RecordFormat.Kto,
        _ => RecordFormat.Messages,
    };

    private static JsonElement ContentOf(CanonicalRecord record) => JsonSerializer.SerializeToElement(
        JsonSerializer.SerializeToElement(record, Wire.Json).EnumerateObject().Where(p => p.Name is not ("rec_id" or "source")).ToDictionary(p => p.Name, p => p.Value));
}
