using System.Text;

namespace Temper.Models;

/// <summary>Text of tokens that arrive one at a time; never half a UTF-8 character. What all calls return, joined, is
/// <see cref="Tokenizer.Decode"/> of all tokens.</summary>
public sealed class StreamDecoder(Tokenizer tokenizer, bool skipSpecial = true)
{
    private readonly System.Text.Decoder decoder = Encoding.UTF8.GetDecoder();

    /// <summary>Text that became complete with this token, possibly empty.</summary>
    public string Push(int id) => Next(tokenizer.BytesOf(id, skipSpecial), flush: false);

    /// <summary>What is left at the end, incomplete characters as U+FFFD.</summary>
    public string Finish() => Next([], flush: true);

    private string Next(ReadOnlySpan<byte> bytes, bool flush)
    {
        Span<char> chars = bytes.Length < 256 ? stackalloc char[bytes.Length + 4] : new char[bytes.Length + 4];
        return new string(chars[..decoder.GetChars(bytes, chars, flush)]);
    }
}
