using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Training.Data;
using Temper.Training.Recipes;

namespace Temper.Training.Previews;

/// <summary>What a run would learn from, for people who look before they train.</summary>
/// <param name="Train">Examples to train on.</param>
/// <param name="HeldOut">Examples that are only measured.</param>
/// <param name="Tokens">In the examples to train on.</param>
/// <param name="Supervised">Of them, labels.</param>
/// <param name="Lengths">How long examples are.</param>
/// <param name="Parts">Datasets and how many of their examples are trained on.</param>
/// <param name="Dropped">What was left out or cut, each with its code, count and reason.</param>
/// <param name="Stops">Whether answers end with a token that ends an answer.</param>
/// <param name="Examples">Three of them, as the model reads them.</param>
/// <param name="Warnings">What is allowed and probably not meant.</param>
public sealed record PreflightReport(int Train, int HeldOut, long Tokens, long Supervised, LengthHistogram Lengths, IReadOnlyList<PartCount> Parts, IReadOnlyList<string> Dropped, StopCheck Stops,
    IReadOnlyList<ShownExample> Examples, IReadOnlyList<Problem> Warnings)
{
    private const int FewExamples = 10, Shown = 3;

    /// <summary>Looks at what a job would train on.</summary>
    /// <param name="data">From the same code as in a job.</param>
    /// <param name="tokenizer">Of the base.</param>
    /// <param name="stops">Tokens that end an answer.</param>
    /// <param name="recipe">What is asked for.</param>
    public static PreflightReport Of(PreparedData data, Tokenizer tokenizer, IReadOnlyList<int> stops, Recipe recipe)
    {
        var check = StopCheck.Of(data.Train, tokenizer, stops);
        return new(data.Train.Count, data.HeldOut.Count, data.Train.Sum(e => (long)e.Tokens.Length), data.Train.Sum(e => (long)e.SupervisedCount), LengthHistogram.Of(data.Train, recipe.Data.MaxLength),
            [.. data.Parts.Select(p => new PartCount(p.Id, p.Count))], data.Notes, check, Few(data, tokenizer), [.. Warn(data, check)]);
    }

    /// <summary>Three examples as the model reads them: the first, one in the middle and the last.</summary>
    public static IReadOnlyList<ShownExample> Few(PreparedData data, Tokenizer tokenizer) => [.. Chosen(data).Select(i => Show(data, i, tokenizer))];

    private static IEnumerable<int> Chosen(PreparedData data) => new[] { 0, data.Train.Count / 2, data.Train.Count - 1 }.Where(i => i >= 0).Distinct().Take(Shown);

    private static ShownExample Show(PreparedData data, int index, Tokenizer tokenizer)
    {
        var example = data.Train[index];
        var places = data.Parts.SelectMany(p => p.Places ?? []).ToArray();
        var place = places.Length == data.Train.Count ? places[index] : default;
        return new(place.File, place.Line, example.Tokens.Length, example.SupervisedCount, ExamplePreview.Of(tokenizer, new Example(example.Tokens, example.Supervised)).Pieces);
    }

    private static IEnumerable<Problem> Warn(PreparedData data, StopCheck stops)
    {
        if (data.Train.Count < FewExamples)
            yield return new("too_few_examples", $"There are {data.Train.Count} examples to train on; below {FewExamples} hardly anything is learned but these.");
        var seen = data.Train.GroupBy(Content).ToDictionary(g => g.Key, g => g.Count());
        if (data.Train.Count - seen.Count is > 0 and var copies)
            yield return new("data_duplicate", $"{copies} of {data.Train.Count} examples are copies of others: they count more often.");
        if (data.HeldOut.Count(e => seen.ContainsKey(Content(e))) is > 0 and var leaked)
            yield return new("data_leak", $"{leaked} of {data.HeldOut.Count} held-out examples are trained on, too: measurements will look better than they are.");
        if (stops is { Checked: > 0, Ending: 0 })
            yield return new("turn_end_not_trained", $"No example ends with one of the tokens that end an answer ({string.Join(", ", stops.Tokens)}): the model will not learn to stop.");
    }

    private static Core.Ids.Digest Content(TrainExample example) => Core.Ids.Digest.Of(System.Runtime.InteropServices.MemoryMarshal.AsBytes<int>(example.Tokens));
}

/// <summary>A dataset of a run.</summary>
/// <param name="Name">Its id in the recipe.</param>
/// <param name="Examples">To train on.</param>
public sealed record PartCount(string Name, int Examples);

/// <summary>Whether what is learned ends with a token that ends an answer.</summary>
/// <param name="Checked">Examples.</param>
/// <param name="Ending">Of them, those whose last label ends an answer.</param>
/// <param name="Tokens">The tokens that do.</param>
public sealed record StopCheck(int Checked, int Ending, IReadOnlyList<string> Tokens)
{
    /// <summary>Looks at the last label of every example.</summary>
    internal static StopCheck Of(IReadOnlyList<TrainExample> examples, Tokenizer tokenizer, IReadOnlyList<int> stops)
    {
        var ending = examples.Count(e => Array.LastIndexOf(e.Supervised, true) is >= 0 and var at && stops.Contains(e.Tokens[at]));
        return new(examples.Count, ending, [.. stops.Select(id => tokenizer.Decode([id], skipSpecial: false))]);
    }
}

/// <summary>How long examples are, in tokens.</summary>
/// <param name="Shortest">The shortest.</param>
/// <param name="Median">The middle one.</param>
/// <param name="Longest">The longest.</param>
/// <param name="Bins">Ten of the same width, up to max_length.</param>
public sealed record LengthHistogram(int Shortest, int Median, int Longest, IReadOnlyList<LengthBin> Bins)
{
    private const int Count = 10;

    internal static LengthHistogram Of(IReadOnlyList<TrainExample> examples, int most)
    {
        var lengths = examples.Select(e => e.Tokens.Length).Order().ToArray();
        var width = Math.Max(1, (Math.Min(most, lengths.LastOrDefault(1)) + Count - 1) / Count);
        var bins = Enumerable.Range(0, Count).Select(b => new LengthBin(b * width + 1, (b + 1) * width, lengths.Count(l => (l - 1) / width == b))).Where(b => b.From <= Math.Max(1, lengths.LastOrDefault())).ToArray();
        return lengths.Length == 0 ? new(0, 0, 0, []) : new(lengths[0], lengths[lengths.Length / 2], lengths[^1], bins);
    }
}

/// <summary>Examples of about one length.</summary>
/// <param name="From">Tokens, at least.</param>
/// <param name="To">Tokens, at most.</param>
/// <param name="Examples">How many.</param>
public sealed record LengthBin(int From, int To, int Examples);
