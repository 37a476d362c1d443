using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using Temper.Core.Datasets;

namespace Temper.Ingest;

/// <summary>Counts what a sound record is made of: characters, words, roles, language.</summary>
internal sealed class RecordMeasure
{
    private readonly LanguageGuess _language = new();

    /// <summary>Adds a record to the facts.</summary>
    public void Add(RecordDraft draft, RecordFacts facts)
    {
        var (characters, words) = (0L, 0L);
        _language.Begin();
        foreach (ref readonly var turn in draft.Turns)
        {
            if (draft.AsMessages)
                facts.Roles[(int)turn.Role]++;
            var text = draft.TextOf(turn);
            Count(text, ref characters, ref words);
            _language.Add(text);
        }
        facts.Characters.Add(characters);
        facts.Words.Add(words);
        facts.Languages[_language.End()]++;
        facts.Kinds[(int)draft.Kind]++;
        if (draft.Kind == RecordKind.Unpaired)
            facts.Labels[draft.Label ? 1 : 0]++;
    }

    /// <summary>Adds the characters of UTF-8 text (bytes that do not go on a character) and its words (what follows white space or control characters).</summary>
    public static void Count(ReadOnlySpan<byte> text, ref long characters, ref long words)
    {
        var (inside, at) = (0u, 0);
        for (; at + 32 <= text.Length; at += 32)
        {
            var block = Vector256.LoadUnsafe(ref Unsafe.AsRef(in text[at]));
            characters += BitOperations.PopCount(Vector256.GreaterThan(block.AsSByte(), Vector256.Create((sbyte)-65)).ExtractMostSignificantBits());
            var letters = Vector256.GreaterThan(block, Vector256.Create((byte)' ')).ExtractMostSignificantBits();
            words += BitOperations.PopCount(letters & ~((letters << 1) | inside));
            inside = letters >> 31;
        }
        for (; at < text.Length; at++)
        {
            characters += (text[at] & 0xC0) == 0x80 ? 0 : 1;
            var letter = text[at] > ' ' ? 1u : 0u;
            words += letter & ~inside;
            inside = letter;
        }
    }
}
