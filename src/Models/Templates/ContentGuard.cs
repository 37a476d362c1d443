using System.Buffers;
using System.Text;

namespace Temper.Models;

/// <summary>Keeps message contents from spelling special tokens. Before rendering a Unicode noncharacter that no message uses goes inside
/// every such spelling; after rendering it is taken out again, and its places are the cuts.</summary>
internal sealed class ContentGuard
{
    private const char FirstMark = '\uFDD0', LastMark = '\uFDEF';
    private readonly IReadOnlyList<string> guarded;
    private readonly char mark;

    /// <param name="guarded">Special tokens.</param>
    /// <param name="texts">All that the chat's authors wrote.</param>
    public ContentGuard(IReadOnlyList<string> guarded, IReadOnlyCollection<string> texts)
    {
        this.guarded = guarded;
        mark = FirstMark;
        while (texts.Any(text => text.Contains(mark, StringComparison.Ordinal)))
            if (mark++ == LastMark) throw JinjaErrors.Failed(1, "the chat uses all 32 noncharacters from U+FDD0 to U+FDEF");
    }

    /// <summary>The content with marks.</summary>
    public string Mark(string content)
    {
        var places = new SortedSet<int>();
        foreach (var token in guarded)
        {
            if (token.Length < 2) continue;
            for (var at = content.IndexOf(token, StringComparison.Ordinal); at >= 0; at = content.IndexOf(token, at + 1, StringComparison.Ordinal))
                places.Add(at + (char.IsHighSurrogate(token[0]) ? 2 : 1));
        }

        if (places.Count == 0) return content;
        var marked = new StringBuilder();
        var from = 0;
        foreach (var place in places)
        {
            marked.Append(content, from, place - from).Append(mark);
            from = place;
        }

        return marked.Append(content, from, content.Length - from).ToString();
    }

    /// <summary>The rendering without marks, its cuts, and spans moved along.</summary>
    public RenderedChat Unmark(string text, IReadOnlyList<TextSpan> spans)
    {
        var marks = new List<int>();
        for (var at = text.IndexOf(mark, StringComparison.Ordinal); at >= 0; at = text.IndexOf(mark, at + 1)) marks.Add(at);
        if (marks.Count == 0) return new RenderedChat(text, []) { AssistantSpans = spans };
        var clean = text.Replace(mark.ToString(), "", StringComparison.Ordinal);
        return new RenderedChat(clean, [.. marks.Select((at, i) => at - i)]) { AssistantSpans = [.. spans.Select(s => new TextSpan(Moved(s.Start), Moved(s.End)))] };

        int Moved(int place)
        {
            var before = marks.BinarySearch(place);
            return place - (before < 0 ? ~before : before);
        }
    }
}
