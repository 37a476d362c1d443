namespace Temper.Models;

/// <summary>What one encoding works with, kept for the next one: buffers, and the words that were seen. Never used by two threads at once.</summary>
internal sealed class EncodeScratch
{
    /// <summary>The tokens so far.</summary>
    public TokenBuffer Output { get; } = new();

    /// <summary>Pieces of the text between added tokens.</summary>
    public List<TextPiece> Pieces { get; } = [];

    /// <summary>Words of a piece.</summary>
    public List<Segment> Words { get; } = [];

    /// <summary>Tokens of short ASCII words.</summary>
    public ShortWordCache ShortWords { get; } = new();

    /// <summary>Tokens of other words.</summary>
    public LongWordCache LongWords { get; } = new();

    /// <summary>Forgets the text.</summary>
    public void Forget()
    {
        Pieces.Clear();
        Words.Clear();
        Output.Trim();
    }
}

/// <summary>Spare scratches of a tokenizer, at most one per processor: what a thread is lent, no other one has.</summary>
internal sealed class EncodeScratches
{
    private readonly EncodeScratch?[] spare = new EncodeScratch?[Environment.ProcessorCount];

    /// <summary>A spare one, or a new one.</summary>
    public EncodeScratch Lend()
    {
        for (var i = 0; i < spare.Length; i++)
            if (Volatile.Read(ref spare[i]) is not null && Interlocked.Exchange(ref spare[i], null) is { } found) return found;
        return new EncodeScratch();
    }

    /// <summary>Keeps one for the next encoding. One that an error interrupted need not come back.</summary>
    public void TakeBack(EncodeScratch scratch)
    {
        scratch.Forget();
        for (var i = 0; i < spare.Length; i++)
            if (Volatile.Read(ref spare[i]) is null && Interlocked.CompareExchange(ref spare[i], scratch, null) is null) return;
    }
}
