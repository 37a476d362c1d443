using System.Collections;

namespace Temper.Ingest;

/// <summary>A record that says almost what an earlier, kept one says.</summary>
/// <param name="Record">Index of the later one.</param>
/// <param name="Of">Index of the earlier one.</param>
/// <param name="Similarity">Threshold to 1.</param>
internal sealed record NearPair(int Record, int Of, double Similarity);

/// <summary>Reads the shingles of records, by their indexes, which ascend.</summary>
internal delegate Task<Shingles[]> ReadShingles(IReadOnlyList<int> records, CancellationToken ct);

/// <summary>
/// Decides, record by record in upload order, which ones repeat an earlier one. Candidates come from bands and from embeddings; only the texts decide.
/// A record that repeats another is never itself the one that later ones are compared with, so that a chain of small changes does not collapse.
/// Records are taken in batches: each is compared with what was kept before its batch, on several threads, and then, in order, with what is kept of the
/// batch itself. What is found depends neither on the threads nor on where a batch ends nor on the memory.
/// </summary>
/// <param name="table">Band keys of all records.</param>
/// <param name="sketches">Of all records.</param>
/// <param name="alike">Partners that embeddings propose, earlier ones by later one.</param>
/// <param name="threshold">Least similarity.</param>
/// <param name="read">Reads shingles, of the few records whose sketches do not tell them apart.</param>
internal sealed class NearDuplicates(BandTable table, SketchTable sketches, IReadOnlyDictionary<int, List<int>> alike, double threshold, ReadShingles read)
{
    private readonly BitArray _kept = new(table.Count);
    private BitArray? _suspects;

    /// <summary>Most threads. Default: the machine's processors.</summary>
    public int Threads { get; init; } = Environment.ProcessorCount;

    /// <summary>Most records of a batch.</summary>
    public int Batch { get; init; } = 4096;

    /// <summary>Bytes of shingles that are held at once, of a batch and of those that it is compared with each, and of those that are kept for the next.</summary>
    public long Memory { get; init; } = 12L << 20;

    /// <summary>Pairs found.</summary>
    public List<NearPair> Pairs { get; } = [];

    /// <summary>Pairs that embeddings call alike and texts do not: paraphrases and the like.</summary>
    public List<(int Record, int Of)> OnlyAlike { get; } = [];

    /// <summary>The first record that was not taken yet.</summary>
    public int Next { get; private set; }

    /// <summary>Finds the records that can have a partner at all; the others are never looked at. Called once, before the rest.</summary>
    public void Begin(CancellationToken ct)
    {
        _suspects = table.Group(ct);
        foreach (var (later, earlier) in alike)
        {
            _suspects[later] = true;
            foreach (var partner in earlier)
                _suspects[partner] = true;
        }
    }

    /// <summary>Goes on behind what an earlier search found up to a record.</summary>
    public void GoOn(int next, IEnumerable<NearPair> pairs, IEnumerable<(int Record, int Of)> onlyAlike)
    {
        Pairs.AddRange(pairs);
        OnlyAlike.AddRange(onlyAlike);
        var repeats = Pairs.Select(p => p.Record).Where(record => record >= Next).ToHashSet();
        for (; Next < next; Next++)
        {
            if (_suspects![Next])
                Settle(Next, !repeats.Contains(Next));
        }
    }

    /// <summary>Takes all records that are left; calls <paramref name="between"/> behind every batch.</summary>
    public async Task RunAsync(Func<Task>? between, CancellationToken ct)
    {
        var shelf = new ShingleShelf(sketches, read, Memory);
        var batch = new List<int>();
        while (Next < table.Count)
        {
            ct.ThrowIfCancellationRequested();
            Fill(batch);
            await TakeAsync(batch, shelf, ct).ConfigureAwait(false);
            if (between is not null)
                await between().ConfigureAwait(false);
        }
    }

    private void Fill(List<int> batch)
    {
        batch.Clear();
        for (var held = 0L; Next < table.Count && batch.Count < Batch && held < Memory; Next++)
        {
            if (!_suspects![Next])
                continue;
            batch.Add(Next);
            held += ShingleShelf.SizeOf(sketches[Next]);
        }
    }

    private async Task TakeAsync(List<int> batch, ShingleShelf shelf, CancellationToken ct)
    {
        if (batch.Count == 0)
            return;
        var looks = new Look[batch.Count];
        Each(looks.Length, i => looks[i] = Gather(batch[i], batch[0]), ct);
        var within = new BatchPartners(table, sketches, threshold).Find(batch, Threads, ct);
        List<int> needed = [.. Enumerable.Range(0, looks.Length).Where(i => looks[i].Earlier.Count > 0 || within[i]).Select(i => batch[i])];
        var own = await shelf.ReadBatchAsync(needed, ct).ConfigureAwait(false);
        await foreach (var (shingles, upTo) in shelf.RoundsAsync([.. looks.SelectMany(look => look.Earlier).Distinct().Order()], ct).ConfigureAwait(false))
            Each(looks.Length, i => Compare(batch[i], looks[i], own, shingles, upTo), ct);
        for (var i = 0; i < looks.Length; i++)
            await DecideAsync(batch[i], batch[0], looks[i], own, shelf, ct).ConfigureAwait(false);
    }

    /// <summary>The kept records before the batch that a record could be like: those that an embedding proposes, and of those in its bands the ones that sketches do not tell apart.</summary>
    private Look Gather(int record, int first)
    {
        var look = new Look();
        Gather(record, 0, first, look.Earlier);
        return look;
    }

    private void Gather(int record, int from, int to, List<int> into)
    {
        table.FindKept(record, from, to, into);
        var sketch = sketches[record];
        var left = 0;
        for (var i = 0; i < into.Count; i++)
        {
            if (ShingleSketch.CanReach(sketch, sketches[into[i]], threshold))
                into[left++] = into[i];
        }
        into.RemoveRange(left, into.Count - left);
        if (alike.TryGetValue(record, out var proposed))
            into.AddRange(proposed.Where(partner => partner >= from && partner < to && _kept[partner]));
        into.Sort();
        left = 0;
        for (var i = 0; i < into.Count; i++)
        {
            if (left == 0 || into[i] != into[left - 1])
                into[left++] = into[i];
        }
        into.RemoveRange(left, into.Count - left);
    }

    /// <summary>Compares a record with those of its candidates that are at hand, in order; of equally similar ones the earliest counts.</summary>
    private void Compare(int record, Look look, Dictionary<int, Shingles> own, Dictionary<int, Shingles> others, int upTo)
    {
        for (; look.Compared < look.Earlier.Count && look.Earlier[look.Compared] <= upTo; look.Compared++)
            Compare(record, look.Earlier[look.Compared], own[record], others[look.Earlier[look.Compared]], look);
    }

    private void Compare(int record, int candidate, Shingles own, Shingles other, Look look)
    {
        var similarity = other.Similarity(own, threshold);
        if (similarity >= threshold && (look.Best is null || similarity > look.Best.Similarity))
            look.Best = new(record, candidate, similarity);
        else if (similarity < threshold && alike.GetValueOrDefault(record)?.Contains(candidate) == true)
            (look.OnlyAlike ??= []).Add(candidate);
    }

    /// <summary>Compares with what the batch itself kept before, and says whether the record is kept.</summary>
    private async ValueTask DecideAsync(int record, int first, Look look, Dictionary<int, Shingles> own, ShingleShelf shelf, CancellationToken ct)
    {
        look.Earlier.Clear();
        Gather(record, first, record, look.Earlier);
        foreach (var candidate in look.Earlier)
        {
            // The few that are not at hand: more of a batch are alike than were looked for beforehand.
            var (mine, other) = (await shelf.FindAsync(own, record, ct).ConfigureAwait(false), await shelf.FindAsync(own, candidate, ct).ConfigureAwait(false));
            Compare(record, candidate, mine, other, look);
        }
        foreach (var candidate in look.OnlyAlike ?? [])
            OnlyAlike.Add((record, candidate));
        if (look.Best is not null)
            Pairs.Add(look.Best);
        Settle(record, look.Best is null);
    }

    private void Settle(int record, bool keep)
    {
        _kept[record] = keep;
        if (keep)
            table.Keep(record);
        else
            table.PassOver(record);
    }

    private void Each(int count, Action<int> work, CancellationToken ct) =>
        Parallel.For(0, count, new ParallelOptions { MaxDegreeOfParallelism = Threads, CancellationToken = ct }, work);

    /// <summary>What is known of a record while its batch is taken.</summary>
    private sealed class Look
    {
        public List<int> Earlier { get; } = [];

        public int Compared { get; set; }

        public NearPair? Best { get; set; }

        public List<int>? OnlyAlike { get; set; }
    }
}
