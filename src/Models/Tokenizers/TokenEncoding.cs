namespace Temper.Models;

/// <summary>A text as tokens. All three arrays have one entry per token.</summary>
/// <param name="Ids">Token ids.</param>
/// <param name="Starts">First UTF-16 index of the token's text. Tokens that hold parts of one character share its start.</param>
/// <param name="Ends">UTF-16 index after the token's text. Tokens added around the text have Start = End.</param>
public sealed record TokenEncoding(int[] Ids, int[] Starts, int[] Ends);

/// <summary>How a text is encoded.</summary>
public sealed record EncodeOptions
{
    /// <summary>Runs the post-processor, which may add tokens such as BOS. Default false: chat templates bring their own.</summary>
    public bool AddSpecialTokens { get; init; }

    /// <summary>Spellings of special tokens (<c>&lt;|im_end|&gt;</c>) anywhere in the text count as plain text. Default false.</summary>
    public bool SpecialAsText { get; init; }

    /// <summary>UTF-16 indices, ascending, that no special token may span: how user content is kept from spelling one
    /// (see <see cref="RenderedChat.Cuts"/>).</summary>
    public IReadOnlyList<int> Cuts { get; init; } = [];
}
