namespace Temper.Ingest;

/// <summary>The fields of one row of a table.</summary>
internal ref struct RowFields(ReadOnlySpan<byte> row, byte delimiter)
{
    private ReadOnlySpan<byte> _rest = row;
    private bool _more = true;

    /// <summary>The field, without its quotes.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Whether each quote in <see cref="Value"/> stands twice.</summary>
    public bool Doubled { get; private set; }

    /// <summary>Whether something stands between a closing quote and the next delimiter.</summary>
    public bool Broken { get; private set; }

    /// <summary>Goes to the next field; false behind the last one, and where the row is broken.</summary>
    public bool Next()
    {
        if (!_more)
            return false;
        if (_rest is [(byte)'"', ..])
            return NextQuoted();
        var end = _rest.IndexOf(delimiter);
        Value = end < 0 ? _rest : _rest[..end];
        Doubled = false;
        Pass(end < 0 ? _rest.Length : end);
        return true;
    }

    private bool NextQuoted()
    {
        Doubled = false;
        for (var at = 1; ; at += 2)
        {
            var quote = _rest[at..].IndexOf((byte)'"');
            at += quote;
            if (quote < 0)
                return !(Broken = true);
            if (at + 1 < _rest.Length && _rest[at + 1] == '"')
            {
                Doubled = true;
                continue;
            }
            Value = _rest[1..at];
            if (at + 1 < _rest.Length && _rest[at + 1] != delimiter)
                return !(Broken = true);
            Pass(at + 1);
            return true;
        }
    }

    private void Pass(int end)
    {
        _more = end < _rest.Length;
        _rest = _more ? _rest[(end + 1)..] : [];
    }
}
