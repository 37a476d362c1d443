using System.Globalization;
using Temper.Core.Datasets;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>Whether a version is sealed or rejected, and every reason at once.</summary>
/// <param name="Sealed">Whether there is no reason against it.</param>
/// <param name="Problems">Reasons first, then what is worth knowing.</param>
internal sealed record Verdict(bool Sealed, IReadOnlyList<Problem> Problems)
{
    /// <summary>Judges the counts under the configuration's limits.</summary>
    /// <param name="plan">What was asked.</param>
    /// <param name="upload">What was found.</param>
    /// <param name="found">What the stages after validation found.</param>
    /// <param name="ledger">Of the whole version.</param>
    public static Verdict Of(IngestPlan plan, ValidatedUpload upload, Findings found, Ledger ledger)
    {
        if (plan.Refused.Count > 0)
            return new(false, [.. plan.Refused, .. plan.Unreadable]);
        var config = plan.Config;
        List<Problem> reasons = [], notes = [];
        var files = config.AllowFileErrors ? notes : reasons;
        files.AddRange(plan.Unreadable);
        files.AddRange(upload.Refused.Order().Select(file => FaultOf(plan, upload.Files[file], "None of its records is accepted.")));
        reasons.AddRange(TooManyBad(plan, upload));
        if (found.Contamination is { Report: { Records: > 0 } shared } && config.Contamination.Action == ContaminationAction.Fail)
            reasons.Add(new("DATA_CONTAMINATED", $"{shared.Records} of {shared.Compared} records share {shared.Ngram} words in a row with {string.Join(", ", shared.Sets.Keys)}; contamination.action is fail.") { Path = "/contamination/action", Hint = "The report shows the pairs." });
        if (ledger.Accepted == 0)
            reasons.Add(ledger.RecordsIn == 0
                ? new("DATA_EMPTY", "The files hold no records.") { Hint = "An empty file, or one of blank lines or a header alone?" }
                : new("DATA_EMPTY", $"None of {ledger.RecordsIn} records was accepted.") { Hint = "See the quarantine for the reasons." });
        if (ledger.Accepted < config.Expect.MinRecords)
            reasons.Add(new("DATA_TOO_FEW", $"{ledger.Accepted} records were accepted; expect.min_records is {config.Expect.MinRecords}.") { Path = "/expect/min_records" });
        if (ledger.Accepted > config.Expect.MaxRecords)
            reasons.Add(new("DATA_TOO_MANY", $"{ledger.Accepted} records were accepted; expect.max_records is {config.Expect.MaxRecords}.") { Path = "/expect/max_records" });
        reasons.AddRange(TooManyNulls(plan, upload));
        reasons.AddRange(OtherLanguages(plan, upload));
        notes.AddRange(upload.Files.Where(f => f.Fault is not null && !upload.Refused.Contains(f.File)).Select(f => FaultOf(plan, f, "The records before it are accepted, as accept_partial asks.")));
        notes.AddRange(plan.NotData.Where(path => path != ListedDataset.SourcesFile).Select(path => new Problem("FILE_NOT_DATA", $"'{path}' is not data and was left out.") { File = path }));
        return new(reasons.Count == 0, [.. reasons, .. notes]);
    }

    /// <summary>Columns that are null or absent more often than expected, of all rows of the files that are trusted.</summary>
    private static IEnumerable<Problem> TooManyNulls(IngestPlan plan, ValidatedUpload upload)
    {
        var trusted = upload.Files.Where(f => !upload.Refused.Contains(f.File)).ToList();
        var rows = trusted.Sum(f => f.RecordsIn);
        return from limit in plan.Config.Expect.MaxNullFraction
               let nulls = trusted.Sum(f => f.Nulls.GetValueOrDefault(limit.Key))
               where nulls > limit.Value * rows
               select new Problem("DATA_NULLS", string.Create(CultureInfo.InvariantCulture, $"The column '{limit.Key}' is null or absent in {nulls} of {rows} rows ({100.0 * nulls / rows:0.##} %); expect.max_null_fraction is {limit.Value}."))
               {
                   Path = $"/expect/max_null_fraction/{limit.Key}",
               };
    }

    /// <summary>More records in other languages than bad ones are allowed; what cannot be told counts for none.</summary>
    private static IEnumerable<Problem> OtherLanguages(IngestPlan plan, ValidatedUpload upload)
    {
        var config = plan.Config;
        if (config.Expect.Language.Count == 0)
            yield break;
        var counts = LanguageGuess.Names.Select((name, i) => (Name: name, Count: upload.Files.Where(f => !upload.Refused.Contains(f.File)).Sum(f => f.Facts.Languages[i]))).Where(l => l.Count > 0).ToList();
        var others = counts.Where(l => l.Name != LanguageGuess.Unknown && !config.Expect.Language.Contains(l.Name)).OrderByDescending(l => l.Count).ToList();
        var (other, all) = (others.Sum(l => l.Count), counts.Sum(l => l.Count));
        if (other > config.MaxBadFraction * all)
            yield return new("DATA_LANGUAGE", string.Create(CultureInfo.InvariantCulture, $"{other} of {all} records are not in {string.Join(", ", config.Expect.Language)} but in {string.Join(", ", others.Select(l => FormattableString.Invariant($"{l.Name} ({l.Count})")))}; max_bad_fraction is {config.MaxBadFraction}."))
            {
                Path = "/expect/language",
            };
    }

    /// <summary>Limits on bad records hold for the files that are trusted; the others are their own reason.</summary>
    private static IEnumerable<Problem> TooManyBad(IngestPlan plan, ValidatedUpload upload)
    {
        var trusted = upload.Files.Where(f => !upload.Refused.Contains(f.File)).ToList();
        var (bad, all) = (trusted.Sum(f => f.Quarantined), trusted.Sum(f => f.RecordsIn));
        var config = plan.Config;
        string? limit = null;
        if (bad > 0 && config.OnBadRecord == BadRecordPolicy.Fail)
            limit = "on_bad_record is fail";
        else if (bad > config.MaxBadRecords)
            limit = $"max_bad_records is {config.MaxBadRecords}";
        else if (bad > config.MaxBadFraction * all)
            limit = string.Create(CultureInfo.InvariantCulture, $"max_bad_fraction is {config.MaxBadFraction}");
        if (limit is null)
            yield break;
        yield return new("DATA_TOO_MANY_BAD", string.Create(CultureInfo.InvariantCulture, $"{bad} of {all} records ({100.0 * bad / all:0.##} %) were quarantined; {limit}."))
        {
            Hint = "Correct them (the quarantine lists each with file, line and reason), or raise the limit in dataset.yaml.",
        };
        foreach (var group in trusted.SelectMany(f => f.Codes.Select(c => (Code: c.Key, Tally: c.Value, f.File))).Where(c => c.Code is not ("FILTERED_BY_RULE" or "REC_CORRECTED") && !ImageRules.Codes.Contains(c.Code)).GroupBy(c => c.Code).OrderBy(g => g.Key, StringComparer.Ordinal))
        {
            var (code, tally, file) = group.First();
            var count = group.Sum(c => c.Tally.Count);
            yield return new(code, $"{count} record{(count == 1 ? "" : "s")}: {ErrorCatalogue.Find(code)?.Meaning}") { File = plan.Files[file].Path, Line = tally.FirstLines[0], Hint = ErrorCatalogue.Find(code)?.Remedy };
        }
    }

    private static Problem FaultOf(IngestPlan plan, FileTally tally, string outcome) =>
        new(tally.Fault!.Code, $"'{plan.Files[tally.File].Path}': {tally.Fault.Message} {tally.RecordsIn} records were read before. {outcome}")
        {
            File = plan.Files[tally.File].Path,
            Hint = ErrorCatalogue.Find(tally.Fault.Code)?.Remedy,
        };
}
