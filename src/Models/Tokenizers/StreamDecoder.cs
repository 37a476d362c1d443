namespace Temper.Models;

/// <summary>Text of tokens that arrive one at a time; never half a character. What all calls return, joined, is
/// <see cref="Tokenizer.Decode"/> of all tokens. Byte tokens of tokenizers with byte fallback arrive when their run ends.</summary>
public sealed class StreamDecoder(Tokenizer tokenizer, bool skipSpecial = true)
{
    private readonly DecodeChain chain = tokenizer.NewDecoder();

    /// <summary>Text that became complete with this token, possibly empty.</summary>
    public string Push(int id) => tokenizer.PieceOf(id, skipSpecial) is { } piece ? chain.Push(piece) : "";

    /// <summary>What is left at the end, incomplete characters as U+FFFD.</summary>
    public string Finish() => chain.Finish();
}
