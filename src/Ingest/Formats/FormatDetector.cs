using System.Globalization;
using Temper.Core.Blobs;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Finds the format of an upload from its first 1,000 records that fit any; 99 of 100 must agree on exactly one.</summary>
internal sealed class FormatDetector(IBlobStore blobs, IReadOnlyList<SourceFile> files, DatasetConfig config)
{
    private const int Rows = 1000;
    private const int MostLines = 100_000;
    private const double Agreement = 0.99;
    private const int Examples = 3;
    private static readonly RecordFormat[] Formats = AnyFormat.Formats;

    private readonly FormatReader[] _readers = [.. Formats.Select(f => FormatReader.For(f, config))];
    private readonly long[] _fits = new long[Formats.Length];
    private readonly List<CodePlace>[] _first = [.. Formats.Select(_ => new List<CodePlace>())];
    private readonly List<CsvHeader> _headers = [];
    private readonly JsonLine _json = new();
    private CodePlace? _firstObject;
    private long _rows, _lines;

    /// <summary>The format.</summary>
    /// <exception cref="TemperException">Codes <c>FMT_AMBIGUOUS</c>, with every candidate and its first line, and <c>FMT_UNKNOWN</c>.</exception>
    public async Task<RecordFormat> FindAsync(CancellationToken ct)
    {
        await using var opener = new RowOpener(blobs, config);
        foreach (var file in files)
        {
            await using var rows = await opener.OpenAsync(file, 0, 0, ct).ConfigureAwait(false);
            await LookAsync(file.Path, rows, ct).ConfigureAwait(false);
            if (_rows >= Rows || _lines >= MostLines)
                break;
        }
        // Where no line holds an object, every record will be set aside for its own reason, whatever the format.
        if (_firstObject is null)
            return FormatOfHeaders();
        var agreed = Formats.Where((_, i) => _rows > 0 && _fits[i] >= Agreement * _rows).ToList();
        return agreed.Count == 1 ? agreed[0] : throw Undecided();
    }

    /// <summary>Of tables without a sound row, the format that their headers promise; where they promise none or several, one that blames no header.</summary>
    private RecordFormat FormatOfHeaders()
    {
        var fitting = Formats.Where((_, i) => _headers.TrueForAll(header => header.Fits(_readers[i]))).ToList();
        return _headers.Count == 0 ? RecordFormat.Messages : fitting.Count == 1 ? fitting[0] : RecordFormat.AutoPerRecord;
    }

    private async Task LookAsync(string file, RowFeed lines, CancellationToken ct)
    {
        if (lines.Header is { } header)
            _headers.Add(header);
        do
        {
            while (lines.TryRead(out var line))
            {
                if (_rows >= Rows || ++_lines >= MostLines)
                    return;
                if (!line.TooLong && line.Fault is null && !line.Bytes.IsEmpty)
                    Look(file, line);
            }
        } while (await lines.FillAsync(ct).ConfigureAwait(false));
    }

    private void Look(string file, in Line line)
    {
        if (_json.Read(line.Bytes) is not null || JsonSpace.NoObject(_json) is not null)
            return;
        _firstObject ??= new(file, line.Number);
        var any = false;
        for (var i = 0; i < _readers.Length; i++)
        {
            if (!_readers[i].Fits(_json, line.Bytes))
                continue;
            any = true;
            _fits[i]++;
            if (_first[i].Count < Examples)
                _first[i].Add(new(file, line.Number));
        }
        _rows += any ? 1 : 0;
    }

    private TemperException Undecided()
    {
        if (_rows == 0)
        {
            return new([new Problem("FMT_UNKNOWN", $"The records fit none of the formats; the first one is line {_firstObject!.Line} of {_firstObject.File}.")
            {
                File = _firstObject.File,
                Line = _firstObject.Line,
                Hint = "messages needs a list `messages`, text `text`, prompt_completion `prompt` and `completion`, instruction `instruction` and `output`, input_output `input` and `output` or `segments`, sharegpt `conversations`, preference `chosen` and `rejected` or OpenAI's `input`, `preferred_output` and `non_preferred_output`, kto `label` beside a completion; other names are mapped under `columns`.",
            }]);
        }
        return new([.. Formats.Select((format, i) => (Format: format, Fits: _fits[i], First: _first[i])).Where(c => c.Fits > 0).OrderByDescending(c => c.Fits).Select(c =>
            new Problem("FMT_AMBIGUOUS", string.Create(CultureInfo.InvariantCulture, $"{c.Fits} of the first {_rows} records fit {AnyFormat.NameOf(c.Format)}, such as {Lines(c.First)}; one format alone must fit {Agreement:P0}."))
            {
                File = c.First[0].File,
                Line = c.First[0].Line,
                Value = AnyFormat.NameOf(c.Format),
                Hint = "Name the format in dataset.yaml (auto_per_record where each record has its own), or upload each format by itself.",
            })]);
    }

    private static string Lines(List<CodePlace> places) => places.Count == 1
        ? string.Create(CultureInfo.InvariantCulture, $"line {places[0].Line} of {places[0].File}")
        : $"lines {string.Join(", ", places.Where(p => p.File == places[0].File).Select(p => p.Line.ToString(CultureInfo.InvariantCulture)))} of {places[0].File}";
}
