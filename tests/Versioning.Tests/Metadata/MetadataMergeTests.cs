using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Metadata;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Tests;

public sealed class MetadataMergeTests
{
    [Theory]
    [InlineData("{'a':1}", "{'a':2}", "{'a':1,'b':3}", "{'a':2,'b':3}")]
    [InlineData("{'a':1,'b':2}", "{'a':1}", "{'a':1,'b':2,'c':3}", "{'a':1,'c':3}")]
    [InlineData("{'t':{'x':1}}", "{'t':{'x':1,'y':2}}", "{'t':{'x':3}}", "{'t':{'x':3,'y':2}}")]
    [InlineData("{}", "{'t':{'x':1}}", "{'t':{'y':2}}", "{'t':{'x':1,'y':2}}")]
    [InlineData("{'tags':['a','b','c']}", "{'tags':['b','c','d']}", "{'tags':['a','b','e']}", "{'tags':['b','d','e']}")]
    [InlineData("{}", "{'languages':['en']}", "{'languages':['pt','en']}", "{'languages':['en','pt']}")]
    [InlineData("{'metrics':[{'name':'acc','value':1,'step':1}]}", "{'metrics':[{'name':'acc','value':1,'step':1},{'name':'acc','value':2,'step':2}]}", "{'metrics':[{'name':'f1','split':'test','value':0.5}]}",
        "{'metrics':[{'name':'acc','step':2,'value':2},{'name':'f1','split':'test','value':0.5}]}")]
    [InlineData("{'a':[1,2]}", "{'a':[1,2]}", "{'a':[2]}", "{'a':[2]}")]
    [InlineData("{'a':1}", "{'a':null}", "{'a':null}", "{'a':null}")]
    public void Each_key_is_taken_from_the_side_that_changed_it(string @base, string ours, string theirs, string expected)
    {
        var result = Merge(@base, ours, theirs);
        Assert.Empty(result.Conflicts);
        Assert.Equal(expected.Replace('\'', '"'), Text(result));
    }

    [Theory]
    [InlineData("{'a':1}", "{'a':2}", "{'a':3}", "/a")]
    [InlineData("{'a':1}", "{}", "{'a':3}", "/a")]
    [InlineData("{}", "{'a':1}", "{'a':2}", "/a")]
    [InlineData("{'a':{'b~/c':1}}", "{'a':{'b~/c':2}}", "{'a':{'b~/c':3}}", "/a/b~0~1c")]
    [InlineData("{'a':[1]}", "{'a':[1,2]}", "{'a':[1,3]}", "/a")]
    [InlineData("{'metrics':[{'name':'l','value':9},{'name':'acc','value':1}]}", "{'metrics':[{'name':'l','value':9},{'name':'acc','value':2}]}", "{'metrics':[{'name':'acc','value':3}]}", "/metrics/1/value")]
    [InlineData("{}", "{'metrics':[{'name':'acc','value':1}]}", "{'metrics':[{'name':'acc','value':2}]}", "/metrics/0/value")]
    [InlineData("{'a':{'b':1}}", "{'a':{'b':2}}", "{'a':7}", "/a")]
    public void Two_changes_of_one_value_are_a_conflict_with_its_pointer(string @base, string ours, string theirs, string pointer)
    {
        var conflict = Assert.Single(Merge(@base, ours, theirs).Conflicts);
        Assert.Equal(("models/m", pointer), (conflict.Document, conflict.Pointer));
        var mirrored = Assert.Single(Merge(@base, theirs, ours).Conflicts);
        Assert.Equal(Shown(conflict.Ours), Shown(mirrored.Theirs));
    }

    [Theory]
    [InlineData("merge.meta.metrics", "max", "{'metrics':[{'name':'acc','value':3}]}")]
    [InlineData("merge.meta.metrics.acc.value", "min", "{'metrics':[{'name':'acc','value':2}]}")]
    [InlineData("merge.meta.METRICS.acc", "ours", "{'metrics':[{'name':'acc','value':2}]}")]
    [InlineData("merge.meta.metrics.acc", "theirs", "{'metrics':[{'name':'acc','value':3}]}")]
    public void A_policy_settles_a_conflict(string name, string value, string expected)
    {
        var rules = MergeRules.From([KeyValuePair.Create("user.name", "x"), KeyValuePair.Create(name, value)]);
        var result = Merge("{'metrics':[{'name':'acc','value':1}]}", "{'metrics':[{'name':'acc','value':2}]}", "{'metrics':[{'name':'acc','value':3}]}", rules);
        Assert.Empty(result.Conflicts);
        Assert.Equal(expected.Replace('\'', '"'), Text(result));
    }

    [Fact]
    public void A_policy_of_numbers_does_not_choose_between_texts_and_an_unknown_one_is_refused()
    {
        var rules = MergeRules.From([KeyValuePair.Create("merge.meta.license", "max")]);
        Assert.Single(Merge("{}", "{'license':'MIT'}", "{'license':'GPL'}", rules).Conflicts);
        Assert.Equal("settings_invalid", Assert.Throws<TemperException>(() => MergeRules.From([KeyValuePair.Create("merge.meta.x", "mean")])).Code);
    }

    [Fact]
    public async Task Whole_documents_come_and_go_and_a_changed_one_that_was_removed_is_a_conflict()
    {
        await using var store = await LocalStore.NewAsync();
        Task<Digest?> Root(params (string, string)[] documents) => store.AddAsync(batch => MetadataTree.BuildAsync(
            documents.ToDictionary(d => SafePath.Parse(d.Item1), d => Element(d.Item2)), batch, default));
        var @base = await Root(("models/a", "{'schemaVersion':1,'name':'a'}"), ("models/b", "{'schemaVersion':1,'name':'b'}"));
        var ours = await Root(("models/a", "{'schemaVersion':1,'name':'a'}"), ("datasets/c", "{'schemaVersion':1,'name':'c'}"), ("models/b", "{'schemaVersion':1,'name':'b','task':'x'}"));
        var theirs = await Root(("models/b", "{'schemaVersion':1,'name':'b','license':'MIT'}"));
        var (root, result) = await store.AddAsync(batch => MetadataMerge.MergeAsync(store.Objects, @base, ours, theirs, MergeRules.Plain, batch, default));
        Assert.Empty(result.Conflicts);
        Assert.Equal(["datasets/c", "models/b"], (await MetadataTree.ReadAsync(store.Objects, root, default)).Keys.Select(k => k.ToString()));

        theirs = await Root(("models/a", "{'schemaVersion':1,'name':'a','task':'y'}"));
        (_, result) = await store.AddAsync(batch => MetadataMerge.MergeAsync(store.Objects, @base, ours, theirs, MergeRules.Plain, batch, default));
        var conflict = Assert.Single(result.Conflicts);
        Assert.Equal(("models/b", "", null), (conflict.Document, conflict.Pointer, conflict.Theirs));
    }

    [Fact]
    public void Merging_is_the_same_from_either_side_and_with_oneself_changes_nothing()
    {
        for (var seed = 0; seed < 400; seed++)
        {
            var random = new Random(seed);
            var (@base, ours, theirs) = (Any(random, 0), Any(random, 0), Any(random, 0));
            if (seed % 2 == 0)
                (ours, theirs) = (Edited(@base, random), Edited(@base, random));
            Assert.Equal(ours, Text(Merge(@base, ours, ours)));
            Assert.Equal(ours, Text(Merge(@base, ours, @base)));
            Assert.Equal(theirs, Text(Merge(@base, @base, theirs)));
            var (left, right) = (Merge(@base, ours, theirs), Merge(@base, theirs, ours));
            Assert.Equal(left.Conflicts.Count, right.Conflicts.Count);
            Assert.Equal(left.Conflicts.Select(c => Shown(c.Theirs)).Order(), right.Conflicts.Select(c => Shown(c.Ours)).Order());
            if (left.Conflicts.Count == 0)
                Assert.Equal(Sorted(Text(left)), Sorted(Text(right)));
        }
    }

    private static string Edited(string document, Random random)
    {
        var value = Element(document);
        foreach (var name in new[] { "a", "b", "tags", "metrics" })
            if (random.Next(3) == 0)
                value = MetadataPointer.Set(value, "/" + name, Element(Any(random, 2)));
        return Encoding.UTF8.GetString(MetadataJson.Canonical(value));
    }

    private static string Any(Random random, int depth)
    {
        var text = depth == 0 || depth < 3 && random.Next(2) == 0
            ? "{" + string.Join(',', new[] { "a", "b", "metrics", "tags" }.Where(_ => random.Next(2) == 0).Select(n => $"'{n}':{(n == "tags" ? Tags(random) : n == "metrics" ? Metrics(random) : Any(random, depth + 1))}")) + "}"
            : random.Next(3).ToString(System.Globalization.CultureInfo.InvariantCulture);
        return text.Replace('\'', '"');
    }

    private static string Tags(Random random) => "[" + string.Join(',', Enumerable.Range(0, 4).Where(_ => random.Next(2) == 0)) + "]";

    private static string Metrics(Random random) => "[" + string.Join(',', Enumerable.Range(0, 3).Where(_ => random.Next(2) == 0).Select(i => $"{{'name':'m{i}','value':{random.Next(3)}}}")) + "]";

    // Sets and records may come in another order from the other side.
    private static string Sorted(string document)
    {
        static JsonElement Walk(JsonElement value) => value.ValueKind switch
        {
            JsonValueKind.Object => JsonSerializer.SerializeToElement(value.EnumerateObject().ToDictionary(p => p.Name, p => Walk(p.Value))),
            JsonValueKind.Array => JsonSerializer.SerializeToElement(value.EnumerateArray().Select(Walk).OrderBy(v => Encoding.UTF8.GetString(MetadataJson.Canonical(v)), StringComparer.Ordinal)),
            _ => value,
        };
        return Encoding.UTF8.GetString(MetadataJson.Canonical(Walk(Element(document))));
    }

    private static MetadataMergeResult Merge(string @base, string ours, string theirs, MergeRules? rules = null) =>
        MetadataMerge.Merge(Set(@base), Set(ours), Set(theirs), rules ?? MergeRules.Plain);

    private static Dictionary<SafePath, JsonElement> Set(string text) => new() { [SafePath.Parse("models/m")] = Element(text) };

    private static JsonElement Element(string text) => MetadataJson.Parse(Encoding.UTF8.GetBytes(text.Replace('\'', '"')), "m");

    private static string Text(MetadataMergeResult result) => Encoding.UTF8.GetString(MetadataJson.Canonical(Assert.Single(result.Documents).Value));

    private static string Shown(JsonElement? value) => value is { } known ? Encoding.UTF8.GetString(MetadataJson.Canonical(known)) : "-";
}
