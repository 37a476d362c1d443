using Temper.Core.Errors;
using Temper.Versioning.Paths;

namespace Temper.Versioning.Tests;

public sealed class SafePathTests
{
    [Theory]
    [InlineData("config.json")]
    [InlineData("deep/er/model-00001-of-00002.safetensors")]
    [InlineData(".gitattributes")]
    [InlineData("café/日本語 (1).txt")]
    [InlineData("console.log")]
    [InlineData("a..b")]
    [InlineData("😀")]
    public void Ordinary_paths_are_read(string path) => Assert.Equal(path, SafePath.Parse(path).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("/etc/passwd")]
    [InlineData("../x")]
    [InlineData("a/../b")]
    [InlineData("a/./b")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\\b")]
    [InlineData("C:x")]
    [InlineData("x:stream")]
    [InlineData("a\0b")]
    [InlineData("a\nb")]
    [InlineData("a\u202Eb")]
    [InlineData("a\u200Bb")]
    [InlineData("a\uFE0F")]
    [InlineData("a\u2028b")]
    [InlineData(".git/config")]
    [InlineData("x/.GIT/config")]
    [InlineData(".Temper/HEAD")]
    [InlineData("git~1/config")]
    [InlineData(".git ")]
    [InlineData("x.")]
    [InlineData("con")]
    [InlineData("a/NUL.txt")]
    [InlineData("com1 .x")]
    [InlineData("cafe\u0301")]
    [InlineData("が\u3099")]
    [InlineData("a?b")]
    [InlineData("a*b")]
    [InlineData("\"a\"")]
    [InlineData("\uE000")]
    public void Hostile_paths_are_refused_with_the_rule(string path)
    {
        var error = Assert.Throws<TemperException>(() => SafePath.Parse(path));
        Assert.Equal("path_invalid", error.Code);
        Assert.DoesNotContain("\u202E", error.Message, StringComparison.Ordinal);
        Assert.False(SafePath.TryParse(path, out _));
    }

    [Fact]
    public void Half_a_character_is_refused() => Assert.False(SafePath.TryParse("a\uD800b", out _));

    [Fact]
    public void Lengths_are_counted_in_bytes()
    {
        Assert.True(SafePath.TryParse(new string('a', 255), out _));
        Assert.False(SafePath.TryParse(new string('ä', 128), out _));
        Assert.True(SafePath.TryParse(string.Join('/', Enumerable.Repeat("abc", 1024)), out _));
        Assert.False(SafePath.TryParse(string.Join('/', Enumerable.Repeat("abc", 1025)), out _));
    }
}
