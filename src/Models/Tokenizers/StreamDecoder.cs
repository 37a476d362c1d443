namespace Temper.Models;

/// <summary>Text of tokens that arrive one at a time; never half a UTF-8 character. What all calls return, joined, is
/// <see cref="Tokenizer.Decode"/> of all tokens.</summary>
public sealed class StreamDecoder(Tokenizer tokenizer, bool skipSpecial = true)
{
    /// <summary>Text that became complete with this token, possibly empty.</summary>
    public string Push(int id) => throw new NotSupportedException($"{tokenizer} {skipSpecial} {id}");

    /// <summary>What is left at the end, incomplete characters as U+FFFD.</summary>
    public string Finish() => throw new NotSupportedException("stream");
}
