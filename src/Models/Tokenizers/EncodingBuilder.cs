namespace Temper.Models;

/// <summary>Collects tokens and their places in the original text.</summary>
internal sealed class EncodingBuilder
{
    private readonly List<int> ids = [], starts = [], ends = [];

    /// <summary>A token with a known place.</summary>
    public void Add(int id, int start, int end)
    {
        ids.Add(id);
        starts.Add(start);
        ends.Add(end);
    }

    /// <summary>Tokens of a word.</summary>
    public void Add(Segment word, WordToken[] tokens)
    {
        foreach (var token in tokens)
        {
            var (start, end) = word.Original(token.Start, token.End);
            Add(token.Id, start, end);
        }
    }

    /// <summary>Everything added.</summary>
    public TokenEncoding Build() => new([.. ids], [.. starts], [.. ends]);
}
