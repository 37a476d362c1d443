using System.Text;
using System.Text.Json;
using Temper.Core.Datasets;
using Temper.Core.Json;

namespace Temper.Ingest;

/// <summary>Scans captions as other records' texts are scanned: for personal data and secrets, and for what is counted about sound records. One thread at a time.</summary>
internal sealed class CaptionScan(DatasetConfig config)
{
    /// <summary>Place of the first caption among the tokens of <c>{"captions":[…]}</c>.</summary>
    private const int First = 3;

    private readonly JsonLine _json = new();
    private readonly RecordDraft _draft = new();
    private readonly RecordScan _scan = new(config);
    private readonly RecordMeasure _measure = new();

    /// <summary>What was read last, redacted where the configuration says so.</summary>
    public IReadOnlyList<string> Captions
    {
        get
        {
            var captions = new List<string>(_draft.Count);
            foreach (ref readonly var turn in _draft.Turns)
                captions.Add(Encoding.UTF8.GetString(_draft.TextOf(turn)));
            return captions;
        }
    }

    /// <summary>Reads an image's captions; why the record is set aside, or null.</summary>
    public RecordFault? Read(IReadOnlyList<string> captions, RecordFacts facts)
    {
        var line = JsonSerializer.SerializeToUtf8Bytes(new { captions }, Wire.Json);
        _draft.Begin(RecordKind.Image);
        if (_json.Read(line) is { } fault)
            return fault;
        for (var i = 0; i < captions.Count; i++)
        {
            _draft.Open(Role.Assistant, First + i);
            _draft.Add(line, _json.Tokens[First + i]);
        }
        return _scan.Apply(_draft, _json, line, 1, facts);
    }

    /// <summary>Counts what was read last as a sound record.</summary>
    public void Count(RecordFacts facts) => _measure.Add(_draft, facts);
}
