using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Training.Data;
using Temper.Training.Recipes;
using Temper.Training.Sampling;

namespace Temper.Training.Planning;

/// <summary>The rows of one step, before anything of them is read.</summary>
/// <param name="Step">0-based.</param>
/// <param name="Rows">In order.</param>
internal sealed record StepRows(int Step, Sample[] Rows)
{
    public double MixError { get; init; }

    public double? Coverage { get; init; }

    public SamplerState? State { get; init; }
}

/// <summary>Makes a micro-batch of examples.</summary>
/// <param name="index">In its step.</param>
/// <param name="chosen">In order.</param>
public delegate MicroBatch LayBatch(int index, IReadOnlyList<TrainExample> chosen);

/// <summary>From drawn rows to micro-batches. Examples are read here and nowhere else, so a record that cannot be read is met here. Safe from any thread.</summary>
internal sealed class BatchMaker
{
    private const int MostInARow = 100;
    private readonly IReadOnlyList<TrainExample> _examples;
    private readonly Recipe _recipe;
    private readonly LayBatch _lay;
    private readonly int[] _firstBucket, _firstExample;
    private readonly IReadOnlyList<int[]>[] _items;
    private readonly int[][] _tokens;

    public BatchMaker(IReadOnlyList<TrainExample> examples, Recipe recipe, IReadOnlyList<DataPart> parts, LayBatch lay)
    {
        (_examples, _recipe, Parts, _lay) = (examples, recipe, parts, lay);
        (_firstBucket, _firstExample) = (new int[parts.Count], new int[parts.Count]);
        var (buckets, items, at) = (new List<IReadOnlyList<MixBucket>>(), new List<IReadOnlyList<int[]>>(), 0);
        foreach (var (part, d) in parts.Select((part, d) => (part, d)))
        {
            (_firstBucket[d], _firstExample[d]) = (items.Count, at);
            var of = new List<MixBucket>();
            foreach (var (name, count) in part.Buckets.Count == 0 ? [("", part.Count)] : part.Buckets)
            {
                items.Add(Items(examples, at, count, recipe.Data));
                of.Add(new(name, items[^1].Count));
                at += count;
            }
            buckets.Add(of);
        }
        if (at != examples.Count)
            throw new ArgumentException($"The parts have {at} examples, the run {examples.Count}.", nameof(parts));
        (_items, Buckets) = ([.. items], buckets);
        _tokens = [.. items.Select(list => list.Select(item => item.Sum(i => examples[i].Tokens.Length)).ToArray())];
    }

    public IReadOnlyList<DataPart> Parts { get; }

    /// <summary>Of each part: what can be drawn.</summary>
    public IReadOnlyList<IReadOnlyList<MixBucket>> Buckets { get; }

    /// <summary>Tokens in packed blocks, as a share of their room.</summary>
    public double PackEfficiency => _tokens.Sum(t => t.Sum(n => (double)n)) / Math.Max(1.0, _tokens.Sum(t => (double)t.Length) * _recipe.Data.MaxLength);

    /// <summary>What the batch will hold in memory, about: ids, labels and offsets.</summary>
    public long BytesOf(StepRows plan) => plan.Rows.Sum(row => 5L * _tokens[_firstBucket[row.Dataset] + row.Bucket][row.Item] + 100);

    /// <summary>Reads and lays end to end.</summary>
    /// <exception cref="TemperException"><c>batch_unreadable</c>: a record cannot be read, and the recipe does not say to go on.</exception>
    public Update Make(StepRows plan)
    {
        var (notes, samples, size) = (new List<Substitution>(), new long[Parts.Count], _recipe.Training.PerDeviceTrainBatchSize);
        var count = _recipe.Training.DataloaderDropLast && plan.Rows.Length >= size ? plan.Rows.Length / size * size : plan.Rows.Length;
        var micros = new MicroBatch[(count + size - 1) / size];
        var (units, tokens) = (0L, 0L);
        for (var i = 0; i < micros.Length; i++)
        {
            var chosen = new List<TrainExample>();
            foreach (var row in plan.Rows.AsSpan(i * size, Math.Min(size, count - i * size)))
            {
                chosen.AddRange(Read(row, plan.Step, notes));
                samples[row.Dataset]++;
            }
            micros[i] = _lay(i, chosen);
            (units, tokens) = (units + micros[i].Units, tokens + micros[i].Batch.Tokens.Length);
        }
        return new(micros, units, tokens)
        {
            Samples = samples,
            Padding = plan.Rows.Take(count).Count(row => row.Padding),
            MixError = plan.MixError,
            Coverage = count == plan.Rows.Length ? plan.Coverage : null,
            State = plan.State,
            Substitutions = notes,
        };
    }

    /// <summary>Indexes of examples that are drawn together: one each, or a packed block.</summary>
    public static IReadOnlyList<int[]> Items(IReadOnlyList<TrainExample> examples, int first, int count, DataSettings data)
    {
        if (!data.Packing)
            return [.. Enumerable.Range(first, count).Select(i => new[] { i })];
        var blocks = Packing.Pack([.. Enumerable.Range(first, count).Select(i => examples[i].Tokens.Length)], data.MaxLength);
        return first == 0 ? blocks : [.. blocks.Select(block => Array.ConvertAll(block, i => i + first))];
    }

    /// <summary>The examples of an item; where one cannot be read, those of the next item of its bucket, if the recipe says so.</summary>
    private TrainExample[] Read(Sample row, int step, List<Substitution> notes)
    {
        var (items, first) = (_items[_firstBucket[row.Dataset] + row.Bucket], notes.Count);
        for (var tries = 0; ; tries++)
        {
            var at = -1;
            try
            {
                var indexes = items[(int)((row.Item + tries) % items.Count)];
                var read = new TrainExample[indexes.Length];
                for (var i = 0; i < indexes.Length; i++)
                    read[i] = _examples[at = indexes[i]];
                for (var i = first; i < notes.Count; i++)
                    notes[i] = notes[i] with { By = read[0].Record };
                return read;
            }
            catch (Exception e) when (e is TemperException or IOException or InvalidDataException or UnauthorizedAccessException)
            {
                if (_recipe.Data.OnRuntimeError != RuntimeErrorPolicy.SubstituteNext || tries + 1 >= Math.Min(items.Count, MostInARow))
                    throw Unreadable(row.Dataset, at, step, e);
                notes.Add(new(step + 1, Parts[row.Dataset].Id, Name(row.Dataset, at), default, (e as TemperException)?.Code ?? e.GetType().Name));
            }
        }
    }

    private string Name(int dataset, int example) => Parts[dataset].Places is { } places ? places[example - _firstExample[dataset]].ToString()
        : FormattableString.Invariant($"example {example - _firstExample[dataset]}");

    private TemperException Unreadable(int dataset, int example, int step, Exception e)
    {
        var place = Parts[dataset].Places?[example - _firstExample[dataset]];
        var problem = new Problem("batch_unreadable", FormattableString.Invariant($"Step {step + 1} needs {Name(dataset, example)} of dataset '{Parts[dataset].Id}', which cannot be read: {e.Message}"))
        {
            File = place?.File,
            Line = place?.Line,
            Value = place?.Record.Hex,
            Hint = "Resume once the cause is gone; on_runtime_error: substitute_next goes on with the next record and keeps a note.",
        };
        return new([problem], e);
    }
}
