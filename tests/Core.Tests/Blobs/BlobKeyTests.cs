using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;

namespace Temper.Core.Tests.Blobs;

public sealed class BlobKeyTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("uploads/support bot/ü/日本語 😀.jsonl")]
    [InlineData("...")]
    [InlineData("C:x")]
    public void Names_that_people_give_files_are_keys(string text) => Assert.Equal(text, BlobKey.Parse(text).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("/a")]
    [InlineData("a/")]
    [InlineData("a//b")]
    [InlineData("a/../b")]
    [InlineData("./a")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("a\0")]
    public void Names_that_could_leave_their_place_are_refused(string text) =>
        Assert.Equal("blob_key_invalid", Assert.Throws<TemperException>(() => BlobKey.Parse(text)).Code);

    [Fact]
    public void Lengths_are_counted_in_bytes_and_half_characters_are_refused()
    {
        Assert.NotNull(BlobKey.Parse(new string('a', 200)).ToString());
        Assert.Throws<TemperException>(() => BlobKey.Parse(new string('ä', 101)));
        Assert.Throws<TemperException>(() => BlobKey.Parse(string.Join('/', Enumerable.Repeat(new string('a', 180), 5))));
        Assert.Throws<TemperException>(() => BlobKey.Parse("a\uD800b"));
    }

    [Fact]
    public void Keys_sort_by_code_unit() =>
        Assert.Equal(["B", "a", "a-b", "a.b", "a/b"], new[] { "a/b", "a", "a.b", "B", "a-b" }.Select(BlobKey.Parse).Order().Select(k => k.ToString()));

    [Fact]
    public void The_fence_of_a_run_is_part_of_its_name() => Assert.Equal(
        "runs/job-00000000000000000000000000/00000007/result/config.json",
        BlobLayout.Run(WorkId.Parse("job-00000000000000000000000000"), 7, "result/config.json").ToString());
}
