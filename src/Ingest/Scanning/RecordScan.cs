using System.Text.RegularExpressions;

namespace Temper.Ingest;

/// <summary>
/// What the configuration's <c>pii</c> and <c>secrets_scan</c> do to records: findings are counted by kind, redacted before the record's id is computed,
/// or set the record aside.
/// </summary>
internal sealed class RecordScan
{
    private const int Shortest = 6, MostNamed = 10;
    private readonly ScanAction[] _actions;
    private readonly TextScanner? _scanner;
    private readonly UserRules? _rules;
    private readonly JsonScan? _json;
    private readonly ByteBuffer _redacted = new(1024);
    private readonly List<FindingKind> _worst = [];
    private readonly List<(FindingKind Kind, string Pointer)> _aside = [];

    public RecordScan(DatasetConfig config)
    {
        _rules = UserRules.Of(config);
        _actions = new ScanAction[FindingKinds.Names.Length + (_rules?.Names.Count ?? 0)];
        Array.Fill(_actions, config.Pii.Action);
        foreach (var kind in Enum.GetValues<FindingKind>())
        {
            var scan = kind.IsSecret() ? config.SecretsScan : config.Pii;
            _actions[(int)kind] = scan.Kinds.Count == 0 || scan.Kinds.Contains(FindingKinds.Names[(int)kind]) ? scan.Action : ScanAction.Off;
        }
        var wanted = Enum.GetValues<FindingKind>().Where(kind => _actions[(int)kind] != ScanAction.Off).ToHashSet();
        if (wanted.Count == 0 && _rules is null)
            return;
        _scanner = new TextScanner(wanted, rules: _rules);
        _json = new JsonScan(_scanner);
    }

    /// <summary>Kinds that the configuration adds; null where it adds none.</summary>
    public UserRules? Rules => _rules;

    /// <summary>Scans all texts of a draft and redacts what is to be redacted; the fault of a record that is to be set aside, with all that it is set aside for.</summary>
    /// <param name="draft">May change.</param>
    /// <param name="json">The line.</param>
    /// <param name="line">Its bytes.</param>
    /// <param name="number">Its number, for the places of findings.</param>
    /// <param name="facts">Counts grow.</param>
    public RecordFault? Apply(RecordDraft draft, JsonLine json, ReadOnlySpan<byte> line, long number, RecordFacts facts)
    {
        if (_scanner is null)
            return null;
        _aside.Clear();
        try
        {
            for (var text = 0; text < draft.TextCount; text++)
            {
                if (_rules is null && draft.Text(text).Length < Shortest)
                    continue;
                _worst.Clear();
                if (draft.Text(text).IsJson)
                    InJson(draft, text, number, facts);
                else
                    InText(draft, text, number, facts);
                foreach (var kind in _worst)
                    _aside.Add((kind, json.PointerTo(draft.Text(text).Token, line)));
            }
        }
        catch (RegexMatchTimeoutException)
        {
            return new("CFG_REGEX", "A rule of pii.rules took longer than a second on this record.");
        }
        return _aside.Count == 0 ? null : Fault();
    }

    private RecordFault Fault()
    {
        var (secrets, personal) = (_aside.Any(a => a.Kind.IsSecret()), _aside.Any(a => !a.Kind.IsSecret()));
        var what = secrets && personal ? "personal data and secrets" : personal ? "personal data" : _aside.Count == 1 ? "a secret" : "secrets";
        var found = _aside.Distinct().Take(MostNamed).Select(a => _aside.Count == 1 ? _scanner!.NameOf(a.Kind) : $"{_scanner!.NameOf(a.Kind)} at {a.Pointer}");
        var more = _aside.Distinct().Count() is > MostNamed and var all ? FormattableString.Invariant($" and {all - MostNamed} more") : "";
        return new(_aside[0].Kind.IsSecret() ? "REC_SECRET" : "REC_PERSONAL", $"The record holds {what}: {string.Join(", ", found)}{more}.", _aside[0].Pointer);
    }

    /// <summary>Notes the kinds whose records are set aside. What a redaction uncovers is redacted, too.</summary>
    private void InText(RecordDraft draft, int text, long number, RecordFacts facts)
    {
        for (var (pass, changed) = (0, true); changed && pass < Redaction.MostPasses; pass++)
        {
            var bytes = draft.TextOf(text);
            var at = 0;
            changed = false;
            _redacted.Clear();
            foreach (var finding in _scanner!.Scan(bytes))
            {
                if (!Takes(finding.Kind, pass, number, facts))
                    continue;
                _redacted.Add(bytes[at..finding.Start]);
                _redacted.Add(_scanner.LabelOf(finding.Kind));
                (at, changed) = (finding.End, true);
            }
            if (!changed)
                break;
            _redacted.Add(bytes[at..]);
            draft.Replace(text, _redacted.Written);
        }
    }

    private void InJson(RecordDraft draft, int text, long number, RecordFacts facts)
    {
        var pass = 0;
        while (pass < Redaction.MostPasses && _json!.Scan(draft.TextOf(text), kind => Takes(kind, pass, number, facts)))
        {
            draft.Replace(text, _json.Written);
            pass++;
        }
    }

    /// <summary>Counts a finding; later passes see again what is only reported. True when it is redacted.</summary>
    private bool Takes(FindingKind kind, int pass, long number, RecordFacts facts)
    {
        var action = _actions[(int)kind];
        if (pass == 0 || action == ScanAction.Redact)
            FileTally.Count(facts.Findings, _scanner!.NameOf(kind), number);
        if (action == ScanAction.Quarantine && !_worst.Contains(kind))
            _worst.Add(kind);
        return action == ScanAction.Redact;
    }
}
