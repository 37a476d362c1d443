using Temper.Versioning.WorkTrees;

namespace Temper.Cli.Verbs.Versioning;

/// <summary>A status for people.</summary>
internal static class StatusText
{
    public static void Show(VersionSession session, WorkTreeStatus status)
    {
        session.Out.WriteLine(status.Head.ShortBranch is { } branch ? $"On branch {branch}" : $"No branch; at {status.Head.Commit?.Short}");
        if (status.Head.Commit is null)
            session.Out.WriteLine("No commits yet");
        if (session.Repository.Merging.Heads().Count > 0)
            session.Out.WriteLine(status.Tracked.Any(t => t.IsUnmerged) ? "A merge is under way; files are in conflict" : "A merge is under way; `temper commit` ends it");
        Part(session, "To be committed (`temper restore --staged PATH` takes back):", status.Tracked.Where(t => !t.IsUnmerged && t.Staged != ' ').Select(t => $"{Word(t.Staged)} {session.Shown(t.Path)}"));
        Part(session, "In conflict (edit, then `temper add PATH`):", status.Tracked.Where(t => t.IsUnmerged).Select(t => $"{Conflict(t)} {session.Shown(t.Path)}"));
        Part(session, "Changed, not in the index (`temper add PATH` takes, `temper restore PATH` throws away):", status.Tracked.Where(t => !t.IsUnmerged && t.Unstaged != ' ').Select(t => $"{Word(t.Unstaged)} {session.Shown(t.Path)}"));
        Part(session, "Untracked (`temper add PATH` takes):", status.Untracked.Select(t => session.Shown(t.Path)));
        Part(session, "Ignored:", status.Ignored.Select(t => session.Shown(t.Path)));
        if (status.Tracked.Count == 0)
            session.Out.WriteLine(status.Untracked.Count > 0 ? "Nothing is in the index, but there are untracked files" : "Nothing to commit; the work tree is clean");
    }

    private static void Part(VersionSession session, string title, IEnumerable<string> lines)
    {
        var all = lines.ToList();
        if (all.Count == 0)
            return;
        session.Out.WriteLine($"\n{title}");
        foreach (var line in all)
            session.Out.WriteLine("  " + Output.Style.Clean(line));
    }

    private static string Word(char sign) => sign switch { 'A' => "new:     ", 'M' => "modified:", 'D' => "deleted: ", _ => "type:    " };

    private static string Conflict(PathStatus path) => $"{path.Staged}{path.Unstaged}" switch
    {
        "DD" => "deleted by both: ",
        "AU" => "added by us:     ",
        "UD" => "deleted by them: ",
        "UA" => "added by them:   ",
        "DU" => "deleted by us:   ",
        "AA" => "added by both:   ",
        _ => "changed by both: ",
    };
}
