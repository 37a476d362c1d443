using Temper.Versioning.Diffing;

namespace Temper.Versioning.Merging;

/// <summary>How conflicts are written.</summary>
/// <param name="Ours">Stands behind <c>&lt;&lt;&lt;&lt;&lt;&lt;&lt;</c>.</param>
/// <param name="Theirs">Stands behind <c>&gt;&gt;&gt;&gt;&gt;&gt;&gt;</c>.</param>
/// <param name="Favor">Whose lines stand instead of a conflict.</param>
/// <param name="MarkerSize">Characters of a marker, 7 or more.</param>
internal sealed record TextMergeStyle(string Ours, string Theirs, MergeFavor Favor = MergeFavor.None, int MarkerSize = 7);

/// <summary>
/// Merges the lines of two texts by a third that both come from. What one side changed stands; where both changed the same lines otherwise, both
/// versions are written between markers. The bytes are those that git writes in its default style, "merge": changes found by the histogram method, a
/// conflict narrowed to the lines in which the sides differ, conflicts at most three lines apart joined.
/// </summary>
internal sealed class TextMerge
{
    private const int LinesBetweenJoined = 3;

    private readonly TextLines _base, _ours, _theirs;
    private readonly TextMergeStyle _style;

    private TextMerge(byte[] from, byte[] ours, byte[] theirs, TextMergeStyle style)
    {
        var numbers = new LineNumbers();
        (_base, _ours, _theirs, _style) = (TextLines.Of(from, numbers), TextLines.Of(ours, numbers), TextLines.Of(theirs, numbers), style);
    }

    /// <summary>The merged text, and whether it is free of conflicts.</summary>
    public static (byte[] Content, bool IsClean) Merge(byte[] from, byte[] ours, byte[] theirs, TextMergeStyle style)
    {
        var merge = new TextMerge(from, ours, theirs, style);
        var oursChanges = LineDiff.Histogram(merge._base.Numbers, merge._ours.Numbers);
        var theirsChanges = LineDiff.Histogram(merge._base.Numbers, merge._theirs.Numbers);
        if (oursChanges.Count == 0)
            return (theirs, true);
        if (theirsChanges.Count == 0)
            return (ours, true);
        var blocks = Join(merge.Narrow(merge.Blocks(oursChanges, theirsChanges)));
        if (style.Favor != MergeFavor.None)
            foreach (var conflict in blocks.Where(b => b.Side == Side.Conflict))
                conflict.Side = style.Favor == MergeFavor.Ours ? Side.Ours : Side.Theirs;
        return (new ConflictWriter(merge._base, merge._ours, merge._theirs, style).Write(blocks), blocks.TrueForAll(b => b.Side != Side.Conflict));
    }

    /// <summary>Changes of both sides in order; those that touch each other are one.</summary>
    private List<MergeBlock> Blocks(List<LineChange> ours, List<LineChange> theirs)
    {
        var blocks = new List<MergeBlock>();
        int i = 0, k = 0;
        while (i < ours.Count || k < theirs.Count)
        {
            var ourShift = i < ours.Count ? ours[i].NewStart - ours[i].OldStart : _ours.Count - _base.Count;
            var theirShift = k < theirs.Count ? theirs[k].NewStart - theirs[k].OldStart : _theirs.Count - _base.Count;
            if (k == theirs.Count || (i < ours.Count && ours[i].OldEnd < theirs[k].OldStart))
            {
                Add(blocks, new(Side.Ours, ours[i].NewStart, ours[i].NewCount, ours[i].OldStart + theirShift, ours[i].OldCount));
                i++;
            }
            else if (i == ours.Count || theirs[k].OldEnd < ours[i].OldStart)
            {
                Add(blocks, new(Side.Theirs, theirs[k].OldStart + ourShift, theirs[k].OldCount, theirs[k].NewStart, theirs[k].NewCount));
                k++;
            }
            else
            {
                if (!AreSame(ours[i], theirs[k]))
                    Add(blocks, Overlap(ours[i], theirs[k]));
                var (ourEnd, theirEnd) = (ours[i].OldEnd, theirs[k].OldEnd);
                k += ourEnd >= theirEnd ? 1 : 0;
                i += theirEnd >= ourEnd ? 1 : 0;
            }
        }
        return blocks;
    }

    private bool AreSame(LineChange ours, LineChange theirs) =>
        ours.OldStart == theirs.OldStart && ours.OldCount == theirs.OldCount && ours.NewCount == theirs.NewCount
        && _ours.Numbers.AsSpan(ours.NewStart, ours.NewCount).SequenceEqual(_theirs.Numbers.AsSpan(theirs.NewStart, theirs.NewCount));

    /// <summary>Both changes with what lies between their beginnings and their ends: the same lines of the base on both sides.</summary>
    private static MergeBlock Overlap(LineChange ours, LineChange theirs)
    {
        var (start, end) = (Math.Min(ours.OldStart, theirs.OldStart), Math.Max(ours.OldEnd, theirs.OldEnd));
        var (ourStart, theirStart) = (ours.NewStart - (ours.OldStart - start), theirs.NewStart - (theirs.OldStart - start));
        return new(Side.Conflict, ourStart, ours.NewEnd + (end - ours.OldEnd) - ourStart, theirStart, theirs.NewEnd + (end - theirs.OldEnd) - theirStart);
    }

    private static void Add(List<MergeBlock> blocks, MergeBlock next)
    {
        if (blocks.Count == 0 || (next.Ours > blocks[^1].OursEnd && next.Theirs > blocks[^1].TheirsEnd))
        {
            blocks.Add(next);
            return;
        }
        var last = blocks[^1];
        if (last.Side != next.Side)
            last.Side = Side.Conflict;
        (last.OursCount, last.TheirsCount) = (next.OursEnd - last.Ours, next.TheirsEnd - last.Theirs);
    }

    /// <summary>Cuts each conflict into the runs of lines in which the sides differ; one in which they do not is none.</summary>
    private IEnumerable<MergeBlock> Narrow(List<MergeBlock> blocks)
    {
        foreach (var block in blocks)
        {
            if (block.Side != Side.Conflict || block.OursCount == 0 || block.TheirsCount == 0)
            {
                yield return block;
                continue;
            }
            var changes = LineDiff.Histogram(_ours.Numbers.AsSpan(block.Ours, block.OursCount), _theirs.Numbers.AsSpan(block.Theirs, block.TheirsCount));
            if (changes.Count == 0)
                yield return new(Side.Same, block.Ours, block.OursCount, block.Theirs, block.TheirsCount);
            foreach (var change in changes)
                yield return new(Side.Conflict, block.Ours + change.OldStart, change.OldCount, block.Theirs + change.NewStart, change.NewCount);
        }
    }

    private static List<MergeBlock> Join(IEnumerable<MergeBlock> blocks)
    {
        var joined = new List<MergeBlock>();
        foreach (var block in blocks)
        {
            var last = joined.Count > 0 ? joined[^1] : null;
            if (last?.Side == Side.Conflict && block.Side == Side.Conflict && block.Ours - last.OursEnd <= LinesBetweenJoined)
                (last.OursCount, last.TheirsCount) = (block.OursEnd - last.Ours, block.TheirsEnd - last.Theirs);
            else
                joined.Add(block);
        }
        return joined;
    }
}
