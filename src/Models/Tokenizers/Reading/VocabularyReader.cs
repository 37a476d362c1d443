using System.Text.Json;

namespace Temper.Models;

/// <summary>Reads vocabularies, merges and added tokens.</summary>
internal static class VocabularyReader
{
    private const int MaximumTokens = 1 << 22;

    /// <summary>A vocabulary {spelling: id}. Ids may have gaps, but no two spellings one id.</summary>
    public static Dictionary<string, int> Vocabulary(TokenizerNode node)
    {
        if (node.Element.ValueKind != JsonValueKind.Object) throw node.Invalid("is no object");
        var vocabulary = new Dictionary<string, int>(StringComparer.Ordinal);
        var ids = new HashSet<int>();
        foreach (var entry in node.Element.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id) || id is < 0 or >= MaximumTokens)
                throw node.Invalid($"gives token '{entry.Name}' the id {entry.Value.GetRawText()}, expected 0 to {MaximumTokens - 1}");
            if (!ids.Add(id)) throw node.Invalid($"is wrong: id {id} belongs to two tokens, '{entry.Name}' is one");
            vocabulary.Add(entry.Name, id);
        }

        return vocabulary.Count > 0 ? vocabulary : throw node.Invalid("is empty");
    }

    /// <summary>The ranks of merges, written "a b" or ["a", "b"]. Of a pair that is listed twice the reference keeps the later rank.</summary>
    public static Dictionary<(int, int), (int, int)> Merges(TokenizerNode model, Dictionary<string, int> vocabulary, int prefixLength)
    {
        var merges = new Dictionary<(int, int), (int, int)>();
        var rank = 0;
        foreach (var node in model.Items("merges"))
        {
            var parts = node.Element.ValueKind switch
            {
                JsonValueKind.String => node.Element.GetString()!.Split(' '),
                JsonValueKind.Array when node.Element.EnumerateArray().All(part => part.ValueKind == JsonValueKind.String) => [.. node.Element.EnumerateArray().Select(part => part.GetString()!)],
                _ => [],
            };
            if (parts is not [var left, var right] || right.Length < prefixLength) throw node.Invalid($"({node.Element.GetRawText()}) is not a pair");
            merges[(Id(node, left), Id(node, right))] = (rank, Id(node, left + right[prefixLength..]));
            rank++;
        }

        return merges;

        int Id(TokenizerNode node, string token) => vocabulary.TryGetValue(token, out var id) ? id : throw node.Invalid($"needs token '{token}', which the vocabulary lacks");
    }

    /// <summary>The added tokens.</summary>
    public static List<AddedToken> Added(TokenizerNode root, Dictionary<string, int> vocabulary)
    {
        var added = new List<AddedToken>();
        if (root.Find("added_tokens") is null) return added;
        var byId = new Dictionary<int, string>(vocabulary.Count);
        foreach (var (spelling, id) in vocabulary) byId[id] = spelling;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var next = vocabulary.Count;
        foreach (var node in root.Items("added_tokens"))
        {
            var (content, id) = (node.Text("content"), node.Whole("id"));
            if (content.Length == 0 || id >= MaximumTokens) throw node.Invalid($"is wrong: added token '{content}' has id {id}");
            if (!seen.Add(content)) throw node.Invalid($"is wrong: added token '{content}' is listed twice");
            var isKnown = vocabulary.TryGetValue(content, out var known);
            if (isKnown && known != id) throw node.Invalid($"is wrong: added token '{content}' has id {id}, the vocabulary gives it {known}");
            if (!byId.TryAdd(id, content) && byId[id] != content) throw node.Invalid($"is wrong: added token '{content}' takes id {id}, which belongs to '{byId[id]}'");
            // The reference numbers new tokens itself, so that a model was trained with its numbers, whatever the file says.
            if (!isKnown && id != next) throw node.Invalid($"is wrong: added token '{content}' has id {id} and leaves a gap, the next free one is {next}");
            next = Math.Max(next, id + 1);
            added.Add(new AddedToken(id, content, node.Flag("special"), node.Flag("single_word"), node.Flag("lstrip"), node.Flag("rstrip"), node.Flag("normalized")));
        }

        return added;
    }
}
