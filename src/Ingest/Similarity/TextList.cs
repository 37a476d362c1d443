using System.Collections;
using System.Text;

namespace Temper.Ingest;

/// <summary>Texts one after another in one reused buffer, as UTF-8; each is made a string only where somebody asks for one.</summary>
internal sealed class TextList : IReadOnlyList<string>
{
    private readonly ByteBuffer _bytes = new(1024);
    private readonly List<int> _ends = [];

    /// <inheritdoc/>
    public int Count => _ends.Count;

    /// <summary>Characters of all texts, as UTF-16 counts them.</summary>
    public int Characters => Encoding.UTF8.GetCharCount(_bytes.Written);

    /// <inheritdoc/>
    public string this[int index] => Encoding.UTF8.GetString(Utf8(index));

    /// <summary>One text; valid until the list is cleared.</summary>
    public ReadOnlySpan<byte> Utf8(int index) => _bytes.Written[(index == 0 ? 0 : _ends[index - 1]).._ends[index]];

    public void Clear()
    {
        _bytes.Clear();
        _ends.Clear();
    }

    public void Add(ReadOnlySpan<byte> text)
    {
        _bytes.Add(text);
        _ends.Add(_bytes.Length);
    }

    public void Add(string text) => Add(Encoding.UTF8.GetBytes(text));

    public void AddRange(IEnumerable<string> texts)
    {
        foreach (var text in texts)
            Add(text);
    }

    /// <summary>Adds a string of a line of JSON, without its escapes.</summary>
    public void Add(ReadOnlySpan<byte> line, in JsonToken token)
    {
        var raw = line.Slice(token.Start, token.Length);
        if (token.Escaped)
            _bytes.Advance(JsonText.Unescape(raw, _bytes.GetSpan(raw.Length)));
        else
            _bytes.Add(raw);
        _ends.Add(_bytes.Length);
    }

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator()
    {
        for (var i = 0; i < Count; i++)
            yield return this[i];
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
