using Temper.Core.Blobs;

namespace Temper.Core.Datasets;

/// <summary>A part of an example's text.</summary>
/// <param name="Text">The text of neighbouring tokens; a character that several tokens share belongs to the last of them.</param>
/// <param name="Learnt">Whether they are labels.</param>
public sealed record PreviewPiece(string Text, bool Learnt);

/// <summary>An example as the model reads it. <see cref="BlobLayout.ExamplesFile"/> is a list of them.</summary>
/// <param name="File">Where its record came from; null when nobody knows.</param>
/// <param name="Line">1 and up.</param>
/// <param name="Tokens">How many.</param>
/// <param name="Supervised">Of them, labels.</param>
/// <param name="Pieces">Its text, cut where learning begins and ends.</param>
public sealed record ShownExample(string? File, long Line, int Tokens, int Supervised, IReadOnlyList<PreviewPiece> Pieces);
