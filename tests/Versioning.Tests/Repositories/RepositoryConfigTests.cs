using Temper.Core.Errors;
using Temper.Testing;
using Temper.Versioning.Repositories;

namespace Temper.Versioning.Tests.Repositories;

/// <summary>Settings, read and written as git does.</summary>
public sealed class RepositoryConfigTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_of_git_is_read()
    {
        var config = Load("""
            # a comment
            [core]
            	bare = false ; why
            	editor = "vi -c \"set tw=72\""
            [remote "Origin \"x\""] url = https://example.org/x
            	fetch = +refs/heads/*:refs/remotes/origin/*
            	fetch = again
            [branch.topic]
            	merge = refs/heads/topic
            [alias]
            	long = first \
            second
            	empty =
            	flag
            	spaced =   a  b   # not this
            """);
        Assert.Equal("false", config.Get("core.bare"));
        Assert.Equal("vi -c \"set tw=72\"", config.Get("core.editor"));
        Assert.Equal("https://example.org/x", config.Get("remote.Origin \"x\".URL"));
        Assert.Null(config.Get("remote.origin \"x\".url"));
        Assert.Equal(["+refs/heads/*:refs/remotes/origin/*", "again"], config.GetAll("remote.Origin \"x\".fetch"));
        Assert.Equal("refs/heads/topic", config.Get("branch.topic.merge"));
        Assert.Equal("first second", config.Get("alias.long"));
        Assert.Equal("", config.Get("alias.empty"));
        Assert.True(config.GetBool("alias.flag", false));
        Assert.Equal("a  b", config.Get("alias.spaced"));
    }

    [Fact]
    public void What_is_changed_leaves_the_rest_as_it_was()
    {
        var config = Load("# mine\n[user]\n\tname = A # who\n[core]\n\tx = 1\n");
        config.Set("user.name", "B; C ");
        config.Set("user.email", "b@example.org");
        config.Set("remote.origin.url", "a\\b\"c\n");
        config.Unset("core.x");
        config.Save();
        var again = RepositoryConfig.Load(config.File);
        Assert.Equal(["user.name", "user.email", "remote.origin.url"], again.All.Select(s => s.Key));
        Assert.Equal(["B; C ", "b@example.org", "a\\b\"c\n"], again.All.Select(s => s.Value));
        Assert.StartsWith("# mine\n[user]\n", File.ReadAllText(config.File), StringComparison.Ordinal);
        Assert.Equal(["origin"], again.Subsections("remote"));
    }

    [Theory]
    [InlineData("x = 1\n", 1)]
    [InlineData("[core]\n\ta = \"b\n", 2)]
    [InlineData("[core\n", 1)]
    [InlineData("[core]\n\n1a = b\n", 3)]
    [InlineData("[core]\na = \\q\n", 2)]
    public void A_mistake_is_told_with_its_line(string text, int line)
    {
        var error = Assert.Throws<TemperException>(() => Load(text));
        Assert.Equal("settings_invalid", error.Code);
        Assert.InRange(error.Problems[0].Line!.Value, line, line + 1);
    }

    [Theory]
    [InlineData("name")]
    [InlineData(".name")]
    [InlineData("a.")]
    [InlineData("a.1b")]
    [InlineData("a b.c")]
    public void A_name_without_section_and_key_is_refused(string name) => Assert.Throws<TemperException>(() => Load("").Set(name, "1"));

    private RepositoryConfig Load(string text)
    {
        File.WriteAllText(_folder.Of("config"), text);
        return RepositoryConfig.Load(_folder.Of("config"));
    }
}
