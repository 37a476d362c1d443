using System.Text;

namespace Temper.Ingest;

/// <summary>Takes the bytes of CSV one by one and puts fields together: RFC 4180, with LF or CRLF between rows. Bytes over a row's limit are counted, not kept.</summary>
internal sealed class CsvFields(int longest)
{
    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    private enum State { FieldStart, Plain, Quoted, QuoteInQuoted, Broken }

    private byte[] _field = new byte[256];
    private int _length;
    private readonly List<string> _fields = [];
    private State _state;
    private long _taken;
    private string? _fault;

    /// <summary>Whether an open quote holds line breaks together.</summary>
    public bool IsQuoted => _state == State.Quoted;

    /// <summary>Whether nothing of a row has been seen.</summary>
    public bool IsEmpty => _taken == 0;

    /// <summary>Takes a byte that ends no row.</summary>
    public void Take(byte b)
    {
        if (++_taken > longest)
        {
            _fault ??= $"it has more than {longest} bytes";
        }
        switch (_state)
        {
            case State.FieldStart when b == '"':
                _state = State.Quoted;
                break;
            case State.Quoted when b == '"':
                _state = State.QuoteInQuoted;
                break;
            case State.QuoteInQuoted when b == '"':
                Keep(b);
                _state = State.Quoted;
                break;
            case State.FieldStart or State.Plain or State.QuoteInQuoted when b == ',':
                EndField();
                break;
            case State.QuoteInQuoted when b == '\r':
                break;
            case State.QuoteInQuoted:
                Break("something follows a closing quote");
                break;
            case State.Plain when b == '"':
                Break("a quote stands inside a field that does not begin with one");
                break;
            default:
                _state = _state == State.FieldStart ? State.Plain : _state;
                Keep(b);
                break;
        }
    }

    /// <summary>Ends the row; the next byte begins another.</summary>
    public (IReadOnlyList<string> Fields, string? Fault) End()
    {
        if (_state == State.Quoted)
            _fault ??= "a quote is never closed";
        if (_state == State.Plain && _length > 0 && _field[_length - 1] == '\r')
            _length--;
        EndField();
        var row = (_fault is null ? (IReadOnlyList<string>)[.. _fields] : [], _fault);
        _fields.Clear();
        (_state, _taken, _fault) = (State.FieldStart, 0, null);
        return row;
    }

    private void Keep(byte b)
    {
        if (_fault is not null)
            return;
        if (_length == _field.Length)
            Array.Resize(ref _field, _length * 2);
        _field[_length++] = b;
    }

    private void Break(string fault)
    {
        _fault ??= fault;
        _state = State.Broken;
    }

    private void EndField()
    {
        try
        {
            _fields.Add(_fault is null ? Strict.GetString(_field, 0, _length) : "");
        }
        catch (DecoderFallbackException)
        {
            _fault ??= "it holds bytes that are not UTF-8";
        }
        _length = 0;
        _state = State.FieldStart;
    }
}
