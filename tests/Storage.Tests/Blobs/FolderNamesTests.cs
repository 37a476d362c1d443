using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Storage.Folder;

namespace Temper.Storage.Tests.Blobs;

public sealed class FolderNamesTests
{
    [Fact]
    public void A_name_comes_back_as_it_was() => Holds(text => Segment(text) is not { } segment || FolderNames.Decode(FolderNames.Encode(segment)) == segment);

    [Fact]
    public void Names_that_differ_only_in_case_have_files_that_differ_in_more() => Holds(text =>
        Segment(text) is not { } a || Segment(Swapped(a)) is not { } b || a == b
        || !string.Equals(FolderNames.Encode(a), FolderNames.Encode(b), StringComparison.OrdinalIgnoreCase));

    [Fact]
    public void Whatever_a_folder_holds_decoding_it_throws_nothing() => Holds(name => FolderNames.Decode(name) is not { } segment || FolderNames.Encode(segment) == name);

    [Theory]
    [InlineData("records-00000.jsonl", "records-00000.jsonl")]
    [InlineData("README", "%52%45%41%44%4d%45")]
    [InlineData("...", "%2e.%2e")]
    [InlineData("con.txt", "%63on.txt")]
    [InlineData("a+b%", "a%2bb%25")]
    [InlineData("é", "%c3%a9")]
    public void The_spelling_is_that_of_the_specification(string segment, string encoded) => Assert.Equal(encoded, FolderNames.Encode(segment));

    private static void Holds(Func<string, bool> property) =>
        Prop.ForAll<NonNull<string>>(text => property(text.Get)).Check(Config.QuickThrowOnFailure.WithMaxTest(500));

    private static string Swapped(string text) => string.Concat(text.Select(c => char.IsAsciiLetterUpper(c) ? char.ToLowerInvariant(c) : char.ToUpperInvariant(c)));

    private static string? Segment(string text)
    {
        try
        {
            return text.Contains('/', StringComparison.Ordinal) || Encoding.UTF8.GetByteCount(text) > 200 ? null : BlobKey.Parse(text).ToString();
        }
        catch (TemperException)
        {
            return null;
        }
    }
}
