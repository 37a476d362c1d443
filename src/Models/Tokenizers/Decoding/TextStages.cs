namespace Temper.Models;

/// <summary>No decoder at all: spellings with spaces between them.</summary>
internal sealed class JoinStage : DecodeStage
{
    private bool begun;

    /// <inheritdoc/>
    public override void Push(DecodePiece piece, List<DecodePiece> output)
    {
        output.Add(begun ? piece with { Text = " " + piece.Text } : piece);
        begun = true;
    }
}

/// <summary>Replace: every match inside a token.</summary>
internal sealed class ReplaceStage(TextPattern pattern, string content) : DecodeStage
{
    /// <inheritdoc/>
    public override void Push(DecodePiece piece, List<DecodePiece> output) => output.Add(piece with
    {
        Text = string.Concat(pattern.Cut(piece.Text).Select(part => part.IsMatch ? content : piece.Text[part.Start..part.End])),
    });
}

/// <summary>Metaspace: the sign is a space, but not in the first token when encoding puts one before the text.</summary>
internal sealed class MetaspaceStage(string sign, bool prepends) : DecodeStage
{
    private bool begun;

    /// <inheritdoc/>
    public override void Push(DecodePiece piece, List<DecodePiece> output)
    {
        output.Add(piece with { Text = piece.Text.Replace(sign, prepends && !begun ? "" : " ", StringComparison.Ordinal) });
        begun = true;
    }
}

/// <summary>WordPiece: tokens are words, but those with the prefix go on with the word before.</summary>
internal sealed class WordPieceStage(string prefix, bool cleanUp) : DecodeStage
{
    private static readonly (string Found, string Written)[] Cleaning =
    [
        (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
    ];

    private bool begun;

    /// <inheritdoc/>
    public override void Push(DecodePiece piece, List<DecodePiece> output)
    {
        var text = piece.Text;
        if (begun) text = prefix.Length > 0 && text.StartsWith(prefix, StringComparison.Ordinal) ? text[prefix.Length..] : " " + text;
        begun = true;
        if (cleanUp)
            foreach (var (found, written) in Cleaning) text = text.Replace(found, written, StringComparison.Ordinal);
        output.Add(piece with { Text = text });
    }
}

/// <summary>Strip: takes up to some signs off both ends of every token, or of the whole text behind Fuse.</summary>
internal sealed class StripStage(char sign, int left, int right, bool whole) : DecodeStage
{
    private int stripped, kept;

    /// <inheritdoc/>
    public override void Push(DecodePiece piece, List<DecodePiece> output)
    {
        var text = whole ? new string(sign, kept) + piece.Text : piece.Text;
        if (!whole) stripped = 0;
        var from = 0;
        while (from < text.Length && stripped < left && text[from] == sign) (from, stripped) = (from + 1, stripped + 1);
        if (from < text.Length) stripped = left;
        var to = text.Length;
        while (to > from && text.Length - to < right && text[to - 1] == sign) to--;
        kept = whole ? text.Length - to : 0;
        if (to > from || !whole) output.Add(piece with { Text = text[from..to] });
    }
}
