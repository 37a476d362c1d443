using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Versioning.Metadata;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Tests;

public sealed class MetadataSchemaTests
{
    [Fact]
    public void A_whole_document_fits_and_keys_that_nobody_knows_are_kept()
    {
        var hash = new string('a', 64);
        var model = $$$"""
            {"schemaVersion":1,"name":"qwen-ft","version":"1.2.3-rc.1","task":"chat","framework":{"name":"temper","version":"0.1"},"parameters":{"count":494032768,"dtype":"bf16"},
             "baseModel":{"ref":"qwen:1","sha256":"{{{hash}}}"},"adapter":{"type":"lora","rank":8,"alpha":16,"targetModules":["q_proj"],"merged":false},"tokenizer":{"sha256":"{{{hash}}}"},
             "training":{"seed":"18446744073709551615","startedAt":"2026-01-31T12:00:00Z","endedAt":"2026-01-31T12:00:00.5+01:00","epochs":1.5},"data":[{"ref":"support@1","rows":10}],
             "metrics":[{"name":"loss","value":0.5,"step":10,"higherIsBetter":false}],"languages":["en"],"tags":[],"state":"candidate","previous":null,"mine":{"own":[1]}}
            """;
        Assert.Empty(MetadataSchema.Model.Check("models/m", Element(model)));
        var dataset = $$$"""
            {"schemaVersion":1,"name":"support","version":3,"format":"jsonl","source":[{"uri":"https://x/y","sha256":"{{{hash}}}"}],"schema":{"fields":[{"name":"q","type":"string","role":"prompt"}]},
             "splits":{"train":{"rows":9,"bytes":100}},"statistics":{"rows":10,"tokens":{"min":1,"mean":3.5,"p95":9}},"pii":{"scanned":true,"findings":0},"lineage":[{"ref":"raw@2","transform":"dedup"}]}
            """;
        Assert.Empty(MetadataSchema.Dataset.Check("datasets/d", Element(dataset)));
    }

    [Fact]
    public void Everything_wrong_is_said_at_once_with_its_place()
    {
        var problems = MetadataSchema.Model.Check("models/m", Element("""
            {"schemaVersion":2,"version":"one","parameters":{"count":-1},"tags":["a","b","a"],"metrics":[{"value":"high"}],"state":"done","tokenizer":{"sha256":"XYZ"},"languages":7,"createdAt":"yesterday"}
            """));
        Assert.Equal(["", "/createdAt", "/languages", "/metrics/0", "/metrics/0/value", "/parameters/count", "/schemaVersion", "/state", "/tags/2", "/tokenizer/sha256", "/version"],
            problems.Select(p => p.Path!).Order(StringComparer.Ordinal));
        Assert.All(problems, p => Assert.Equal("metadata_invalid", p.Code));
        Assert.Contains("'models/m' at /parameters/count: it must be 0 or more, not -1.", problems.Select(p => p.Message));
    }

    [Fact]
    public void Documents_of_both_kinds_are_checked_together()
    {
        var error = Assert.Throws<TemperException>(() => MetadataSchema.Require(new Dictionary<SafePath, JsonElement>
        {
            [SafePath.Parse("models/a")] = Element("[]"),
            [SafePath.Parse("datasets/b")] = Element("{\"schemaVersion\":1,\"name\":\"\",\"splits\":{\"train\":{\"rows\":0.5}}}"),
        }));
        Assert.Equal(["'models/a': it must be object, not [].", "'datasets/b' at /name: it has 0 characters.", "'datasets/b' at /splits/train/rows: it must be integer, not 0.5."], error.Problems.Select(p => p.Message));
    }

    [Theory]
    [InlineData("model-metadata.schema.json", true)]
    [InlineData("dataset-metadata.schema.json", false)]
    public void The_schemas_in_the_documentation_are_those_that_are_checked(string name, bool isModel) =>
        Assert.Equal((isModel ? MetadataSchema.Model : MetadataSchema.Dataset).Text, File.ReadAllText(Temper.Testing.RepoRoot.Of("src", "Versioning", "Metadata", name)));

    private static JsonElement Element(string text) => MetadataJson.Parse(Encoding.UTF8.GetBytes(text), "m");
}
