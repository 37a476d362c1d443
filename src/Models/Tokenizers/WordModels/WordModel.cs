namespace Temper.Models;

/// <summary>Turns words into tokens; one class per type of tokenizer.json's models. Safe for concurrent use.</summary>
internal abstract class WordModel
{
    /// <summary>What people call it.</summary>
    public abstract string Kind { get; }

    /// <summary>Appends the tokens of a piece of text, which is first cut into words.</summary>
    public abstract void Encode(Segment piece, WordPattern words, EncodeScratch scratch);
}
