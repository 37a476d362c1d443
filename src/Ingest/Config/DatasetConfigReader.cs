using System.Text.Json;
using Temper.Core.Ids;

namespace Temper.Ingest;

/// <summary>From a dataset's mapping, held against the table of keys before, to what its pipeline reads. What two keys say together is checked here.</summary>
/// <param name="section">The mapping.</param>
/// <param name="type">Its type.</param>
/// <param name="scores">Names that <c>filters</c> may use.</param>
/// <param name="bare">Whether it stands in a bare list, as SimpleTuner writes them.</param>
internal sealed class DatasetConfigReader(ConfigSection section, DatasetType type, IReadOnlyCollection<string> scores, bool bare = false)
{
    /// <summary>Formats that are known, and not built yet.</summary>

    /// <summary>Every value; problems are collected.</summary>
    public DatasetConfig Read()
    {
        var defaults = new DatasetConfig();
        var modality = DatasetTypes.ModalityOf(section, type, bare);
        return new()
        {
            Id = Id(),
            DatasetType = type,
            Modality = modality,
            Format = section.Word("format", RecordFormat.Auto),
            Columns = Columns(),
            Roles = Roles(),
            MaxLineBytes = section.Small("max_line_bytes") ?? defaults.MaxLineBytes,
            MaxBadFraction = section.Number("max_bad_fraction") ?? defaults.MaxBadFraction,
            MaxBadRecords = section.Whole("max_bad_records"),
            OnBadRecord = section.Word("on_bad_record", defaults.OnBadRecord),
            Dedup = Dedup(section.Section("dedup"), defaults.Dedup),
            EmbeddingModel = section.Section("embedding")?.Text("model"),
            Expect = Expect(section.Section("expect")),
            AllowFileErrors = section.Flag("allow_file_errors", false),
            AcceptPartial = section.Flag("accept_partial", false),
            Filters = Filters(),
            Pii = PersonalData(defaults.Pii),
            SecretsScan = Scan("secrets_scan", defaults.SecretsScan),
            Contamination = Contamination(section.Section("contamination"), defaults.Contamination),
            Split = new SplitReader(section).Read(),
            DedupAgainst = section.Texts("dedup_against"),
            MaxSamples = section.Whole("max_num_samples"),
            TextUnit = section.Word("text_unit", defaults.TextUnit),
            PreviewModel = section.Section("preview")?.Text("model"),
            Image = modality == Modality.Text ? null : new ImageConfigReader(section).Read(),
            Video = modality == Modality.Video ? ImageConfigReader.Video(section) : null,
        };
    }

    private string? Id()
    {
        var id = section.Text("id");
        return id is not null && ResourceName.TryParse(id, out _) ? id : null;
    }

    private SortedDictionary<string, string> Columns()
    {
        var columns = section.Names("columns");
        foreach (var unknown in columns.Keys.Where(c => !FieldNames.All.Contains(c)))
            section.Log.Add("CFG_UNKNOWN_KEY", Member("columns", unknown), $"no format has a field '{unknown}'.", Nearest.Hint(unknown, [.. FieldNames.All]));
        return columns;
    }

    private SortedDictionary<string, string> Roles()
    {
        var roles = section.Names("roles");
        foreach (var (from, to) in roles.Where(r => RoleNames.Find(r.Value) is null))
            section.Log.Add("CFG_BAD_VALUE", Member("roles", from), $"'{to}' is not a role.", Nearest.Hint(to, RoleNames.All));
        return roles;
    }

    private ConfigNode Member(string key, string name) => ((ConfigNode.Map)section.Find(key)!).Members.First(m => m.Key == name).Value;

    private static DedupConfig Dedup(ConfigSection? dedup, DedupConfig defaults)
    {
        if (dedup?.Section("near") is not { } near)
            return defaults with { Exact = dedup?.Flag("exact", true) ?? true };
        var read = new NearConfig(near.Flag("enabled", true), near.Number("threshold") ?? defaults.Near.Threshold, near.Word("action", defaults.Near.Action),
            near.Small("ngram") ?? defaults.Near.Ngram, near.Small("bands") ?? defaults.Near.Bands, near.Small("rows") ?? defaults.Near.Rows, near.Word("scope", defaults.Near.Scope));
        if (read.Scope == NearScope.Job)
            near.Add("CFG_UNSUPPORTED", "scope", "scope: job is not supported: copies are found within one dataset.", "Put the datasets into one, or use contamination.");
        if ((long)read.Bands * read.Rows > 1024)
            near.Add("CFG_BAD_VALUE", "bands", $"bands times rows is {read.Bands * read.Rows}; the signature has at most 1024 values.", "Lower one of them.");
        return new(dedup.Flag("exact", true), read);
    }

    private ScanConfig Scan(string key, ScanConfig defaults) =>
        section.Section(key) is { } scan ? new(scan.Word("action", defaults.Action), scan.Texts("kinds")) : defaults;

    private ScanConfig PersonalData(ScanConfig defaults)
    {
        if (section.Section("pii") is not { } scan || scan.Names("rules") is not { Count: > 0 } rules)
            return Scan("pii", defaults);
        foreach (var name in rules.Keys.Where(name => !ScanKinds.IsName(name) || FindingKinds.Names.Contains(name)))
            scan.Add("CFG_BAD_VALUE", "rules", FindingKinds.Names.Contains(name) ? $"'{name}' is a kind that is looked for anyhow." : $"'{name}' is no name of a rule.", "Use 1 to 32 of a-z, 0-9 and '_', beginning with a letter.");
        if (rules.Count > UserRules.Most)
            scan.Add("CFG_BAD_VALUE", "rules", $"there are {rules.Count} rules; {UserRules.Most} are taken.");
        else
            UserRules.Of(rules, (name, reason) => scan.Add("CFG_REGEX", "rules", $"rule '{name}' cannot be used: {reason}.", "Expressions are matched without backtracking: leave out lookarounds and backreferences."));
        return Scan("pii", defaults) with { Rules = rules };
    }

    private static ContaminationConfig Contamination(ConfigSection? read, ContaminationConfig defaults) =>
        read is null ? defaults : new(read.Texts("against"), read.Small("ngram") ?? defaults.Ngram, read.Word("action", defaults.Action));

    private static ExpectConfig Expect(ConfigSection? expect)
    {
        if (expect is null)
            return new();
        var read = new ExpectConfig
        {
            MinRecords = expect.Whole("min_records"),
            MaxRecords = expect.Whole("max_records"),
            Schema = expect.Find("schema") is { } schema ? ConfigJson.Of(schema) : null,
            MaxNullFraction = expect.Numbers("max_null_fraction"),
            Language = expect.Texts("language"),
        };
        if (read.Schema is { ValueKind: not JsonValueKind.Object })
            expect.Add("CFG_WRONG_TYPE", "schema", $"'schema' must be a mapping; found {expect.Find("schema")!.Kind}.");
        else if (read.Schema is { } rows)
            RowSchema.Of(rows, (code, pointer, reason) => expect.Add(code, "schema", $"'schema{pointer}' cannot be used: {reason}."));
        if (read.MinRecords > read.MaxRecords)
            expect.Add("CFG_BAD_VALUE", "min_records", $"min_records is {read.MinRecords}, but max_records is {read.MaxRecords}.");
        return read;
    }

    private List<FilterRule> Filters()
    {
        var rules = new List<FilterRule>();
        if (section.Section("filters") is not { } filters)
            return rules;
        foreach (var (name, value) in filters.Map.Members.OrderBy(m => m.Key, StringComparer.Ordinal))
        {
            if (!scores.Contains(name))
                section.Log.Add("CFG_UNKNOWN_KEY", value, $"there is no score '{name}'.", Nearest.Hint(name, [.. scores]));
            else if (filters.Section(name) is { } bounds)
                rules.Add(new(name, bounds.Number("min"), bounds.Number("max")));
        }
        return rules;
    }
}
