using System.Text;
using Temper.Core.Ids;

namespace Temper.Models;

/// <summary>A tokenizer.json: text to token ids and back, as the reference library does it. Today: byte-level BPE; other
/// components are refused by name (<c>tokenizer_unsupported</c>). Immutable but for a cache of words; safe for concurrent use.
/// One difference on purpose: an added token decodes to its own spelling, also where the reference would read it as byte characters.</summary>
public sealed class Tokenizer
{
    private readonly TokenizerParts parts;
    private readonly BytePairs pairs;
    private readonly AddedTokens added;
    private readonly byte[]?[] bytes;
    private readonly Dictionary<int, AddedToken> addedById;
    private readonly Dictionary<string, int> ids;
    private readonly Dictionary<int, string> spellings;

    private Tokenizer(TokenizerParts parts, Digest digest)
    {
        (this.parts, Digest) = (parts, digest);
        pairs = new BytePairs(parts.ByteIds, parts.Merges, parts.IgnoreMerges ? parts.Vocabulary : null);
        added = new AddedTokens(parts.Added);
        addedById = parts.Added.ToDictionary(token => token.Id);
        bytes = parts.TokenBytes();
        ids = new Dictionary<string, int>(parts.Vocabulary, StringComparer.Ordinal);
        foreach (var token in parts.Added) ids[token.Content] = token.Id;
        spellings = ids.ToDictionary(pair => pair.Value, pair => pair.Key);
        SpecialTokens = [.. parts.Added.Where(token => token.Special).Select(token => token.Content)];
    }

    /// <summary>SHA-256 of the file.</summary>
    public Digest Digest { get; }

    /// <summary>Largest token id + 1.</summary>
    public int VocabularySize => bytes.Length;

    /// <summary>Spellings of all special tokens.</summary>
    public IReadOnlyList<string> SpecialTokens { get; }

    /// <summary>Reads tokenizer.json.</summary>
    public static Tokenizer Parse(ReadOnlyMemory<byte> json, string file = "tokenizer.json") => new(TokenizerJson.Parse(json, file), Digest.Of(json.Span));

    /// <summary>Reads a file.</summary>
    public static Tokenizer Open(string path) => Parse(File.ReadAllBytes(path), path);

    /// <summary>The id of a token by its spelling in the file (bytes in GPT-2's alphabet, added tokens as they are), or null.</summary>
    public int? IdOf(string token) => ids.TryGetValue(token, out var id) ? id : null;

    /// <summary>The spelling of a token, or null when there is none.</summary>
    public string? TokenOf(int id) => spellings.GetValueOrDefault(id);

    /// <summary>Whether the token is one of the special ones, which <see cref="Decode"/> can leave out.</summary>
    public bool IsSpecial(int id) => addedById.TryGetValue(id, out var token) && token.Special;

    /// <summary>Tokens of <paramref name="text"/>.</summary>
    public int[] Encode(string text, bool addSpecialTokens = false) => Encode(text, new EncodeOptions { AddSpecialTokens = addSpecialTokens }).Ids;

    /// <summary>Tokens of <paramref name="text"/> with their places in it. Lone surrogates count as U+FFFD.</summary>
    public TokenEncoding Encode(string text, EncodeOptions options)
    {
        var output = new EncodingBuilder(bytes);
        var template = options.AddSpecialTokens ? parts.Template : [new TemplateStep(null)];
        var place = 0;
        foreach (var step in template)
        {
            if (step.Id is { } id) output.Add(id, place, place);
            else EncodeText(text, options, output);
            if (step.Id is null) place = text.Length;
        }

        return output.Build();
    }

    /// <summary>Text of tokens. Bytes that are not UTF-8 become U+FFFD; ids without a token give nothing.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        using var buffer = new MemoryStream();
        foreach (var id in ids) buffer.Write(BytesOf(id, skipSpecial));
        return Encoding.UTF8.GetString(buffer.GetBuffer(), 0, (int)buffer.Length);
    }

    /// <summary>Bytes of one token; empty for a special one when <paramref name="skipSpecial"/>, and for an id without a token.</summary>
    public ReadOnlySpan<byte> BytesOf(int id, bool skipSpecial = true) => (uint)id < (uint)bytes.Length && !(skipSpecial && IsSpecial(id)) ? bytes[id] : default;

    private void EncodeText(string text, EncodeOptions options, EncodingBuilder output)
    {
        foreach (var piece in added.Split(text, options))
        {
            if (piece.Token is { } token)
            {
                output.Add(token.Id, piece.Start, piece.End);
                continue;
            }

            var span = text.AsSpan(piece.Start, piece.End - piece.Start);
            var prefixed = parts.AddPrefixSpace && span.Length > 0 && span[0] != ' ';
            for (var at = 0; at < span.Length;)
            {
                var end = prefixed ? PrefixedEnd(span) : WordScanner.NextEnd(parts.Pattern, span, at);
                output.AddWord(pairs.Encode(span[at..end], prefixed), text, piece.Start + at, piece.Start + end, prefixed);
                (at, prefixed) = (end, false);
            }
        }
    }

    /// <summary>A space in front may change where the first word ends: the scanner has to see it. Before white space the
    /// first word is that space alone, of no width in the text.</summary>
    private int PrefixedEnd(ReadOnlySpan<char> span) => WordScanner.NextEnd(parts.Pattern, string.Concat(" ", span), 0) - 1;
}
