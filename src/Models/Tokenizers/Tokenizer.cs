using System.Text;
using Temper.Core.Ids;

namespace Temper.Models;

/// <summary>A tokenizer.json: text to token ids and back, exactly as the reference library does it. Byte-level BPE, BPE with byte fallback,
/// WordPiece and Unigram; other components are refused by name (<c>tokenizer_unsupported</c>). Fields for truncation and padding are read
/// over: lengths are the recipe's business. Immutable but for caches of words; safe for concurrent use.
/// One difference on purpose: an added token decodes to its own spelling, also where the reference would read it as byte characters.</summary>
public sealed class Tokenizer
{
    private static readonly IReadOnlyList<TemplateStep> TextAlone = [new TemplateStep(null)];
    private static readonly EncodeOptions Plain = new(), WithSpecialTokens = new() { AddSpecialTokens = true };
    private readonly TokenizerParts parts;
    private readonly AddedTokens added;
    private readonly Dictionary<int, AddedToken> addedById;
    private readonly Dictionary<string, int> ids;
    private readonly Dictionary<int, string> spellings;
    private readonly EncodeScratches scratches = new();
    private readonly WordPattern? words;

    private Tokenizer(TokenizerParts parts, Digest digest)
    {
        (this.parts, Digest) = (parts, digest);
        words = parts.PreTokenizer is null ? WordPattern.None : parts.PreTokenizer.Words;
        added = new AddedTokens(parts.Added, parts.Normalizer);
        addedById = parts.Added.ToDictionary(token => token.Id);
        ids = new Dictionary<string, int>(parts.Vocabulary, StringComparer.Ordinal);
        foreach (var token in parts.Added) ids[token.Content] = token.Id;
        spellings = new Dictionary<int, string>(ids.Count);
        foreach (var (spelling, id) in parts.Vocabulary) spellings[id] = spelling;
        foreach (var token in parts.Added) spellings[token.Id] = token.Content;
        VocabularySize = spellings.Count == 0 ? 0 : spellings.Keys.Max() + 1;
        SpecialTokens = [.. parts.Added.Where(token => token.Special).Select(token => token.Content)];
    }

    /// <summary>SHA-256 of the file.</summary>
    public Digest Digest { get; }

    /// <summary><c>byte-level BPE</c>, <c>BPE with byte fallback</c>, <c>BPE</c>, <c>WordPiece</c>, <c>Unigram</c> or <c>Unigram with byte fallback</c>.</summary>
    public string Kind => parts.Model.Kind;

    /// <summary>Largest token id + 1.</summary>
    public int VocabularySize { get; }

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
    public int[] Encode(string text, bool addSpecialTokens = false) => EncodeIds(text, addSpecialTokens ? WithSpecialTokens : Plain);

    /// <summary>Tokens of <paramref name="text"/> without their places, which is quicker.</summary>
    public int[] EncodeIds(string text, EncodeOptions options)
    {
        var scratch = scratches.Lend();
        Encode(text, options, scratch, places: false);
        var ids = scratch.Output.Ids();
        scratches.TakeBack(scratch);
        return ids;
    }

    /// <summary>Tokens of <paramref name="text"/> with their places in it. Lone surrogates count as U+FFFD.</summary>
    public TokenEncoding Encode(string text, EncodeOptions options)
    {
        var scratch = scratches.Lend();
        Encode(text, options, scratch, places: true);
        var encoding = scratch.Output.Build();
        scratches.TakeBack(scratch);
        return encoding;
    }

    /// <summary>Text of tokens. Bytes that are not UTF-8 become U+FFFD; ids without a token give nothing.</summary>
    public string Decode(ReadOnlySpan<int> ids, bool skipSpecial = true)
    {
        var chain = NewDecoder();
        var text = new StringBuilder();
        foreach (var id in ids)
            if (PieceOf(id, skipSpecial) is { } piece) text.Append(chain.Push(piece));
        return text.Append(chain.Finish()).ToString();
    }

    /// <summary>Stages for a new text.</summary>
    internal DecodeChain NewDecoder() => new(parts.Decoder());

    /// <summary>A token for the decoder; null for a special one when <paramref name="skipSpecial"/>, and for an id without a token.</summary>
    internal DecodePiece? PieceOf(int id, bool skipSpecial)
    {
        if (!spellings.TryGetValue(id, out var spelling)) return null;
        var token = addedById.GetValueOrDefault(id);
        return skipSpecial && token is { Special: true } ? null : new DecodePiece(spelling, token is not null);
    }

    private void Encode(string text, EncodeOptions options, EncodeScratch scratch, bool places)
    {
        scratch.Output.Begin(places);
        var place = 0;
        foreach (var step in options.AddSpecialTokens ? parts.Template : TextAlone)
        {
            if (step.Id is { } id) scratch.Output.Add(id, place, place);
            else EncodeText(CodePoints.WellFormed(text), options, scratch);
            if (step.Id is null) place = text.Length;
        }
    }

    private void EncodeText(string text, EncodeOptions options, EncodeScratch scratch)
    {
        scratch.Pieces.Clear();
        added.Split(text, options, scratch.Pieces);
        foreach (var piece in scratch.Pieces)
        {
            if (piece.Token is { } token)
            {
                var (start, end) = piece.Text.Original(0, piece.Text.Length);
                scratch.Output.Add(token.Id, start, end);
            }
            else if (words is { } pattern) parts.Model.Encode(piece.Text, pattern, scratch);
            else EncodeWords(piece.Text, scratch);
        }
    }

    private void EncodeWords(Segment piece, EncodeScratch scratch)
    {
        scratch.Words.Clear();
        parts.PreTokenizer!.Cut(piece, scratch.Words);
        foreach (var word in scratch.Words) parts.Model.Encode(word, WordPattern.None, scratch);
    }
}
