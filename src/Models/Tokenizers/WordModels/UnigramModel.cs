using System.Text;

namespace Temper.Models;

/// <summary>Unigram (Kudo 2018, arXiv:1804.10959): the division of a word with the highest sum of scores (Viterbi), where a character
/// outside the vocabulary scores 10 below the lowest. Neighbouring unknown characters become one token, or bytes with byte fallback.</summary>
internal sealed class UnigramModel : SharedWordModel
{
    private const double UnknownPenalty = 10;
    private readonly CharTrie trie = new();
    private readonly double[] scores;
    private readonly Dictionary<string, int> ids;
    private readonly double unknownScore;
    private readonly int unknown;
    private readonly int[]? byteIds;

    public UnigramModel(IReadOnlyList<(string Spelling, double Score)> vocabulary, Dictionary<string, int> ids, int unknown, int[]? byteIds)
    {
        (scores, this.ids, this.unknown, this.byteIds) = ([.. vocabulary.Select(token => token.Score)], ids, unknown, byteIds);
        for (var id = 0; id < vocabulary.Count; id++)
            if (vocabulary[id].Spelling.Length > 0) trie.Add(vocabulary[id].Spelling, id);
        trie.Close();
        unknownScore = scores.Min() - UnknownPenalty;
    }

    /// <inheritdoc/>
    public override string Kind => byteIds is null ? "Unigram" : "Unigram with byte fallback";

    /// <inheritdoc/>
    protected override WordToken[] Cut(ReadOnlySpan<char> word)
    {
        var best = Paths(word);
        var reversed = new List<WordToken>();
        for (var end = word.Length; end > 0;)
        {
            var (_, start, id) = best[end];
            if (id == unknown && reversed is [.., { Id: -1 } fused]) reversed[^1] = fused with { Start = start };
            else reversed.Add(new WordToken(id == unknown ? -1 : id, start, end));
            end = start;
        }

        var tokens = new List<WordToken>(reversed.Count);
        for (var i = reversed.Count - 1; i >= 0; i--) AddToken(reversed[i], word, tokens);
        return [.. tokens];
    }

    private (double Score, int Start, int Id)[] Paths(ReadOnlySpan<char> word)
    {
        var best = new (double Score, int Start, int Id)[word.Length + 1];
        Array.Fill(best, (0, -1, 0));
        for (var at = 0; at < word.Length;)
        {
            CodePoints.At(word, at, out var length);
            var (here, single, node) = (best[at].Score, false, 0);
            for (var end = at; end < word.Length && (node = trie.Step(node, word[end])) >= 0; end++)
            {
                var id = trie.ValueAt(node);
                if (id < 0) continue;
                Offer(ref best[end + 1], here + scores[id], at, id);
                single |= end + 1 - at == length;
            }

            if (!single) Offer(ref best[at + length], here + unknownScore, at, unknown);
            at += length;
        }

        return best;

        static void Offer(ref (double Score, int Start, int Id) target, double score, int start, int id)
        {
            if (target.Start < 0 || score > target.Score) target = (score, start, id);
        }
    }

    private void AddToken(WordToken token, ReadOnlySpan<char> word, List<WordToken> tokens)
    {
        if (token.Id >= 0) tokens.Add(token);
        else
        {
            var text = word[token.Start..token.End].ToString();
            // Unknown characters joined may spell a token after all.
            if (ids.TryGetValue(text, out var id)) tokens.Add(token with { Id = id });
            else if (byteIds is null) tokens.Add(token with { Id = unknown });
            else
                foreach (var value in Encoding.UTF8.GetBytes(text)) tokens.Add(token with { Id = byteIds[value] });
        }
    }
}
