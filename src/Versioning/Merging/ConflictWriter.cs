using System.Buffers;
using System.Text;
using Temper.Versioning.Diffing;

namespace Temper.Versioning.Merging;

/// <summary>Writes merged lines, conflicts between markers in git's style "merge".</summary>
internal sealed class ConflictWriter(TextLines from, TextLines ours, TextLines theirs, TextMergeStyle style)
{
    private readonly ArrayBufferWriter<byte> _output = new();

    public byte[] Write(List<MergeBlock> blocks)
    {
        var at = 0;
        foreach (var block in blocks.Where(b => b.Side != Side.Same))
        {
            _output.Write(ours.Slice(at, block.Ours - at));
            at = block.OursEnd;
            if (block.Side == Side.Conflict)
                Conflict(block);
            else if (block.Side == Side.Ours)
                _output.Write(ours.Slice(block.Ours, block.OursCount));
            else
                _output.Write(theirs.Slice(block.Theirs, block.TheirsCount));
        }
        _output.Write(ours.Slice(at, ours.Count - at));
        return _output.WrittenSpan.ToArray();
    }

    private void Conflict(MergeBlock block)
    {
        var lineBreak = UsesCarriageReturns(block) ? "\r\n" : "\n";
        Marker('<', " " + style.Ours, lineBreak);
        Lines(ours, block.Ours, block.OursCount, lineBreak);
        Marker('=', "", lineBreak);
        Lines(theirs, block.Theirs, block.TheirsCount, lineBreak);
        Marker('>', " " + style.Theirs, lineBreak);
    }

    private void Marker(char sign, string label, string lineBreak) =>
        _output.Write(Encoding.UTF8.GetBytes(new string(sign, style.MarkerSize) + label + lineBreak));

    private void Lines(TextLines lines, int first, int count, string lineBreak)
    {
        _output.Write(lines.Slice(first, count));
        if (count > 0 && !lines.EndsInLineBreak(first + count - 1))
            _output.Write(Encoding.UTF8.GetBytes(lineBreak));
    }

    /// <summary>A marker ends in CR LF where the base's first line does and neither side's line before the conflict ends otherwise.</summary>
    private bool UsesCarriageReturns(MergeBlock block) => Ending(ours, Math.Max(block.Ours - 1, 0)) != false
        && Ending(theirs, Math.Max(block.Theirs - 1, 0)) != false && Ending(from, 0) == true;

    /// <summary>Whether a line ends in CR LF; null where nothing tells.</summary>
    private static bool? Ending(TextLines lines, int index)
    {
        if (lines.Count == 0)
            return null;
        if (!lines.EndsInLineBreak(index))
            return index == 0 ? null : lines.Line(index - 1).EndsWith("\r\n"u8);
        return lines.Line(index).EndsWith("\r\n"u8);
    }
}
