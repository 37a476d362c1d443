using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Counts every record once, on its way into the version or out of it, and compares with what the stages before counted.</summary>
internal sealed class SealLedger(IngestPlan plan, ValidatedUpload upload, Findings found)
{
    private readonly Ledger[] _files = [.. plan.Files.Select(_ => Ledger.Empty)];
    private readonly SortedDictionary<string, CodeTally>[] _codes = [.. plan.Files.Select(_ => new SortedDictionary<string, CodeTally>(StringComparer.Ordinal))];

    private readonly SortedSet<int> _changed = [];

    /// <summary>Each file's share.</summary>
    public IReadOnlyList<Ledger> Files => _files;

    /// <summary>Codes of what was set aside, by file.</summary>
    public IReadOnlyList<SortedDictionary<string, CodeTally>> Codes => _codes;

    /// <summary>Records per code.</summary>
    public SortedDictionary<string, long> Counts
    {
        get
        {
            var counts = new SortedDictionary<string, long>(StringComparer.Ordinal);
            foreach (var (code, tally) in _codes.SelectMany(c => c))
                counts[code] = counts.GetValueOrDefault(code) + tally.Count;
            return counts;
        }
    }

    /// <summary>What the counts of the earlier stages say.</summary>
    public Ledger Expected
    {
        get
        {
            var trusted = upload.Files.Where(f => !upload.Refused.Contains(f.File)).Sum(f => f.Accepted);
            var refused = upload.Files.Where(f => upload.Refused.Contains(f.File)).Sum(f => f.Accepted);
            return new(upload.Files.Sum(f => f.RecordsIn), trusted - found.Repeats.Count - found.Dropped.Count - found.Cut.Count, upload.Files.Sum(f => f.Quarantined) + refused, found.Repeats.Count,
                upload.Files.Sum(f => f.Filtered) + found.Dropped.Count + found.Cut.Count);
        }
    }

    /// <summary>Counts an accepted record.</summary>
    public void Accept(int file)
    {
        _changed.Add(file);
        _files[file] += new Ledger(1, 1, 0, 0, 0);
    }

    /// <summary>All counts of the files whose counts changed, for the turn that goes on.</summary>
    public IReadOnlyList<FileCounts> TakeChanged() => [.. _changed.Select(file => new FileCounts(file, _files[file], _codes[file]))];

    /// <summary>Goes on with what an earlier turn counted.</summary>
    public void GoOn(IReadOnlyList<FileCounts> counts)
    {
        foreach (var (file, ledger, codes) in counts)
            (_files[file], _codes[file]) = (ledger, codes);
    }

    /// <summary>Counts a record that is set aside.</summary>
    public void SetAside(int file, string code, RecordOutcome outcome, long line)
    {
        _changed.Add(file);
        _files[file] += outcome switch
        {
            RecordOutcome.Quarantined => new(1, 0, 1, 0, 0),
            RecordOutcome.Duplicate => new(1, 0, 0, 1, 0),
            _ => new Ledger(1, 0, 0, 0, 1),
        };
        FileTally.Count(_codes[file], code, line);
    }

    /// <summary>The whole ledger, which closes and agrees with the stages.</summary>
    /// <exception cref="TemperException">Code <c>ledger_open</c>.</exception>
    public Ledger Close()
    {
        for (var file = 0; file < _files.Length; file++)
        {
            if (_files[file].Closes && _files[file].RecordsIn == upload.Files[file].RecordsIn)
                continue;
            IngestTelemetry.Imbalance.Add(Math.Abs(upload.Files[file].RecordsIn - _files[file].RecordsIn));
            throw new TemperException("ledger_open", $"'{plan.Files[file].Path}': {upload.Files[file].RecordsIn} records were read, but the columns add up to {_files[file]}.");
        }
        var sum = _files.Aggregate(Ledger.Empty, (a, b) => a + b);
        return sum == Expected ? sum : throw new TemperException("ledger_open", $"The stages counted {Expected}, the seal {sum}.");
    }
}
