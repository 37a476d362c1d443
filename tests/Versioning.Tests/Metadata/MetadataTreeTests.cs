using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Testing;
using Temper.Versioning.Metadata;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Tests;

public sealed class MetadataTreeTests
{
    [Fact]
    public async Task Documents_come_back_from_the_second_root_of_a_commit()
    {
        await using var store = await LocalStore.NewAsync();
        using var folder = new TempFolder();
        Put(folder, "models/qwen-ft.json", "{ \"schemaVersion\": 1, \"name\": \"qwen-ft\", \"parameters\": {\"count\": 1.0} }");
        Put(folder, "datasets/team/support-2026.json", "{\"schemaVersion\": 1, \"name\":\"support-2026\"}");
        Put(folder, "models/notes.txt", "not a document");
        var meta = await store.AddAsync(batch => MetadataTree.BuildAsync(folder.Path, batch, default));
        var read = await MetadataTree.ReadAsync(store.Objects, meta, default);
        Assert.Equal(["datasets/team/support-2026", "models/qwen-ft"], read.Keys.Select(k => k.ToString()));
        Assert.Equal(1, read[SafePath.Parse("models/qwen-ft")].GetProperty("parameters").GetProperty("count").GetInt32());

        using var other = new TempFolder();
        Put(other, "models/gone.json", "{}");
        await MetadataTree.CheckOutAsync(store.Objects, meta, other.Path, default);
        Assert.False(File.Exists(other.Of("models", "gone.json")));
        Assert.Equal(meta, await store.AddAsync(batch => MetadataTree.BuildAsync(other.Path, batch, default)));
        Assert.True(MetadataTree.AreSame(read, MetadataFolder.Read(other.Path)));
    }

    [Fact]
    public async Task The_root_is_the_same_however_a_document_is_laid_out()
    {
        await using var store = await LocalStore.NewAsync();
        var roots = new List<Digest?>();
        foreach (var text in new[] { "{\"schemaVersion\":1,\"name\":\"a\"}", "{\n  \"name\": \"\\u0061\",\n  \"schemaVersion\": 1.0\n}\n" })
        {
            using var folder = new TempFolder();
            Put(folder, "models/a.json", text);
            roots.Add(await store.AddAsync(batch => MetadataTree.BuildAsync(folder.Path, batch, default)));
        }
        Assert.Equal(roots[0], roots[1]);
    }

    [Fact]
    public async Task Without_documents_there_is_no_root()
    {
        await using var store = await LocalStore.NewAsync();
        Assert.Null(await store.AddAsync(batch => MetadataTree.BuildAsync(store.Folder.Of("nowhere"), batch, default)));
        Assert.Empty(await MetadataTree.ReadAsync(store.Objects, null, default));
    }

    [Fact]
    public void Everything_wrong_is_said_at_once()
    {
        using var folder = new TempFolder();
        Put(folder, "models/a.json", "{");
        Put(folder, "models/b.json", "{\"x\":1,\"x\":2}");
        Put(folder, "models/con.json", "{}");
        File.CreateSymbolicLink(folder.Of("models", "link.json"), folder.Of("models", "a.json"));
        var error = Assert.Throws<TemperException>(() => MetadataFolder.Read(folder.Path));
        Assert.Equal(["metadata_invalid", "metadata_invalid", "path_invalid", "metadata_invalid"], error.Problems.Select(p => p.Code));
    }

    [Fact]
    public void A_file_that_says_the_same_is_left_as_its_author_laid_it_out()
    {
        using var folder = new TempFolder();
        Put(folder, "models/a.json", "{\"b\":1,   \"a\":2}");
        MetadataFolder.Write(folder.Path, new Dictionary<SafePath, JsonElement> { [SafePath.Parse("models/a")] = JsonSerializer.SerializeToElement(new { a = 2, b = 1 }) });
        Assert.Equal("{\"b\":1,   \"a\":2}", File.ReadAllText(folder.Of("models", "a.json")));
    }

    [Fact]
    public void Nothing_is_written_through_a_link()
    {
        using var folder = new TempFolder();
        using var elsewhere = new TempFolder();
        Directory.CreateSymbolicLink(folder.Of("models"), elsewhere.Path);
        var error = Assert.Throws<TemperException>(() => MetadataFolder.Write(folder.Path, SafePath.Parse("models/a"), JsonSerializer.SerializeToElement(1)));
        Assert.Equal("path_invalid", error.Code);
        Assert.Empty(Directory.GetFileSystemEntries(elsewhere.Path));
    }

    [Theory]
    [InlineData("/name", "\"new\"", "{\"name\":\"new\",\"tags\":[\"a\",\"b\"]}")]
    [InlineData("/tags/0", "1", "{\"name\":\"n\",\"tags\":[1,\"b\"]}")]
    [InlineData("/tags/-", "\"c\"", "{\"name\":\"n\",\"tags\":[\"a\",\"b\",\"c\"]}")]
    [InlineData("/training/steps", "5", "{\"name\":\"n\",\"tags\":[\"a\",\"b\"],\"training\":{\"steps\":5}}")]
    [InlineData("/metrics/-", "1", "{\"metrics\":[1],\"name\":\"n\",\"tags\":[\"a\",\"b\"]}")]
    [InlineData("/a~1b~0", "null", "{\"a/b~\":null,\"name\":\"n\",\"tags\":[\"a\",\"b\"]}")]
    [InlineData("", "[]", "[]")]
    public void A_value_is_set_where_its_pointer_leads(string pointer, string value, string expected) =>
        Assert.Equal(expected, Text(MetadataPointer.Set(Sample(), pointer, Element(value))));

    [Theory]
    [InlineData("name")]
    [InlineData("/tags/7")]
    [InlineData("/tags/01")]
    [InlineData("/name/x")]
    [InlineData("/x~2")]
    public void A_pointer_that_leads_nowhere_is_refused(string pointer) =>
        Assert.Equal("pointer_invalid", Assert.Throws<TemperException>(() => MetadataPointer.Set(Sample(), pointer, Element("1"))).Code);

    [Fact]
    public void A_value_is_removed()
    {
        Assert.Equal("{\"name\":\"n\",\"tags\":[\"b\"]}", Text(MetadataPointer.Unset(Sample(), "/tags/0")));
        Assert.Equal("pointer_invalid", Assert.Throws<TemperException>(() => MetadataPointer.Unset(Sample(), "/nothing")).Code);
        Assert.Equal("b", MetadataPointer.Find(Sample(), "/tags/1")!.Value.GetString());
        Assert.Null(MetadataPointer.Find(Sample(), "/tags/2"));
    }

    private static JsonElement Sample() => Element("{\"name\":\"n\",\"tags\":[\"a\",\"b\"]}");

    private static JsonElement Element(string text) => JsonDocument.Parse(text).RootElement;

    private static string Text(JsonElement value) => System.Text.Encoding.UTF8.GetString(MetadataJson.Canonical(value));

    private static void Put(TempFolder folder, string name, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder.Of(name))!);
        File.WriteAllText(folder.Of(name), text);
    }
}
