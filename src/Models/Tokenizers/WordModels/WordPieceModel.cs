namespace Temper.Models;

/// <summary>WordPiece: again and again the longest piece of the vocabulary that comes next; a word that cannot be put together so, or has
/// too many characters, becomes one unknown token.</summary>
internal sealed class WordPieceModel : SharedWordModel
{
    private readonly CharTrie first = new(), later = new();
    private readonly int unknown, mostCharacters;

    public WordPieceModel(Dictionary<string, int> vocabulary, string continuingPrefix, int unknown, int mostCharacters)
    {
        (this.unknown, this.mostCharacters) = (unknown, mostCharacters);
        foreach (var (spelling, id) in vocabulary)
        {
            if (spelling.Length > 0) first.Add(spelling, id);
            if (spelling.Length > continuingPrefix.Length && spelling.StartsWith(continuingPrefix, StringComparison.Ordinal)) later.Add(spelling[continuingPrefix.Length..], id);
        }

        first.Close();
        later.Close();
    }

    /// <inheritdoc/>
    public override string Kind => "WordPiece";

    /// <inheritdoc/>
    protected override WordToken[] Cut(ReadOnlySpan<char> word)
    {
        if (CodePoints.Count(word) > mostCharacters) return [new WordToken(unknown, 0, word.Length)];
        var tokens = new List<WordToken>();
        for (var at = 0; at < word.Length;)
        {
            if (Longest(at == 0 ? first : later, word, at) is not { } token) return [new WordToken(unknown, 0, word.Length)];
            tokens.Add(token);
            at = token.End;
        }

        return [.. tokens];
    }

    private static WordToken? Longest(CharTrie trie, ReadOnlySpan<char> word, int at)
    {
        WordToken? longest = null;
        var node = 0;
        for (var end = at; end < word.Length; end++)
        {
            node = trie.Step(node, word[end]);
            if (node < 0) break;
            if (trie.ValueAt(node) >= 0) longest = new WordToken(trie.ValueAt(node), at, end + 1);
        }

        return longest;
    }
}
