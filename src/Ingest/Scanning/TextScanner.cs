using System.Buffers;

namespace Temper.Ingest;

/// <summary>
/// Finds personal data and secrets in UTF-8 text, in one pass: it stops only at bytes that every shape must have, and looks around them. Findings do not
/// overlap and come in order.
/// </summary>
/// <param name="wanted">Kinds that are looked for.</param>
/// <param name="eager">Whether doubtful secrets count: for what people are shown, where hiding too much does no harm.</param>
/// <param name="rules">Kinds that a configuration adds; all are looked for.</param>
internal sealed class TextScanner(IReadOnlySet<FindingKind> wanted, bool eager = false, UserRules? rules = null)
{
    private static readonly SearchValues<byte> Triggers = SearchValues.Create("@0123456789:=-_AJG"u8);
    private readonly bool[] _wanted = [.. Enum.GetValues<FindingKind>().Select(wanted.Contains)];
    private readonly List<Finding> _byRules = [];
    private Finding[] _found = new Finding[8];
    private int _count;

    /// <summary>Everything that is found; valid until the next call.</summary>
    public ReadOnlySpan<Finding> Scan(ReadOnlySpan<byte> text)
    {
        _count = 0;
        var floor = 0;
        for (var at = 0; at < text.Length;)
        {
            var step = text[at..].IndexOfAny(Triggers);
            if (step < 0)
                break;
            at += step;
            var found = Look(text, at, floor, out var next);
            if (found is { } finding)
            {
                floor = finding.End;
                next = Math.Max(next, finding.End);
                Add(finding);
            }
            at = next;
        }
        if (rules is not null)
            AddRules(text, rules);
        return _found.AsSpan(0, _count);
    }

    /// <summary>What stands in for a finding of a kind.</summary>
    public ReadOnlySpan<byte> LabelOf(FindingKind kind) => (int)kind < FindingKinds.Names.Length ? kind.Label() : rules!.Label((int)kind - FindingKinds.Names.Length);

    /// <summary>The name of a kind, built in or added.</summary>
    public string NameOf(FindingKind kind) => (int)kind < FindingKinds.Names.Length ? FindingKinds.Names[(int)kind] : rules!.Names[(int)kind - FindingKinds.Names.Length];

    /// <summary>Whether a kind is looked for.</summary>
    public bool Wants(FindingKind kind) => _wanted[(int)kind];

    private Finding? Look(ReadOnlySpan<byte> text, int at, int floor, out int next)
    {
        next = at + 1;
        switch (text[at])
        {
            case (byte)'@':
                return AddressShapes.UserInfo(text, at, floor) ?? AddressShapes.Email(text, at, floor);
            case (byte)':':
                return AssignedSecrets.At(text, at, floor, eager) ?? AddressShapes.Ipv6(text, at, floor);
            case (byte)'=':
                return AssignedSecrets.At(text, at, floor, eager);
            case (byte)'-':
                return KeyShapes.PrivateKey(text, at) ?? KeyShapes.Prefixed(text, at, floor, eager);
            case (byte)'_':
                return KeyShapes.Prefixed(text, at, floor, eager);
            case (byte)'A':
                return KeyShapes.CloudKey(text, at);
            case (byte)'J':
                return KeyShapes.Jwt(text, at, floor);
            case (byte)'G':
                return KeyShapes.SendGrid(text, at, floor);
            default:
                return NumberShapes.At(text, at, floor, out next);
        }
    }

    /// <summary>Findings that overlap become one, of the built-in kind where there is one: nothing of either must be left.</summary>
    private void AddRules(ReadOnlySpan<byte> text, UserRules rules)
    {
        _byRules.Clear();
        rules.Find(text, _byRules);
        if (_byRules.Count == 0)
            return;
        _byRules.AddRange(_found.AsSpan(0, _count));
        _byRules.Sort((a, b) => (a.Start, -a.Length, a.Kind).CompareTo((b.Start, -b.Length, b.Kind)));
        _count = 0;
        foreach (var finding in _byRules)
        {
            if (_count > 0 && finding.Start < _found[_count - 1].End)
            {
                ref var last = ref _found[_count - 1];
                last = new(finding.Kind < last.Kind ? finding.Kind : last.Kind, last.Start, Math.Max(last.End, finding.End) - last.Start);
                continue;
            }
            if (_count == _found.Length)
                Array.Resize(ref _found, _count * 2);
            _found[_count++] = finding;
        }
    }

    private void Add(Finding finding)
    {
        if (!_wanted[(int)finding.Kind])
            return;
        if (_count == _found.Length)
            Array.Resize(ref _found, _count * 2);
        _found[_count++] = finding;
    }
}
