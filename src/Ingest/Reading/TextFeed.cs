namespace Temper.Ingest;

/// <summary>Plain text: each row becomes an object with the text alone, CRLF as LF, without newlines at its end.</summary>
internal abstract class TextFeed : ScannedFeed
{
    /// <summary>A line that begins with more white space than this is not looked at for whether it is blank.</summary>
    protected const int LongestBlank = 4096;

    private readonly ByteBuffer _json = new(4096), _text = new(4096);
    private readonly byte[] _begin;

    protected TextFeed(DataFile data, Stream source, DatasetConfig config, long offset, long linesBefore) : base(data, source, config.MaxLineBytes, offset, linesBefore)
    {
        _json.Add((byte)'{');
        JsonEscape.Add(System.Text.Encoding.UTF8.GetBytes(config.Columns.GetValueOrDefault("text", "text")), false, _json);
        _json.Add((byte)':');
        _begin = _json.Written.ToArray();
    }

    /// <summary>The rows of a file by the unit that its configuration names.</summary>
    public static TextFeed Open(DataFile data, Stream source, DatasetConfig config, long offset, long linesBefore) => config.TextUnit switch
    {
        TextUnit.File => new WholeTextFeed(data, source, config, offset, linesBefore),
        TextUnit.Line => new TextLineFeed(data, source, config, offset, linesBefore),
        _ => new ParagraphFeed(data, source, config, offset, linesBefore),
    };

    protected sealed override Line Make(ReadOnlySpan<byte> raw, long number, long offset, bool cut)
    {
        var text = raw.TrimEnd("\r\n"u8);
        if (text.Trim(" \t\r\n"u8).IsEmpty)
            return new([], number, offset, 0, false, false, null);
        var fault = cut ? new("REC_TRUNCATED", "The file ends inside this text.") : TextEncodings.FaultOfRow(text);
        if (fault is null)
            Write(text);
        return new(_json.Written, number, offset, text.Length, false, false, null) { Original = text, Fault = fault };
    }

    private void Write(ReadOnlySpan<byte> text)
    {
        _json.Clear();
        _json.Add(_begin);
        if (text.IndexOf("\r\n"u8) >= 0)
        {
            _text.Clear();
            while (text.IndexOf("\r\n"u8) is >= 0 and var at)
            {
                _text.Add(text[..at]);
                text = text[(at + 1)..];
            }
            _text.Add(text);
            text = _text.Written;
        }
        JsonEscape.Add(text, false, _json);
        _json.Add((byte)'}');
    }
}

/// <summary>A file's text as one row.</summary>
internal sealed class WholeTextFeed(DataFile data, Stream source, DatasetConfig config, long offset, long linesBefore) : TextFeed(data, source, config, offset, linesBefore)
{
    private bool _begun = offset > 0;

    protected override Scan Find(ReadOnlySpan<byte> unseen, bool last, out int used)
    {
        used = 0;
        if (!_begun && !unseen.IsEmpty)
        {
            _begun = true;
            return Scan.Begin;
        }
        used = unseen.Length;
        if (!last)
            return Scan.More;
        if (Counted > 0 || !_begun)
            return Scan.Stop;
        Counted = 1;
        return Scan.End;
    }
}

/// <summary>Each line as one row.</summary>
internal sealed class TextLineFeed(DataFile data, Stream source, DatasetConfig config, long offset, long linesBefore) : TextFeed(data, source, config, offset, linesBefore)
{
    private bool _behind = offset > 0, _inRow;

    protected override Scan Find(ReadOnlySpan<byte> unseen, bool last, out int used)
    {
        used = 0;
        if (_inRow)
        {
            var end = unseen.IndexOf((byte)'\n');
            used = end < 0 ? unseen.Length : end;
            if (end < 0 && !last)
                return Scan.More;
            (_inRow, _behind) = (false, true);
            return Scan.End;
        }
        if (_behind && !unseen.IsEmpty)
        {
            (_behind, used) = (false, 1);
            Counted++;
        }
        if (used == unseen.Length)
            return last ? Scan.Stop : Scan.More;
        _inRow = true;
        return Scan.Begin;
    }
}
