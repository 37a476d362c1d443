using System.Text;
using Temper.Core.Datasets;

namespace Temper.Models;

/// <summary>An example as people read it: what the model sees, and which of it training learns.</summary>
/// <param name="Pieces">The whole text, cut where learning begins and ends.</param>
public sealed record ExamplePreview(IReadOnlyList<PreviewPiece> Pieces)
{
    /// <summary>The preview of an example.</summary>
    public static ExamplePreview Of(Tokenizer tokenizer, Example example)
    {
        var (pieces, text, stream) = (new List<PreviewPiece>(), new StringBuilder(), new StreamDecoder(tokenizer, skipSpecial: false));
        for (var t = 0; t < example.Tokens.Length; t++)
        {
            text.Append(stream.Push(example.Tokens[t]));
            if (t + 1 < example.Tokens.Length && example.Supervised[t + 1] == example.Supervised[t]) continue;
            if (t + 1 == example.Tokens.Length) text.Append(stream.Finish());
            if (text.Length > 0) pieces.Add(new PreviewPiece(text.ToString(), example.Supervised[t]));
            text.Clear();
        }

        return new ExamplePreview(pieces);
    }
}
