namespace Temper.Ingest;

/// <summary>Each run of lines without a blank one between them as one row.</summary>
internal sealed class ParagraphFeed(DataFile data, Stream source, DatasetConfig config, long offset, long linesBefore) : TextFeed(data, source, config, offset, linesBefore)
{
    private bool _behind = offset > 0, _inRow;

    private enum Kind
    {
        Unknown,
        Blank,
        Text,
    }

    protected override Scan Find(ReadOnlySpan<byte> unseen, bool last, out int used)
    {
        used = 0;
        if (_inRow)
            return FindEnd(unseen, last, out used);
        if (_behind && !unseen.IsEmpty)
        {
            (_behind, used) = (false, 1);
            Counted++;
        }
        while (used < unseen.Length)
        {
            var kind = KindOf(unseen[used..], last, out var length);
            if (kind == Kind.Unknown)
                return Scan.More;
            if (kind == Kind.Text)
            {
                _inRow = true;
                return Scan.Begin;
            }
            used += length;
            Counted += unseen[used - 1] == '\n' ? 1 : 0;
        }
        return last ? Scan.Stop : Scan.More;
    }

    /// <summary>The newline that a blank line, or nothing, follows.</summary>
    private Scan FindEnd(ReadOnlySpan<byte> unseen, bool last, out int used)
    {
        for (used = 0; unseen[used..].IndexOf((byte)'\n') is >= 0 and var step;)
        {
            used += step;
            var kind = KindOf(unseen[(used + 1)..], last, out _);
            if (kind == Kind.Unknown)
                return Scan.More;
            if (kind == Kind.Blank)
                return End();
            Counted++;
            used++;
        }
        used = unseen.Length;
        return last ? End() : Scan.More;
    }

    private Scan End()
    {
        (_inRow, _behind) = (false, true);
        return Scan.End;
    }

    /// <summary>Whether a line is blank. What stands behind a file's last newline is.</summary>
    private static Kind KindOf(ReadOnlySpan<byte> line, bool last, out int length)
    {
        length = line.IndexOfAnyExcept((byte)' ', (byte)'\t', (byte)'\r');
        if (length < 0 || length >= LongestBlank)
        {
            length = line.Length;
            return line.Length >= LongestBlank ? Kind.Text : last ? Kind.Blank : Kind.Unknown;
        }
        if (line[length] != '\n')
            return Kind.Text;
        length++;
        return Kind.Blank;
    }
}
