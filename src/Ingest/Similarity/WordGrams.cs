using System.Text;

namespace Temper.Ingest;

/// <summary>
/// Hashes of every few words in a row, as overlap with evaluation data is counted (Brown et al. 2020, appendix C, take 13 words): within each text of a
/// record, in lower case, letters and digits alone. A record of fewer words is one run of all of them, so that only a whole copy of it counts.
/// </summary>
/// <param name="length">Words of a run.</param>
internal sealed class WordGrams(int length)
{
    private const ulong Base = 0x9E3779B97F4A7C15;
    private readonly ulong _top = Power(length - 1);
    private readonly List<ulong> _words = [];
    private readonly List<string> _spelled = [];
    private readonly StringBuilder _word = new();

    /// <summary>Runs of the record that was read last.</summary>
    public List<ulong> Runs { get; } = [];

    /// <summary>Reads a record's questions and answers; what the system says is often the same everywhere.</summary>
    public void Read(RecordText record)
    {
        Runs.Clear();
        _words.Clear();
        _spelled.Clear();
        foreach (var text in record.Asked.Concat(record.Answered))
        {
            var from = _words.Count;
            Split(text);
            Roll(from);
        }
        if (_words.Count > 0 && _words.Count < length)
            Runs.Add(Whole());
    }

    /// <summary>The words of a run by its place in <see cref="Runs"/>, for people.</summary>
    public string Spell(int run)
    {
        if (_words.Count < length)
            return string.Join(' ', _spelled);
        return string.Join(' ', _spelled.Skip(_starts[run]).Take(length));
    }

    private readonly List<int> _starts = [];

    private void Roll(int from)
    {
        if (from == 0)
            _starts.Clear();
        unchecked
        {
            ulong run = 0;
            for (var i = from; i < _words.Count; i++)
            {
                if (i - from >= length)
                    run -= _words[i - length] * _top;
                run = (run * Base) + _words[i];
                if (i - from < length - 1)
                    continue;
                Runs.Add(Mixed(run));
                _starts.Add(i - length + 1);
            }
        }
    }

    private ulong Whole()
    {
        unchecked
        {
            ulong run = (ulong)_words.Count;
            foreach (var word in _words)
                run = (run * Base) + word;
            return Mixed(run ^ 0xD1B54A32D192ED03);
        }
    }

    private void Split(string text)
    {
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsLetterOrDigit(rune))
                _word.Append(Rune.ToLowerInvariant(rune).ToString());
            else
                End();
        }
        End();
    }

    private void End()
    {
        if (_word.Length == 0)
            return;
        var (hash, word) = (0xCBF29CE484222325UL, _word.ToString());
        unchecked
        {
            foreach (var letter in word)
                hash = (hash ^ letter) * 0x100000001B3;
        }
        _words.Add(Mixed(hash));
        _spelled.Add(word);
        _word.Clear();
    }

    private static ulong Power(int exponent)
    {
        var power = 1UL;
        for (var i = 0; i < exponent; i++)
            power = unchecked(power * Base);
        return power;
    }

    private static ulong Mixed(ulong x)
    {
        unchecked
        {
            x = (x ^ (x >> 33)) * 0xFF51AFD7ED558CCD;
            x = (x ^ (x >> 33)) * 0xC4CEB9FE1A85EC53;
            return x ^ (x >> 33);
        }
    }
}
