namespace Temper.Ingest;

/// <summary>
/// What the configuration's <c>pii</c> and <c>secrets_scan</c> do to records: findings are counted by kind, redacted before the record's id is computed,
/// or set the record aside.
/// </summary>
internal sealed class RecordScan
{
    private const int Shortest = 6;
    private readonly ScanAction[] _actions = new ScanAction[FindingKinds.Names.Length];
    private readonly TextScanner? _scanner;
    private readonly JsonScan? _json;
    private readonly ByteBuffer _redacted = new(1024);

    public RecordScan(DatasetConfig config)
    {
        foreach (var kind in Enum.GetValues<FindingKind>())
        {
            var scan = kind.IsSecret() ? config.SecretsScan : config.Pii;
            _actions[(int)kind] = scan.Kinds.Count == 0 || scan.Kinds.Contains(FindingKinds.Names[(int)kind]) ? scan.Action : ScanAction.Off;
        }
        var wanted = Enum.GetValues<FindingKind>().Where(kind => _actions[(int)kind] != ScanAction.Off).ToHashSet();
        if (wanted.Count == 0)
            return;
        _scanner = new TextScanner(wanted);
        _json = new JsonScan(_scanner);
    }

    /// <summary>Scans all texts of a draft and redacts what is to be redacted; the fault of a record that is to be set aside.</summary>
    /// <param name="draft">May change.</param>
    /// <param name="json">The line.</param>
    /// <param name="line">Its bytes.</param>
    /// <param name="number">Its number, for the places of findings.</param>
    /// <param name="facts">Counts grow.</param>
    public RecordFault? Apply(RecordDraft draft, JsonLine json, ReadOnlySpan<byte> line, long number, RecordFacts facts)
    {
        if (_scanner is null)
            return null;
        RecordFault? fault = null;
        for (var text = 0; text < draft.TextCount; text++)
        {
            if (draft.Text(text).Length < Shortest)
                continue;
            var worst = draft.Text(text).IsJson ? InJson(draft, text, number, facts) : InText(draft, text, number, facts);
            if (fault is null && worst is { } kind)
            {
                var name = FindingKinds.Names[(int)kind];
                fault = kind.IsSecret()
                    ? new("REC_SECRET", $"The record holds a secret: {name}.", json.PointerTo(draft.Text(text).Token, line))
                    : new("REC_PERSONAL", $"The record holds personal data: {name}.", json.PointerTo(draft.Text(text).Token, line));
            }
        }
        return fault;
    }

    /// <summary>Gives the first kind whose records are set aside. What a redaction uncovers is redacted, too.</summary>
    private FindingKind? InText(RecordDraft draft, int text, long number, RecordFacts facts)
    {
        FindingKind? worst = null;
        for (var (pass, changed) = (0, true); changed && pass < Redaction.MostPasses; pass++)
        {
            var bytes = draft.TextOf(text);
            var at = 0;
            changed = false;
            _redacted.Clear();
            foreach (var finding in _scanner!.Scan(bytes))
            {
                var redacts = Takes(finding.Kind, pass, number, facts, ref worst);
                if (!redacts)
                    continue;
                _redacted.Add(bytes[at..finding.Start]);
                _redacted.Add(finding.Kind.Label());
                (at, changed) = (finding.End, true);
            }
            if (!changed)
                break;
            _redacted.Add(bytes[at..]);
            draft.Replace(text, _redacted.Written);
        }
        return worst;
    }

    private FindingKind? InJson(RecordDraft draft, int text, long number, RecordFacts facts)
    {
        FindingKind? worst = null;
        var pass = 0;
        while (pass < Redaction.MostPasses && _json!.Scan(draft.TextOf(text), kind => Takes(kind, pass, number, facts, ref worst)))
        {
            draft.Replace(text, _json.Written);
            pass++;
        }
        return worst;
    }

    /// <summary>Counts a finding; later passes see again what is only reported. True when it is redacted.</summary>
    private bool Takes(FindingKind kind, int pass, long number, RecordFacts facts, ref FindingKind? worst)
    {
        var action = _actions[(int)kind];
        if (pass == 0 || action == ScanAction.Redact)
            FileTally.Count(facts.Findings, FindingKinds.Names[(int)kind], number);
        if (action == ScanAction.Quarantine)
            worst ??= kind;
        return action == ScanAction.Redact;
    }
}
