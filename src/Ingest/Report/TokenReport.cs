using Temper.Core.Datasets;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>What the records to train on become under a model's tokenizer and template.</summary>
/// <param name="Model">NAME:VERSION of the model.</param>
/// <param name="Examples">Records that become examples.</param>
/// <param name="LeftOut">Records that become none, by code of the reason.</param>
/// <param name="MaxLength">Longest example in tokens; a recipe's default.</param>
/// <param name="OverLength">Records that are longer.</param>
/// <param name="Lengths">Tokens of a record, before any cut.</param>
/// <param name="Total">Tokens of all examples.</param>
/// <param name="Supervised">Those that are learnt.</param>
/// <param name="Roles">Tokens by who says them, of at most the first 1,000 records, without the template's own.</param>
/// <param name="Epoch">What one pass over them is.</param>
/// <param name="Seen">What the model sees of five records: those with the smallest ids.</param>
public sealed record TokenReport(string Model, long Examples, SortedDictionary<string, long> LeftOut, int MaxLength, long OverLength, Quantiles Lengths, long Total,
    long Supervised, SortedDictionary<string, long> Roles, EpochEstimate Epoch, IReadOnlyList<SeenRecord> Seen);

/// <summary>Order statistics of whole numbers, by nearest rank.</summary>
/// <param name="Min">Smallest.</param>
/// <param name="P50">Half are at most this.</param>
/// <param name="P90">Nine of ten are at most this.</param>
/// <param name="P99">99 of 100 are at most this.</param>
/// <param name="Max">Largest.</param>
public sealed record Quantiles(int Min, int P50, int P90, int P99, int Max)
{
    /// <summary>Of numbers, which are sorted on the way; all 0 for none.</summary>
    public static Quantiles Of(List<int> numbers)
    {
        numbers.Sort();
        int At(double share) => numbers.Count == 0 ? 0 : numbers[Math.Clamp((int)Math.Ceiling(share * numbers.Count) - 1, 0, numbers.Count - 1)];
        return new(At(0), At(0.5), At(0.9), At(0.99), At(1));
    }
}

/// <summary>What one pass over the examples is.</summary>
/// <param name="Steps">Optimizer steps by examples in a step: 1, 4, 16, 64.</param>
/// <param name="PackedBlocks">Least number of blocks of the longest length that hold all tokens.</param>
public sealed record EpochEstimate(SortedDictionary<int, long> Steps, long PackedBlocks)
{
    /// <summary>Of so many examples.</summary>
    public static EpochEstimate Of(long examples, long tokens, int length) =>
        new(new(new[] { 1, 4, 16, 64 }.ToDictionary(batch => batch, batch => (examples + batch - 1) / batch)), (tokens + length - 1) / length);
}

/// <summary>One record as the model sees it.</summary>
/// <param name="File">Where it was read.</param>
/// <param name="Line">Its line.</param>
/// <param name="Tokens">Tokens of the example.</param>
/// <param name="Supervised">Those that are learnt.</param>
/// <param name="Pieces">The text, cut where learning begins and ends; secrets taken out, at most 4,000 characters.</param>
public sealed record SeenRecord(string File, long Line, int Tokens, int Supervised, IReadOnlyList<PreviewPiece> Pieces)
{
    private const int Longest = 4000;

    /// <summary>A record that became an example.</summary>
    internal static SeenRecord Of(Core.Datasets.RecordSource source, Example example, Tokenizer tokenizer, UserRules? rules)
    {
        var (pieces, left) = (new List<PreviewPiece>(), Longest);
        foreach (var piece in ExamplePreview.Of(tokenizer, example).Pieces)
        {
            if (left <= 0)
                break;
            var text = Excerpts.Redact(piece.Text, rules);
            pieces.Add(piece with { Text = text.Length > left ? $"{text[..(char.IsHighSurrogate(text[left - 1]) ? left - 1 : left)]}…" : text });
            left -= text.Length;
        }
        return new(source.File, source.Line, example.Tokens.Length, example.SupervisedCount, pieces);
    }
}
