using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.RegularExpressions;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Testing;

namespace Temper.Ingest.Tests;

/// <summary>docs/formats/records.md says what the code does.</summary>
public sealed partial class RecordDocsTests
{
    private static readonly string Page = File.ReadAllText(RepoRoot.Of("docs", "formats", "records.md"));

    [Fact]
    public async Task Every_example_is_accepted_in_its_format_and_found_by_itself()
    {
        var examples = Examples().Matches(Page).ToDictionary(m => m.Groups[1].Value, m => m.Groups[2].Value);
        Assert.Equal(AnyFormat.Formats.Select(AnyFormat.NameOf).Order(), examples.Keys.Order());
        foreach (var format in AnyFormat.Formats)
        {
            foreach (var readAs in (RecordFormat[])[format, RecordFormat.AutoPerRecord])
            {
                var (tally, verdicts) = await Judge.LinesAsync(new() { Format = readAs }, examples[AnyFormat.NameOf(format)]);
                Assert.Empty(verdicts.SetAside);
                Assert.Empty(tally.Warnings);
            }
        }
    }

    [Fact]
    public async Task Every_test_vector_is_canonical_and_keeps_its_id()
    {
        var vectors = Vectors().Matches(Page);
        Assert.Equal(8, vectors.Count);
        foreach (Match vector in vectors)
        {
            var content = JsonDocument.Parse(vector.Groups[1].Value).RootElement;
            Assert.Equal(vector.Groups[1].Value, Encoding.UTF8.GetString(CanonicalJson.Bytes(content)));
            Assert.Equal(vector.Groups[2].Value, Digest.OfText(vector.Groups[1].Value).Hex);
            var (_, verdicts) = await Judge.LinesAsync(new() { Format = content.GetProperty("kind").GetString() == "labelled" ? RecordFormat.Classification : RecordFormat.AutoPerRecord }, vector.Groups[1].Value);
            Assert.Equal(vector.Groups[2].Value, Assert.Single(verdicts.Records).RecId.Hex);
        }
    }

    [Fact]
    public void The_characters_that_are_escaped_are_those_of_version_one()
    {
        var escaped = new StringBuilder();
        for (var c = 0; c < 0x10000; c++)
        {
            if (!char.IsSurrogate((char)c) && JavaScriptEncoder.UnsafeRelaxedJsonEscaping.Encode(((char)c).ToString()).Length > 1)
                escaped.Append((char)c);
        }
        Assert.Equal(EscapedDigest, Digest.OfText(escaped.ToString()).Hex);
    }

    private const string EscapedDigest = "a8505981a065be8694deb8ccc1212c819543918e444d806c78f79b23750c006b";

    [GeneratedRegex(@"^\*\*(\w+)\*\* —[^`]*(?:`[^`\n]+`[^`]*)*?```json\n(.+)\n```", RegexOptions.Multiline)]
    private static partial Regex Examples();

    [GeneratedRegex(@"^\| `(\{.*\})` \| `([0-9a-f]{64})` \|$", RegexOptions.Multiline)]
    private static partial Regex Vectors();
}
