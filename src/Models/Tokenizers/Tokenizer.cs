using Temper.Core.Ids;

namespace Temper.Models;

/// <summary>A tokenizer.json: text to token ids and back, as the reference library does it. Today: byte-level BPE; other
/// components are refused by name (<c>tokenizer_unsupported</c>). Immutable but for a cache of words; safe for concurrent use.</summary>
public sealed class Tokenizer
{
    /// <summary>Reads tokenizer.json.</summary>
    public static Tokenizer Parse(ReadOnlySpan<byte> json, string file = "tokenizer.json") => throw new NotSupportedException($"{file} {json.Length}");

    /// <summary>Reads a file.</summary>
    public static Tokenizer Open(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>SHA-256 of the file.</summary>
    public Digest Digest => throw new NotSupportedException("tokenizer");

    /// <summary>Largest token id + 1.</summary>
    public int VocabularySize => throw new NotSupportedException("tokenizer");

    /// <summary>The id of a token by its exact spelling in the vocabulary, or null.</summary>
    public int? IdOf(string token) => throw new NotSupportedException(token);

    /// <summary>The spelling of a token, or null when there is none.</summary>
    public string? TokenOf(int id) => throw new NotSupportedException($"{id}");

    /// <summary>Whether the token is one of the special ones, which <see cref="Decode"/> can leave out.</summary>
    public bool IsSpecial(int id) => throw new NotSupportedException($"{id}");

    /// <summary>Spellings of all special tokens.</summary>
    public IReadOnlyList<string> SpecialTokens => throw new NotSupportedException("tokenizer");

    /// <summary>Tokens of <paramref name="text"/>.</summary>
    public int[] Encode(string text, bool addSpecialTokens = false) => Encode(text, new EncodeOptions { AddSpecialTokens = addSpecialTokens }).Ids;

    /// <summary>Tokens of <paramref name="text"/> with their places in it.</summary>
    public TokenEncoding Encode(string text, EncodeOptions options) => throw new NotSupportedException($"{text} {options}");

    /// <summary>Text of tokens. Bytes that are not UTF-8 become U+FFFD.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true) => throw new NotSupportedException($"{ids.Length} {skipSpecial}");

    /// <summary>Bytes of one token; empty for a special one when <paramref name="skipSpecial"/>.</summary>
    public ReadOnlySpan<byte> BytesOf(int id, bool skipSpecial = true) => throw new NotSupportedException($"{id} {skipSpecial}");
}
