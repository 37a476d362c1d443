using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Models;
using Temper.Storage.Cache;
using Temper.Training.Recipes;

namespace Temper.Training.Data;

/// <summary>Examples of a dataset, and what is worth knowing about them.</summary>
/// <param name="Train">To train on, in the dataset's order.</param>
/// <param name="HeldOut">To measure.</param>
/// <param name="Notes">Sentences for the log: what was cut or left out.</param>
/// <param name="Parts">Of which datasets <paramref name="Train"/> is made.</param>
public sealed record PreparedData(IReadOnlyList<TrainExample> Train, IReadOnlyList<TrainExample> HeldOut, IReadOnlyList<string> Notes, IReadOnlyList<DataPart> Parts);

/// <summary>Records to tokens and labels, all of them before the first step, so that a run which cannot work never begins.</summary>
/// <param name="maker">How a record becomes an example.</param>
/// <param name="recipe">What is asked for.</param>
public sealed class Preflight(ExampleMaker maker, Recipe recipe)
{
    private const int BatchSize = 512, MostProblems = 50;

    /// <summary>Share of records left out for one reason above which something is wrong with the recipe rather than with the records.</summary>
    private const double MostLeftOut = 0.1;

    /// <summary>Of supervised text.</summary>
    /// <param name="builder">Of the base model.</param>
    /// <param name="cache">Tokens of earlier runs; null for none.</param>
    /// <param name="recipe">What is asked for.</param>
    public Preflight(ExampleBuilder builder, RecordCache? cache, Recipe recipe) : this(new CausalExamples(builder, cache, recipe), recipe)
    {
    }

    /// <summary>Builds all examples of one dataset.</summary>
    /// <exception cref="TemperException">Everything that stands in the way, at most fifty problems and a count of the rest.</exception>
    public Task<PreparedData> RunAsync(IReadOnlyList<CanonicalRecord> records, CancellationToken ct) => RunAllAsync([new(new DatasetEntry("data"), Digest.OfText("data"), records)], ct);

    /// <summary>Builds all examples of several datasets. What is held out is chosen among all of them, so that copies of a record are on one side.</summary>
    /// <exception cref="TemperException">Everything that stands in the way, at most fifty problems and a count of the rest.</exception>
    public async Task<PreparedData> RunAllAsync(IReadOnlyList<LoadedDataset> datasets, CancellationToken ct)
    {
        datasets = LoadedDataset.InOrder(datasets);
        if (datasets.SelectMany(dataset => maker.Refused(dataset.Records)).ToList() is { Count: > 0 } kinds)
            throw new TemperException(kinds);
        var (problems, examples, places, notes) = (new List<Problem>(), new List<TrainExample>(), new List<RecordPlace>(), new List<string>());
        var ends = new List<int>();
        foreach (var (entry, _, records) in datasets)
        {
            var outcomes = new List<MadeExample>(records.Count);
            foreach (var batch in records.Chunk(BatchSize))
                outcomes.AddRange(await maker.MakeAsync(batch, ct).ConfigureAwait(false));
            problems.AddRange(Problems(entry, records, outcomes, datasets.Count > 1));
            foreach (var (record, outcome) in records.Zip(outcomes).Where(x => x.Second.Example is not null))
            {
                examples.Add(outcome.Example!);
                places.Add(new(record.RecId, record.Source.File, record.Source.Line));
            }
            notes.AddRange(Notes(outcomes).Select(note => datasets.Count > 1 ? $"{entry.Name}: {note}" : note));
            ends.Add(examples.Count);
        }
        var (train, heldOut) = datasets[^1].Measured ? Apart(examples, ends, notes) : HoldOut.Split(examples, recipe.Data.Validation, recipe.Seed);
        if (problems.Count == 0 && train.Count == 0)
            problems.Add(new("training_data_empty", $"Of {examples.Count} records, {heldOut.Count} are held out and none is left to train on.") { Path = "data.validation" });
        if (problems.Count == 0 && Unmeasured(datasets[^1], heldOut) is { } unmeasured)
            problems.Add(unmeasured);
        if (problems.Count > 0)
            throw new TemperException(Shortened(problems));
        var learned = datasets.Where(dataset => !dataset.Measured).ToArray();
        return new(train, heldOut, notes, Parts(learned, examples, places, ends, learned.Length < datasets.Count ? [] : [.. heldOut.Select(e => e.Record)]));
    }

    /// <summary>The last dataset is measured, all the others are trained on.</summary>
    internal static (IReadOnlyList<TrainExample> Train, IReadOnlyList<TrainExample> HeldOut) Apart(List<TrainExample> examples, List<int> ends, List<string> notes)
    {
        var cut = ends.Count > 1 ? ends[^2] : 0;
        var (train, heldOut) = (examples[..cut], examples[cut..]);
        var known = train.Select(e => e.Record).ToHashSet();
        if (heldOut.Count(e => known.Contains(e.Record)) is > 0 and var both)
            notes.Add($"{both} of {heldOut.Count} records of the validation dataset are trained on, too: data_leak; what they measure is memory.");
        return (train, heldOut);
    }

    /// <summary>A validation dataset that would leave a run unmeasured.</summary>
    internal static Problem? Unmeasured(LoadedDataset last, IReadOnlyList<TrainExample> heldOut) => !last.Measured || heldOut.Count > 0 ? null
        : new("training_data_empty", $"'{last.Entry.Name}', the validation dataset, has no example that can be measured.") { Path = "data.validation" };

    private static IEnumerable<Problem> Problems(DatasetEntry entry, IReadOnlyList<CanonicalRecord> records, List<MadeExample> outcomes, bool several)
    {
        var of = several ? $" of '{entry.Name}'" : "";
        var many = outcomes.Where(o => o is { Example: null, Fatal: false, Problem.Code: not "data_too_long" }).GroupBy(o => o.Problem!.Code).Where(g => g.Count() > MostLeftOut * records.Count)
            .Select(g => new Problem(g.Key, $"{g.Count()} of {records.Count} records{of} cannot be used; the first: {g.First().Problem!.Message}") { Hint = "Check data.train_on, the weights of the messages and max_length." });
        var fatal = records.Zip(outcomes).Where(x => x.Second.Fatal).Select(x => ExampleMaker.Named(x.First, x.Second.Problem!)).GroupBy(p => p.Code == "data_too_long" ? p : new(p.Code, p.Message)).Select(g => Together([.. g], records.Count))
            .Select(p => several ? p with { File = $"{entry.Name}: {p.File}" } : p);
        return [.. many, .. fatal, .. records.Count == 0 ? [new("training_data_empty", several ? $"The version of '{entry.Name}' has no records." : "The dataset version has no records.")] : Array.Empty<Problem>()];
    }

    /// <summary>What is wrong with several records in the same words: once, at the first, with their number and the first places.</summary>
    private static Problem Together(Problem[] same, int records) => same.Length == 1 ? same[0]
        : same[0] with { Message = $"{same[0].Message} So it is with {same.Length} of {records} records, the first at {string.Join(", ", same.Take(3).Select(p => FormattableString.Invariant($"{p.File}:{p.Line}")))}." };

    /// <summary>What is left of each dataset once some of its examples are held out.</summary>
    private static List<DataPart> Parts(IReadOnlyList<LoadedDataset> datasets, List<TrainExample> examples, List<RecordPlace> places, List<int> ends, HashSet<Digest> heldOut)
    {
        var (parts, problems, begin) = (new List<DataPart>(), new List<Problem>(), 0);
        foreach (var ((entry, version, _), end) in datasets.Zip(ends))
        {
            var kept = Enumerable.Range(begin, end - begin).Where(i => !heldOut.Contains(examples[i].Record)).Select(i => places[i]).ToArray();
            if (kept.Length == 0)
                problems.Add(new("training_data_empty", $"'{entry.Name}' has no example to train on: {end - begin} can be used, and all of them are held out.") { Path = "data.train" });
            parts.Add(new(entry.Name, version, kept.Length) { Entry = entry, Places = kept });
            begin = end;
        }
        return problems.Count == 0 ? parts : throw new TemperException(problems);
    }

    private static List<Problem> Shortened(List<Problem> problems)
    {
        if (problems.Count <= MostProblems)
            return problems;
        var rest = problems.Count - MostProblems;
        return [.. problems.Take(MostProblems), problems[^1] with { Message = $"…and {rest} more problems of this kind or others.", File = null, Line = null, Value = null, Path = null }];
    }

    private static string[] Notes(List<MadeExample> outcomes) => [.. outcomes.Where(o => o.Problem is not null).GroupBy(o => (o.Problem!.Code, Kept: o.Example is not null))
        .Select(g => g.Count() == 1
            ? $"1 record {(g.Key.Kept ? "is used, but" : "is left out")}: {g.Key.Code}; {g.First().Problem!.Message}"
            : $"{g.Count()} records {(g.Key.Kept ? "are used, but" : "are left out")}: {g.Key.Code}; the first: {g.First().Problem!.Message}")];
}
