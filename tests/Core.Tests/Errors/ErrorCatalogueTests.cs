using Temper.Core.Errors;

namespace Temper.Core.Tests.Errors;

public sealed class ErrorCatalogueTests
{
    [Fact]
    public void Every_code_has_one_meaning_whatever_its_case()
    {
        var codes = ErrorCatalogue.All.Select(entry => entry.Code.ToUpperInvariant()).ToList();
        Assert.Equal(codes.Count, codes.Distinct().Count());
        Assert.All(ErrorCatalogue.All, entry => Assert.Same(entry, ErrorCatalogue.Find(entry.Code.ToUpperInvariant())));
    }

    [Fact]
    public void Every_entry_says_what_happened_and_what_to_do() => Assert.All(ErrorCatalogue.All, entry =>
    {
        Assert.EndsWith(".", entry.Meaning, StringComparison.Ordinal);
        Assert.EndsWith(".", entry.Remedy, StringComparison.Ordinal);
    });

    [Fact]
    public void A_code_that_nobody_explained_cannot_be_thrown() =>
        Assert.Throws<ArgumentException>(() => new TemperException("no_such_code", "x"));

    [Fact]
    public void An_error_tells_all_that_is_wrong_and_takes_its_kind_from_the_first()
    {
        var error = new TemperException([new("blob_missing", "First."), new("disk_full", "Second.")]);
        Assert.Equal("blob_missing", error.Code);
        Assert.Equal(ErrorKind.NotFound, error.Kind);
        Assert.Equal($"First.{Environment.NewLine}Second.", error.Message);
    }
}
