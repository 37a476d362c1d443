using System.Text;

namespace Temper.Models;

/// <summary>A step of the post-processor: a fixed token, or (null) the text.</summary>
internal readonly record struct TemplateStep(int? Id);

/// <summary>What a tokenizer.json says, checked.</summary>
internal sealed record TokenizerParts
{
    /// <summary>Vocabulary of the model, by spelling.</summary>
    public required Dictionary<string, int> Vocabulary { get; init; }

    /// <summary>(left, right) → (rank, merged token).</summary>
    public required Dictionary<(int Left, int Right), (int Rank, int Id)> Merges { get; init; }

    /// <summary>Tokens found before the model runs.</summary>
    public required List<AddedToken> Added { get; init; }

    /// <summary>How text is cut into words.</summary>
    public required WordPattern Pattern { get; init; }

    /// <summary>Whether a space goes before every piece that does not begin with one.</summary>
    public required bool AddPrefixSpace { get; init; }

    /// <summary>Whether a word of the vocabulary is taken whole.</summary>
    public required bool IgnoreMerges { get; init; }

    /// <summary>What <see cref="EncodeOptions.AddSpecialTokens"/> adds around one text.</summary>
    public required IReadOnlyList<TemplateStep> Template { get; init; }

    /// <summary>Token of each byte.</summary>
    public required int[] ByteIds { get; init; }

    /// <summary>Bytes of each token, by id; null where there is no token.</summary>
    public byte[]?[] TokenBytes()
    {
        var size = Vocabulary.Values.Concat(Added.Select(a => a.Id)).Max() + 1;
        var bytes = new byte[]?[size];
        foreach (var (spelling, id) in Vocabulary) bytes[id] = ByteAlphabet.BytesOf(spelling) ?? Encoding.UTF8.GetBytes(spelling);
        foreach (var token in Added) bytes[token.Id] = Encoding.UTF8.GetBytes(token.Content);
        return bytes;
    }
}
