using System.Text;
using Temper.Core.Errors;

namespace Temper.Ingest.Tests;

/// <summary>Which files a split has, and what is said when there is none.</summary>
public sealed class HubSplitTests
{
    private static readonly byte[] Line = Uploads.Lines("""{"text":"a"}""");

    [Theory]
    [InlineData("{}", "data/train-00000-of-00002.jsonl data/train-00001-of-00002.jsonl")]
    [InlineData("""{"split": "test"}""", "data/test-00000-of-00001.jsonl")]
    [InlineData("""{"split": "easy_ones"}""", "data/easy_ones-00000-of-00001.jsonl")]
    [InlineData("""{"data_files": "data/t*-00000-*.jsonl"}""", "data/test-00000-of-00001.jsonl data/train-00000-of-00002.jsonl")]
    [InlineData("""{"data_files": ["**/test-*", "extra/a.jsonl"]}""", "data/test-00000-of-00001.jsonl extra/a.jsonl")]
    [InlineData("""{"data_files": "extra"}""", "extra/a.jsonl")]
    public async Task Splits_are_found_by_the_names_of_files(string settings, string paths)
    {
        await using var place = await HubPlace.StartAsync([.. "data/train-00000-of-00002.jsonl data/train-00001-of-00002.jsonl data/test-00000-of-00001.jsonl data/easy_ones-00000-of-00001.jsonl extra/a.jsonl dataset_infos.json .gitattributes README.md".Split(' ').Select(path => (path, Line))]);
        Assert.Equal(paths.Split(' '), await place.PathsAsync(settings));
    }

    [Theory]
    [InlineData("en", "train", "en/train.parquet")]
    [InlineData("en", "validation", "en/dev/0000.parquet")]
    [InlineData("de", "train", "de/train/0000.parquet de/train/0001.parquet")]
    public async Task A_configuration_is_a_folder_where_no_card_says_otherwise(string config, string split, string paths)
    {
        await using var place = await HubPlace.StartAsync([.. "en/train.parquet en/dev/0000.parquet de/train/0000.parquet de/train/0001.parquet".Split(' ').Select(path => (path, Line))]);
        Assert.Equal(paths.Split(' '), await place.PathsAsync($$"""{"name": "{{config}}", "split": "{{split}}"}"""));
    }

    [Fact]
    public async Task Files_whose_names_say_nothing_are_for_training()
    {
        await using var place = await HubPlace.StartAsync(("b.jsonl", Line), ("a.jsonl.gz", Line), ("script.py", Line));
        Assert.Equal(["a.jsonl.gz", "b.jsonl"], await place.PathsAsync());
    }

    [Fact]
    public async Task The_card_decides_where_it_names_configurations()
    {
        const string Card = """
            ---
            license: mit
            configs:
            - config_name: small
              data_files: little.jsonl
            - config_name: big
              default: true
              data_files:
              - split: train
                path: ["big/*.jsonl", "more/**"]
              - split: held_out
                path: little.jsonl
            ---
            # About
            """;
        await using var place = await HubPlace.StartAsync([("README.md", Encoding.UTF8.GetBytes(Card)), .. "little.jsonl big/1.jsonl big/2.jsonl more/x/3.jsonl other.jsonl".Split(' ').Select(path => (path, Line))]);
        Assert.Equal(["big/1.jsonl", "big/2.jsonl", "more/x/3.jsonl"], await place.PathsAsync());
        Assert.Equal(["little.jsonl"], await place.PathsAsync("""{"split": "held_out"}"""));
        Assert.Equal(["little.jsonl"], await place.PathsAsync("""{"name": "small"}"""));
        Assert.Contains("it has held_out, train", (await FaultAsync(place, """{"split": "test"}""")).Message);
        Assert.Contains("it has big, small", (await FaultAsync(place, """{"name": "huge"}""")).Message);
    }

    [Theory]
    [InlineData("""{"dataset_name": "our-org/Other"}""", "SRC_MISSING", "the hub has no such repository")]
    [InlineData("""{"revision": "v9"}""", "SRC_MISSING", "no such revision")]
    [InlineData("""{"split": "validation"}""", "SRC_MISSING", "no split 'validation'; it has test, train")]
    [InlineData("""{"name": "xx"}""", "SRC_MISSING", "no configuration 'xx'; its folders are data, txt")]
    [InlineData("""{"data_files": "*.csv"}""", "SRC_MISSING", "no file that matches *.csv; its data files are data/test.jsonl, data/train.jsonl, txt/train.txt")]
    [InlineData("{}", "SRC_UNSUPPORTED", "files of several kinds (.jsonl, .txt)")]
    [InlineData("""{"dataset_name": "../x"}""", "hub_reference_invalid", "does not name a repository")]
    [InlineData("""{"data_files": []}""", "CFG_WRONG_TYPE", "not empty")]
    public async Task What_does_not_exist_is_an_error_that_lists_what_does(string settings, string code, string message)
    {
        await using var place = await HubPlace.StartAsync(("data/train.jsonl", Line), ("data/test.jsonl", Line), ("txt/train.txt", Line));
        var fault = await FaultAsync(place, settings);
        Assert.Equal(code, fault.Code);
        Assert.Contains(message, fault.Message);
    }

    [Fact]
    public async Task A_dataset_that_is_a_script_is_never_run()
    {
        await using var place = await HubPlace.StartAsync(("loader.py", Encoding.UTF8.GetBytes("print()")));
        var fault = await FaultAsync(place, "{}");
        Assert.Contains("'loader.py' that would make them; scripts of datasets are never run", fault.Message);
        Assert.Contains("refs/convert/parquet", fault.Problems[0].Hint);
    }

    [Fact]
    public async Task Columns_of_files_that_have_none_are_a_problem_of_the_item()
    {
        await using var place = await HubPlace.StartAsync(("train.txt", Line));
        await using var backend = await place.OpenAsync("""{"columns": ["text"]}""");
        Assert.Equal("SRC_UNSUPPORTED", Assert.Single(await HubPlace.ListAsync(backend)).Problem?.Code);
    }

    [Theory]
    [InlineData("---\nconfigs: &a [*a]\n---\n")]
    [InlineData("---\nconfigs:\n- config_name: x\n  data_files: {train: []}\n---\n")]
    [InlineData("---\nconfigs: [1, {data_files: 3}, []]\n---\n")]
    [InlineData("---\n: : {\n---\n")]
    [InlineData("---\nno end")]
    [InlineData("")]
    public void A_card_of_another_shape_says_nothing(string card) => Assert.True(HubCard.Read(card).Count <= 1);

    [Theory]
    [InlineData("**/*.jsonl", "a.jsonl", true)]
    [InlineData("**/*.jsonl", "x/y/a.jsonl", true)]
    [InlineData("*.jsonl", "x/a.jsonl", false)]
    [InlineData("x/?.jsonl", "x/a.jsonl", true)]
    [InlineData("x/[!a].jsonl", "x/a.jsonl", false)]
    [InlineData("x/{a,b}.jsonl", "x/b.jsonl", true)]
    [InlineData("./x", "x/b.jsonl", true)]
    [InlineData("x", "xx/b.jsonl", false)]
    [InlineData("(a+)+$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab", false)]
    [InlineData("[", "[", true)]
    [InlineData("x.jsonl", "xAjsonl", false)]
    public void Patterns_are_those_of_paths(string pattern, string path, bool matches) => Assert.Equal(matches, new PathPattern(pattern).Matches(path));

    private static async Task<TemperException> FaultAsync(HubPlace place, string settings) => await Assert.ThrowsAsync<TemperException>(() => place.OpenAsync(settings));
}
