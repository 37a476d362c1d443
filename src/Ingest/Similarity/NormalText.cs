using System.Buffers;
using System.Runtime.CompilerServices;
using System.Text;

namespace Temper.Ingest;

/// <summary>
/// Text as it is compared: lower case, letters and digits, one space for all that stands between them. Reused from text to text.
/// </summary>
internal sealed class NormalText
{
    /// <summary>Room behind the characters, so that whole vectors can be read from any of them.</summary>
    public const int Slack = 64;

    // Of each ASCII character its lower case, or a space where it is neither letter nor digit.
    private static readonly byte[] Lower = [.. Enumerable.Range(0, 0x80).Select(c => char.IsAsciiLetterOrDigit((char)c) ? (byte)char.ToLowerInvariant((char)c) : (byte)' ')];

    private ulong[] _runes = new ulong[1024];

    /// <summary>Characters of the last text.</summary>
    public int Count { get; private set; }

    /// <summary>The characters of the last text, each a Unicode scalar.</summary>
    public ReadOnlySpan<ulong> Runes => _runes.AsSpan(0, Count);

    /// <summary>The characters and what lies behind them; of no meaning, but readable.</summary>
    public ref readonly ulong First => ref _runes[0];

    /// <summary>Reads UTF-8 text.</summary>
    public void Read(ReadOnlySpan<byte> text)
    {
        if (_runes.Length < text.Length + Slack)
            _runes = new ulong[Math.Max(text.Length + Slack, _runes.Length * 2)];
        Count = ReadNormal(text, _runes);
        if (Count > 0 && _runes[Count - 1] == ' ')
            Count--;
        // Text without letters or digits is compared as it is.
        if (Count == 0)
            Count = ReadPlain(text, _runes);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int ReadNormal(ReadOnlySpan<byte> text, ulong[] runes)
    {
        var (count, last, lower) = (0, (ulong)' ', Lower);
        for (var at = 0; at < text.Length;)
        {
            ulong value = text[at];
            if (value < 0x80)
            {
                value = lower[value];
                at++;
            }
            else
            {
                Rune.DecodeFromUtf8(text[at..], out var rune, out var used);
                value = Rune.IsLetterOrDigit(rune) ? (ulong)Rune.ToLowerInvariant(rune).Value : ' ';
                at += used;
            }
            runes[count] = value;
            count += value != ' ' || last != ' ' ? 1 : 0;
            last = value;
        }
        return count;
    }

    private static int ReadPlain(ReadOnlySpan<byte> text, ulong[] runes)
    {
        var count = 0;
        while (!text.IsEmpty)
        {
            Rune.DecodeFromUtf8(text, out var rune, out var used);
            if (!Rune.IsWhiteSpace(rune))
                runes[count++] = (ulong)rune.Value;
            text = text[used..];
        }
        return count;
    }
}
