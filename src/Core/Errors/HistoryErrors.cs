namespace Temper.Core.Errors;

/// <summary>Codes of histories and merges.</summary>
internal static class HistoryErrors
{
    public static readonly ErrorEntry[] Entries =
    [
        new("revision_ambiguous", ErrorKind.Invalid, "Several objects have ids that begin so.", "Give more digits; the message lists the candidates."),
        new("revision_not_that", ErrorKind.Invalid, "The text names an object of another kind than is wanted here.", "`temper cat-file -t REV` tells the kind."),
        new("reflog_too_short", ErrorKind.NotFound, "The reference has not moved so often.", "`temper log -g` lists its moves."),
        new("merge_under_way", ErrorKind.Refused, "A merge is not finished.", "Resolve the conflicts, `temper add` them and `temper commit`; or `temper merge --abort`."),
        new("merge_none", ErrorKind.NotFound, "No merge is under way.", "There is nothing to continue or to give up."),
        new("merge_not_forward", ErrorKind.Refused, "The branch has commits of its own; it cannot simply be moved forward.", "Merge without --ff-only, or rebase first."),
        new("merge_unrelated", ErrorKind.Refused, "The two histories have no commit in common.", "--allow-unrelated-histories merges them all the same."),
    ];
}
