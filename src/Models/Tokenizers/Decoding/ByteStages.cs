using System.Globalization;
using System.Text;

namespace Temper.Models;

/// <summary>ByteLevel: spellings in the alphabet of bytes, the bytes as UTF-8. What is no UTF-8 becomes U+FFFD.</summary>
internal sealed class ByteLevelStage : DecodeStage
{
    private readonly System.Text.Decoder decoder = Encoding.UTF8.GetDecoder();

    /// <inheritdoc/>
    public override void Push(DecodePiece piece, List<DecodePiece> output) =>
        Emit((piece.IsAdded ? null : ByteAlphabet.BytesOf(piece.Text)) ?? Encoding.UTF8.GetBytes(piece.Text), flush: false, output);

    /// <inheritdoc/>
    public override void Finish(List<DecodePiece> output) => Emit([], flush: true, output);

    private void Emit(ReadOnlySpan<byte> bytes, bool flush, List<DecodePiece> output)
    {
        Span<char> chars = bytes.Length < 256 ? stackalloc char[bytes.Length + 4] : new char[bytes.Length + 4];
        var count = decoder.GetChars(bytes, chars, flush);
        if (count > 0) output.Add(new DecodePiece(new string(chars[..count]), false));
    }
}

/// <summary>ByteFallback: a run of tokens <c>&lt;0xXX&gt;</c> is UTF-8. A run that is not gives one U+FFFD for each byte, so a run is kept
/// until it ends.</summary>
internal sealed class ByteFallbackStage : DecodeStage
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private readonly List<byte> run = [];

    /// <inheritdoc/>
    public override void Push(DecodePiece piece, List<DecodePiece> output)
    {
        if (ByteOf(piece.Text) is { } value)
        {
            run.Add(value);
            return;
        }

        Finish(output);
        output.Add(piece);
    }

    /// <inheritdoc/>
    public override void Finish(List<DecodePiece> output)
    {
        if (run.Count == 0) return;
        string text;
        try
        {
            text = Strict.GetString([.. run]);
        }
        catch (DecoderFallbackException)
        {
            text = new string('\uFFFD', run.Count);
        }

        run.Clear();
        output.Add(new DecodePiece(text, false));
    }

    /// <summary>The byte of a spelling such as <c>&lt;0x0A&gt;</c>, or null.</summary>
    public static byte? ByteOf(string spelling) => spelling.Length == 6 && spelling.StartsWith("<0x", StringComparison.Ordinal) && spelling[5] == '>'
        && byte.TryParse(spelling.AsSpan(3, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value) ? value : null;
}
