using System.Buffers;
using System.Collections.Frozen;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text;

namespace Temper.Ingest;

/// <summary>
/// Guesses the language of a text: by its script, and where several languages share one by sequences of three letters, compared with texts of our own
/// (Cavnar and Trenkle 1994, with the likelihoods of naive Bayes). What is short, mixed or like none of them is <c>und</c>, as BCP 47 calls it.
/// </summary>
internal sealed class LanguageGuess
{
    /// <summary>Name of what cannot be told.</summary>
    public const string Unknown = "und";

    private const int Lanes = 16, Buckets = 4096, MostLetters = 192, LeastLetters = 40, LeastWide = 8;
    private const double Smoothing = 0.08, Bits = 8;

    /// <summary>Bits per sequence above which a text is like none of the languages, and by which the best must lead.</summary>
    private const double MostCost = 11.9, LeastLead = 0.25;

    private static readonly (string Language, string Text)[] Samples = Read();
    private static readonly ushort[] Costs = Learn();

    /// <summary>Languages that can be told, then <see cref="Unknown"/>.</summary>
    public static readonly string[] Names = [.. Samples.Select(s => s.Language), .. Scripts.Languages, Unknown];

    private static readonly FrozenDictionary<string, int> Indexes = Names.Select((name, i) => (name, i)).ToFrozenDictionary(p => p.name, p => p.i);

    private readonly int[] _scripts = new int[Scripts.Count];
    private Vector256<ushort> _sum;
    private int _letters, _sequences, _first, _second;

    /// <summary>Begins another record.</summary>
    public void Begin()
    {
        Array.Clear(_scripts);
        (_sum, _letters, _sequences, _first, _second) = (default, 0, 0, ' ', ' ');
    }

    /// <summary>Looks at a text of the record; only the first letters count.</summary>
    public void Add(ReadOnlySpan<byte> text)
    {
        // Locals: as fields they would go through memory at every letter.
        var (sum, letters, sequences, first, second, at) = (_sum, _letters, _sequences, _first, _second, 0);
        ref var costs = ref MemoryMarshal.GetArrayDataReference(Costs);
        while (letters < MostLetters && at < text.Length)
        {
            int rune = text[at];
            if (rune < 0x80)
            {
                at++;
                rune = Ascii.IsLetter((byte)rune) ? rune | 0x20 : ' ';
                _scripts[Scripts.Latin] += rune != ' ' ? 1 : 0;
            }
            else
            {
                if (Rune.DecodeFromUtf8(text[at..], out var decoded, out var used) != OperationStatus.Done)
                    break;
                at += used;
                rune = Rune.IsLetter(decoded) || decoded.Value is >= 0x900 and < 0xE80 ? Rune.ToLowerInvariant(decoded).Value : ' ';
                if (rune != ' ')
                    _scripts[Scripts.Of(rune)]++;
            }
            if (rune == ' ' && second == ' ')
                continue;
            letters += rune == ' ' ? 0 : 1;
            sequences++;
            sum += Vector256.LoadUnsafe(ref costs, (nuint)(Lanes * Bucket(first, second, rune)));
            (first, second) = (second, rune);
        }
        (_sum, _letters, _sequences, _first, _second) = (sum, letters, sequences, first, second);
    }

    /// <summary>Index of the language in <see cref="Names"/>.</summary>
    public int End()
    {
        var script = Scripts.Main(_scripts, out var share);
        if (share < 0.7 || _letters < LeastWide)
            return Names.Length - 1;
        if (Scripts.LanguageOf(script, _scripts) is { } only)
            return Indexes[only];
        return script is Scripts.Latin or Scripts.Cyrillic && _letters >= LeastLetters ? Best() : Names.Length - 1;
    }

    private int Best()
    {
        var (best, second, at) = (double.MaxValue, double.MaxValue, 0);
        for (var i = 0; i < Samples.Length; i++)
        {
            var cost = _sum[i] / (Bits * _sequences);
            if (cost < best)
                (second, best, at) = (best, cost, i);
            else if (cost < second)
                second = cost;
        }
        return best <= MostCost && second - best >= LeastLead ? at : Names.Length - 1;
    }

    private static int Bucket(int first, int second, int third)
    {
        var hash = unchecked(((uint)first * 0x9E3779B1u) ^ BitOperations.RotateLeft((uint)second * 0x85EBCA6Bu, 11) ^ BitOperations.RotateLeft((uint)third * 0xC2B2AE35u, 21));
        return (int)(unchecked(hash * 0x27D4EB2Fu) >> 20);
    }

    private static (string, string)[] Read()
    {
        using var stream = typeof(LanguageGuess).Assembly.GetManifestResourceStream("Temper.Ingest.Scanning.languages.txt")!;
        using var reader = new StreamReader(stream, Encoding.UTF8);
        return [.. reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t')).Select(parts => (parts[0], parts[1]))];
    }

    /// <summary>What each sequence of letters costs in each language, in eighths of a bit: -log2 of its smoothed frequency in the language's text.</summary>
    private static ushort[] Learn()
    {
        var costs = new ushort[Buckets * Lanes];
        for (var language = 0; language < Samples.Length; language++)
        {
            var counts = new int[Buckets];
            var (first, second, all) = ((int)' ', (int)' ', 0);
            foreach (var rune in Samples[language].Text.EnumerateRunes())
            {
                var letter = Rune.IsLetter(rune) ? Rune.ToLowerInvariant(rune).Value : ' ';
                if (letter == ' ' && second == ' ')
                    continue;
                counts[Bucket(first, second, letter)]++;
                (first, second, all) = (second, letter, all + 1);
            }
            for (var bucket = 0; bucket < Buckets; bucket++)
                costs[bucket * Lanes + language] = (ushort)Math.Round(-Math.Log2((counts[bucket] + Smoothing) / (all + Smoothing * Buckets)) * Bits);
        }
        return costs;
    }
}
