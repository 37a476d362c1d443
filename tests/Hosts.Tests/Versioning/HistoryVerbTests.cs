namespace Temper.Hosts.Tests.Versioning;

/// <summary>Verbs that show histories and merge them, given to git as well.</summary>
[Collection("versioning")]
public sealed class HistoryVerbTests
{
    private const string Nine = "1\n2\n3\n4\n5\n6\n7\n8\n9\n";

    private static readonly string[] Questions =
    [
        "log", "log --oneline", "log -2", "log -n3 --reverse", "log --topo-order --format=%H_%P", "log --format=%T|%s|%an|%ae|%cn|%ad|%at|%aI|%ai|%aD|%as|%ct|%%|%x41",
        "log --pretty=format:%h%n%b", "log --format=%B", "log --format=fuller", "log --pretty=short", "log --pretty=full", "log --date=iso --format=%ad|%cd", "log --name-status", "log --name-only --format=%s",
        "log --stat --format=%s", "log --oneline --name-status", "log -p", "log --first-parent --format=%s", "log --no-merges --format=%s", "log --merges --format=%s", "log --format=%s -- d", "log --format=%s -- f n",
        "log --all --format=%s%d --decorate", "log --format=%D", "log --grep=two --format=%s", "log main..topic --format=%s", "log topic..main --format=%s", "log --skip=1 --format=%s", "log nobody",
        "show", "show v1", "show --stat HEAD~1", "show HEAD:f", "show --format=%s -s HEAD", "show nobody", "show HEAD^{tree}^",
        "diff", "diff HEAD~1", "diff HEAD~1 HEAD", "diff HEAD~1..HEAD --stat", "diff main...topic --name-status", "diff --cached", "diff --cached --name-status", "diff --name-only", "diff --name-status HEAD", "diff --shortstat HEAD~2",
        "diff --numstat HEAD~2", "diff --exit-code", "diff --quiet", "diff --exit-code HEAD HEAD", "diff -z --name-status HEAD~1", "diff HEAD~1 -- d", "diff HEAD~1:f HEAD:f", "diff nobody", "diff -U0 HEAD~1 HEAD",
        "rev-parse HEAD", "rev-parse HEAD~1 v1^{commit} main", "rev-parse --verify -q nobody", "rev-parse --verify nobody", "rev-parse --abbrev-ref HEAD", "rev-parse --abbrev-ref main", "rev-parse main..topic",
        "rev-parse main...topic", "rev-parse --symbolic-full-name topic", "rev-parse --is-inside-work-tree", "rev-parse --show-prefix", "rev-parse --is-bare-repository", "rev-parse nobody --",
        "rev-list HEAD", "rev-list --count --all", "rev-list --parents main", "rev-list --left-right --count main...topic", "rev-list --left-right main...topic", "rev-list main ^topic", "rev-list", "rev-list -1 HEAD -- d", "rev-list --left-only main...topic",
        "merge-base main topic", "merge-base --all main topic", "merge-base --is-ancestor topic main", "merge-base --is-ancestor main topic", "merge-base main", "merge-base main other", "merge-base main nobody",
        "cat-file -t HEAD", "cat-file -t HEAD:f", "cat-file -t HEAD^{tree}", "cat-file -t v1", "cat-file -p HEAD:f", "cat-file -s HEAD:f", "cat-file -p HEAD^{tree}", "cat-file -e HEAD", "cat-file -e nobody", "cat-file blob HEAD:f", "cat-file -t HEAD:nothing",
        "ls-tree HEAD", "ls-tree -r HEAD", "ls-tree -rt HEAD", "ls-tree -d HEAD", "ls-tree -l HEAD", "ls-tree --name-only HEAD d", "ls-tree --name-only HEAD d/", "ls-tree -z HEAD", "ls-tree -r --name-only HEAD -- d/e", "ls-tree nobody", "ls-tree HEAD:d",
    ];

    [Fact]
    public void Histories_are_shown_as_git_shows_them()
    {
        using var pair = new HistoryPair();
        MakeHistory(pair);
        pair.Write("f", Nine + "changed\n");
        pair.Write("staged", "s\n");
        pair.Both("add", "staged");
        var differences = Questions.Select(q => pair.Compare(q.Split(' '))).Where(d => d.Length > 0).ToList();
        Assert.True(differences.Count == 0, $"{differences.Count} differ:\n{string.Join('\n', differences)}");
    }

    [Fact]
    public void Merges_end_as_with_git()
    {
        using var pair = new HistoryPair();
        MakeHistory(pair);
        foreach (var (path, ours, theirs) in new[] { ("f", Nine.Replace("5", "ours", StringComparison.Ordinal), Nine.Replace("5", "theirs", StringComparison.Ordinal)), ("gone", "", "kept\n"), ("both", "ours\n", "theirs\n") })
        {
            pair.Both("checkout", "-q", "-B", "left", "main");
            Change(pair, path, ours);
            pair.Both("checkout", "-q", "-B", "right", "main");
            Change(pair, path, theirs);
            pair.Both("checkout", "-q", "left");
            pair.Both("merge", "right");
            Same(pair);
            pair.Both("merge", "right");
            pair.Both("merge", "--abort");
            Same(pair);
            pair.Both("merge", "-q", "-X", "ours", "right");
            Same(pair);
            pair.Both("reset", "-q", "--hard", "left");
            pair.Both("merge", "-q", "right");
            pair.Write(path, "resolved\n");
            pair.Both("add", path);
            pair.Both("commit", "-q", "--no-edit");
            Same(pair);
            pair.Both("merge", "right");
            pair.Both("merge", "--ff-only", "other");
        }
        pair.Both("merge", "--continue");
        pair.Both("merge", "--abort");
        pair.Both("merge", "nobody");
    }

    [Fact]
    public void Local_changes_are_never_lost_to_a_merge()
    {
        using var pair = new HistoryPair();
        MakeHistory(pair);
        pair.Both("checkout", "-q", "-b", "left", "main~2");
        pair.Write("f", "mine\n");
        pair.Both("merge", "main");
        Assert.Equal("mine\n", pair.Read("f"));
        pair.Both("checkout", "-q", "f");
        pair.Write("own", "own\n");
        pair.Both("add", "own");
        pair.Both("commit", "-q", "-m", "own");
        pair.Write("f", "mine\n");
        pair.Both("merge", "main");
        Assert.Equal("mine\n", pair.Read("f"));
        pair.Both("add", "f");
        pair.Both("merge", "main");
        Same(pair);
        pair.Both("reset", "-q", "--hard");
        pair.Both("merge", "--no-commit", "--no-ff", "main");
        Same(pair);
        pair.Both("commit", "-q", "-m", "merged");
        Same(pair);
    }

    private static void MakeHistory(HistoryPair pair)
    {
        pair.Write("f", Nine);
        pair.Write("d/g", "g\n");
        pair.Write("d/e/h", "h\n");
        pair.Write("gone", "soon\n");
        Commit(pair, "one");
        pair.Both("tag", "-a", "-m", "the first", "v1");
        pair.Both("checkout", "-q", "-b", "topic");
        pair.Write("f", Nine.Replace("2", "two", StringComparison.Ordinal));
        Commit(pair, "two on topic\n\nWith a body.\n\nOf two parts.");
        pair.Both("checkout", "-q", "main");
        pair.Write("f", Nine.Replace("8", "eight", StringComparison.Ordinal));
        pair.Write("n", "new\n");
        Commit(pair, "three");
        pair.Both("merge", "-q", "-m", "merged", "topic");
        pair.Both("checkout", "-q", "topic");
        pair.Write("d/g", "g\nmore\n");
        Commit(pair, "four");
        pair.Both("checkout", "-q", "main");
        pair.Write("a name", "é\nno end");
        Commit(pair, "five");
        pair.Both("branch", "other", "main~2");
    }

    private static void Commit(HistoryPair pair, string message)
    {
        pair.Both("add", "-A");
        pair.Both("commit", "-q", "-m", message);
    }

    private static void Change(HistoryPair pair, string path, string text)
    {
        if (text.Length > 0)
            pair.Write(path, text);
        else
            pair.Both("rm", "-q", path);
        Commit(pair, $"change {path}");
    }

    private static void Same(HistoryPair pair)
    {
        foreach (var question in (string[])["status --porcelain", "diff --name-status", "diff --cached --name-status", "ls-files -s", "log --format=%s|%P"])
            Assert.Equal("", pair.Compare(question.Split(' ')));
        foreach (var path in (string[])["f", "gone", "both"])
            if (pair.Has(path))
                pair.Read(path);
    }
}
