using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Ids;
using Temper.Core.Json;

namespace Temper.Core.Tests.Json;

public sealed class JsonTests
{
    [Theory]
    [InlineData("""{"b":1,"a":[true,null,{"d":"é","c":1.50}]}""", """{"a":[true,null,{"c":1.50,"d":"é"}],"b":1}""")]
    [InlineData(""" [ 1 , "x" ] """, """[1,"x"]""")]
    [InlineData("""{"ä":1,"z":2,"Z":3}""", """{"Z":3,"z":2,"ä":1}""")]
    public void Equal_values_have_one_spelling(string text, string canonical) =>
        Assert.Equal(canonical, Encoding.UTF8.GetString(CanonicalJson.Bytes(JsonDocument.Parse(text).RootElement)));

    [Fact]
    public void The_digest_does_not_depend_on_order_or_space() => Assert.Equal(
        CanonicalJson.DigestOf(JsonDocument.Parse("""{"a":1,"b":2}""").RootElement),
        CanonicalJson.DigestOf(JsonDocument.Parse("""{ "b": 2, "a": 1 }""").RootElement));

    [Fact]
    public void The_wire_speaks_snake_case_and_leaves_out_what_is_not_there()
    {
        var entry = new QuarantineEntry("a.jsonl", 3, 70, "REC_INVALID_UTF8", RecordOutcome.Quarantined, "bad");
        Assert.Equal("""{"file":"a.jsonl","line":3,"offset":70,"code":"REC_INVALID_UTF8","outcome":"quarantined","message":"bad"}""", JsonSerializer.Serialize(entry, Wire.Json));
    }

    [Theory]
    [InlineData("""{"path":"a","size":1,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","new":1}""")]
    [InlineData("""{"path":"a","path":"b","size":1,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}""")]
    [InlineData("""{"path":"a","sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}""")]
    [InlineData("""{"path":"a","size":"1","sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}""")]
    [InlineData("""{"path":null,"size":1,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"}""")]
    public void What_comes_in_is_read_strictly(string text) => Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<FileEntry>(text, Wire.Strict));

    [Fact]
    public void An_answer_may_have_more_than_the_reader_knows() => Assert.Equal(
        new FileEntry("a", 1, Digest.OfText("abc")),
        JsonSerializer.Deserialize<FileEntry>("""{"path":"a","size":1,"sha256":"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad","newer":true}""", Wire.Json));
}
