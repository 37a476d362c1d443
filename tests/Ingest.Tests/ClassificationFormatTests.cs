using Temper.Core.Datasets;

namespace Temper.Ingest.Tests;

/// <summary>Texts with labels.</summary>
public sealed class ClassificationFormatTests
{
    private static readonly DatasetConfig Config = new() { Format = RecordFormat.Classification };

    [Theory]
    [InlineData("""{"text":"The bill is wrong.","label":"billing"}""", "billing", "bc4004b2c5382239488d672179dd64a807d8f573d314b12b119da896658cc3e9")]
    [InlineData("""{"label":3,"text":"\u00fc"}""", "3", null)]
    public async Task A_text_and_its_label_are_a_record_of_their_own_kind(string line, string label, string? id)
    {
        var (_, verdicts) = await Judge.LinesAsync(Config, line);
        var record = Assert.Single(verdicts.Records);
        Assert.Equal((RecordKind.Labelled, label), (record.Kind, record.Class));
        Assert.Equal(id ?? record.RecId.Hex, record.RecId.Hex);
    }

    [Theory]
    [InlineData("""{"text":"a"}""", "REC_MISSING_FIELD")]
    [InlineData("""{"text":"a","label":true}""", "REC_WRONG_TYPE")]
    [InlineData("""{"text":5,"label":"b"}""", "REC_WRONG_TYPE")]
    [InlineData("""{"text":" ","label":"b"}""", "REC_EMPTY_CONTENT")]
    [InlineData("""{"text":"a","label":" "}""", "REC_EMPTY_CONTENT")]
    public async Task What_has_no_text_or_no_label_is_set_aside(string line, string code)
    {
        var (_, verdicts) = await Judge.LinesAsync(Config, line);
        Assert.Equal(code, Assert.Single(verdicts.SetAside).Code);
    }

    [Fact]
    public async Task Where_nobody_asks_for_classes_a_text_with_a_label_stays_a_text()
    {
        var (_, verdicts) = await Judge.LinesAsync(new() { Format = RecordFormat.AutoPerRecord }, """{"text":"The bill is wrong.","label":"billing"}""");
        Assert.Equal(RecordKind.Text, Assert.Single(verdicts.Records).Kind);
    }
}
