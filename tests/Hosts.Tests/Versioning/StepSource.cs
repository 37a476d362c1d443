using System.Globalization;

namespace Temper.Hosts.Tests.Versioning;

/// <summary>Draws steps. The same seed gives the same sequence.</summary>
internal sealed class StepSource(ulong seed, bool merges)
{
    private static readonly string[] Names = ["a", "b", "c.txt", "d.log", "e", "x/a", "x/b.log", "x/y/c", "x/y/d.txt", "z/e", "a/k", "build/o", "h i", "b/é", "x/build/p", "a-b", "x.y"];
    private static readonly string[] Folders = ["x", "x/y", "z", "a", "build", "b"];
    private static readonly string[] Texts = ["", "one\n", "two\n", "one\ntwo\nthree\n", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "1\n2\nX\n4\n5\n6\n7\n8\n9\n", "1\n2\n3\n4\n5\n6\n7\n8\nY\n", "no line end"];
    private static readonly string[] Patterns = ["*.log", "/b", "build/", "x/y", "!d.log", "**/d*", "x/**", "*.txt", "!x/y/", "e", "/x/*", "!/x/a", "# c", "[ab]", "?", "z/e", "a/", "h\\ i", "build"];
    private static readonly string[] Branches = ["main", "one", "two", "three/four", "five"];
    private static readonly string[] Tags = ["v1", "v2"];
    private ulong _state = Mix(seed);
    private int _made;

    public PairStep Next() => Below(100) switch
    {
        < 30 => File(),
        < 48 => Add(),
        < 62 => Commit(),
        < 66 => Remove(),
        < 72 => Reset(),
        < 77 => Restore(),
        < 87 => Checkout(),
        < 92 => Branch(),
        < 94 => Tag(),
        _ => merges ? Merge() : Checkout(),
    };

    private PairStep File() => Below(12) switch
    {
        < 7 => PairStep.File("write", Of(Names), Of(Texts)),
        7 => PairStep.File("delete", Of(Names)),
        8 => PairStep.File("mode", Of(Names)),
        9 => PairStep.File(Below(2) == 0 ? "delete" : "folder", Of(Folders)),
        10 => PairStep.File("write", Below(3) > 0 ? ".temperignore" : "x/.temperignore", string.Concat(Enumerable.Range(0, Below(4)).Select(_ => Of(Patterns) + "\n"))),
        _ => PairStep.File("write", Of(Names), string.Create(CultureInfo.InvariantCulture, $"made {++_made}\n")),
    };

    private PairStep Add() => Below(8) switch
    {
        0 => PairStep.Command("add", "."),
        1 => PairStep.Command("add", "-u"),
        2 => PairStep.Command("add", "-f", Of(Names)),
        3 => PairStep.Command("add", Of(Folders)),
        4 => PairStep.Command("add", Of(["*.txt", "x/*", "*"])),
        5 => PairStep.Command("add", Of(Names)),
        _ => PairStep.Command("add", "-A"),
    };

    private PairStep Commit()
    {
        var message = string.Create(CultureInfo.InvariantCulture, $"message {++_made}");
        return Below(8) switch
        {
            0 => PairStep.Command("commit", "-q", "-m", message, "--allow-empty"),
            1 => PairStep.Command("commit", "-q", "--amend", "-m", message),
            < 4 => PairStep.Command("commit", "-q", "-a", "-m", message),
            _ => PairStep.Command("commit", "-q", "-m", message),
        };
    }

    private PairStep Remove() => Below(5) switch
    {
        0 => PairStep.Command("rm", "-q", "--cached", Of(Names)),
        1 => PairStep.Command("rm", "-q", "-r", Of(Folders)),
        2 => PairStep.Command("rm", "-q", "-f", Of(Names)),
        3 => PairStep.Command("rm", "-q", Of(Folders)),
        _ => PairStep.Command("rm", "-q", Of(Names)),
    };

    private PairStep Reset() => Below(6) switch
    {
        0 => PairStep.Command("reset", "-q", "--soft", Commitish()),
        1 => PairStep.Command("reset", "-q", Commitish()),
        2 => PairStep.Command("reset", "-q", "--", Of(Names)),
        3 => PairStep.Command("reset", "-q", Commitish(), "--", Of(Folders)),
        _ => PairStep.Command("reset", "-q", "--hard", Below(2) == 0 ? "HEAD" : Commitish()),
    };

    private PairStep Restore() => Below(5) switch
    {
        0 => PairStep.Command("restore", "--staged", Of(Names)),
        1 => PairStep.Command("restore", "--staged", "."),
        2 => PairStep.Command("restore", "--source", Commitish(), "--staged", "--worktree", Of(Folders)),
        3 => PairStep.Command("restore", "--source", Commitish(), Of(Names)),
        _ => PairStep.Command("restore", Of(Names)),
    };

    private PairStep Checkout() => Below(14) switch
    {
        0 => PairStep.Command("checkout", "-q", "-b", Of(Branches)),
        1 => PairStep.Command("checkout", "-q", "-B", Of(Branches), Commitish()),
        2 => PairStep.Command("checkout", "-q", "--detach", Commitish()),
        3 => PairStep.Command("checkout", "-q", "--", Of(Names)),
        4 => PairStep.Command("checkout", "-q", Commitish(), "--", Of(Names)),
        5 => PairStep.Command("checkout", "-q", "-f", Of(Branches)),
        6 => PairStep.Command("checkout", "-q", Of(Tags)),
        7 => PairStep.Command("switch", "-q", Of(Branches)),
        8 => PairStep.Command("switch", "-q", "-c", Of(Branches)),
        9 => PairStep.Command("switch", "-q", "--detach", Commitish()),
        10 => PairStep.Command("checkout", "-q", "-"),
        _ => PairStep.Command("checkout", "-q", Of(Branches), "--"),
    };

    private PairStep Branch() => Below(6) switch
    {
        0 => PairStep.Command("branch", Of(Branches), Commitish()),
        1 => PairStep.Command("branch", "-d", Of(Branches)),
        2 => PairStep.Command("branch", "-D", Of(Branches)),
        3 => PairStep.Command("branch", "-m", Of(Branches), Of(Branches)),
        4 => PairStep.Command("branch", "-f", Of(Branches), Commitish()),
        _ => PairStep.Command("branch", Of(Branches)),
    };

    private PairStep Tag() => Below(4) switch
    {
        0 => PairStep.Command("tag", "-d", Of(Tags)),
        1 => PairStep.Command("tag", "-a", "-m", "text", Of(Tags)),
        2 => PairStep.Command("tag", "-f", Of(Tags), Commitish()),
        _ => PairStep.Command("tag", Of(Tags)),
    };

    private PairStep Merge() => Below(6) switch
    {
        0 => PairStep.Command("merge", "-q", "--no-ff", "-m", "merged", Of(Branches)),
        1 => PairStep.Command("merge", "-q", "--ff-only", Of(Branches)),
        2 => PairStep.Command("merge", "--abort"),
        _ => PairStep.Command("merge", "-q", "-m", "merged", Of(Branches)),
    };

    private string Commitish() => Below(5) switch
    {
        0 => Of(Branches),
        1 => Of(Tags),
        2 => "HEAD~1",
        3 => "HEAD~2",
        _ => "HEAD",
    };

    private string Of(string[] choices) => choices[Below(choices.Length)];

    // SplitMix64.
    private int Below(int limit)
    {
        _state += 0x9E3779B97F4A7C15;
        return (int)(Mix(_state) % (ulong)limit);
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9;
        z = (z ^ z >> 27) * 0x94D049BB133111EB;
        return z ^ z >> 31;
    }
}
