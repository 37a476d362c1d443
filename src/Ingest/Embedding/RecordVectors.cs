using System.Text;

namespace Temper.Ingest;

/// <summary>What of a record is embedded: its texts in lower case without punctuation, so that spelling does not hide likeness.</summary>
internal static class RecordVectors
{
    /// <summary>Texts as <see cref="TextOf"/> gives them, by the record's id.</summary>
    public static readonly Embeddable<string> Kind = new("normal-text-1", 256, long.MaxValue, _ => 0, (embedder, texts, ct) => embedder.Embed(texts, ct));

    /// <summary>Text of a query, spelt as records are.</summary>
    public static string Normal(string text)
    {
        var joined = new StringBuilder();
        Append(joined, text);
        return joined.ToString();
    }

    /// <summary>Text of a record: what is asked, then what is answered.</summary>
    public static string TextOf(RecordText text)
    {
        var joined = new StringBuilder();
        foreach (var part in text.Asked.Concat(text.Answered))
            Append(joined, part);
        return joined.ToString();
    }

    private static void Append(StringBuilder joined, string text)
    {
        foreach (var rune in Shingles.Normal(text))
            joined.Append(new Rune(rune));
        joined.Append('\n');
    }
}
