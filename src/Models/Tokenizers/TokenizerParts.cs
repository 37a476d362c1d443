namespace Temper.Models;

/// <summary>A step of the post-processor: a fixed token, or (null) the text.</summary>
internal readonly record struct TemplateStep(int? Id);

/// <summary>What a tokenizer.json says, checked and ready to run.</summary>
internal sealed record TokenizerParts
{
    /// <summary>Vocabulary of the model, by spelling.</summary>
    public required Dictionary<string, int> Vocabulary { get; init; }

    /// <summary>Tokens found before the model runs.</summary>
    public required List<AddedToken> Added { get; init; }

    /// <summary>Changes text before it is cut, or null.</summary>
    public required TextNormalizer? Normalizer { get; init; }

    /// <summary>Cuts text into words, or null.</summary>
    public required PreTokenizer? PreTokenizer { get; init; }

    /// <summary>Turns words into tokens.</summary>
    public required WordModel Model { get; init; }

    /// <summary>What <see cref="EncodeOptions.AddSpecialTokens"/> adds around one text.</summary>
    public required IReadOnlyList<TemplateStep> Template { get; init; }

    /// <summary>Makes the stages that turn spellings into text.</summary>
    public required Func<IReadOnlyList<DecodeStage>> Decoder { get; init; }
}
