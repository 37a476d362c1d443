using System.Text;
using System.Text.Unicode;
using Temper.Core.Errors;

namespace Temper.Ingest;

/// <summary>What of an archive is read, and why the rest is not. A function of the archive's bytes alone.</summary>
/// <param name="Files">Entries that hold records, in the order in which they are packed.</param>
/// <param name="NotData">Paths of README, licence and hidden files.</param>
/// <param name="Problems">Entries that are refused, or why the archive is.</param>
internal sealed record ArchiveListing(IReadOnlyList<ArchiveEntry> Files, IReadOnlyList<string> NotData, IReadOnlyList<Problem> Problems)
{
    private const int MostProblems = 100;

    /// <summary>Judges the entries of an archive, each by itself and all together.</summary>
    /// <param name="path">The archive's.</param>
    /// <param name="directory">As it was read.</param>
    /// <param name="limits">How much it may hold.</param>
    public static ArchiveListing Of(string path, ArchiveDirectory directory, ArchiveLimits limits)
    {
        if (directory.Fault is { } fault)
            return new([], [], [Problem(path, fault.Code, $"'{path}': {fault.Message}")]);
        if (directory.Entries.Sum(e => (decimal)e.Entry.Size) > limits.TotalBytes)
            return new([], [], [Problem(path, "ARCHIVE_LIMIT", $"'{path}' unpacks to more than {limits.TotalBytes} bytes.")]);
        var files = directory.Entries.Where(e => !e.IsFolder || e.Refusal is not null).Select(e => (Found: e, Name: NameOf(e.Name))).ToList();
        var twins = files.Where(f => f.Name is not null).GroupBy(f => EntryNames.TwinKey(f.Name!)).Where(g => g.Count() > 1).SelectMany(g => g).Select(f => f.Found).ToHashSet(ReferenceEqualityComparer.Instance);
        var data = files.Where(f => f.Name is null || EntryNames.RefusalOf(f.Name) is not null || !IsNotData(f.Name)).ToList();
        var images = data.Where(f => f.Name is not null && EntryNames.RefusalOf(f.Name) is null && ImageUpload.IsImage(f.Name)).ToList();
        // Texts beside images are their captions, not records.
        if (MeantImages.Outnumber([.. images.Select(f => f.Name!)], data.Except(images).Select(f => f.Name ?? "")))
            return new([], [], [Images(path, images[0].Name!, images.Count, "nothing of it is read")]);
        var (kept, notData, problems) = (new List<ArchiveEntry>(), new List<string>(), new List<Problem>());
        foreach (var (found, name) in files)
        {
            var full = $"{path}!/{EntryNames.Shown(name ?? Encoding.Latin1.GetString(found.Name))}";
            if (RefusalOf(found, name, twins.Contains(found), limits) is { } reason)
                problems.Add(Problem(full, "ARCHIVE_ENTRY_REFUSED", $"'{full}' is refused: {reason}."));
            else if (IsNotData(name!))
                notData.Add(full);
            else if (IsPacked(name!))
                problems.Add(Problem(full, "ARCHIVE_NESTED", $"'{full}' is itself an archive or compressed; what is inside an archive is read as it is."));
            else if (ImageUpload.IsImage(name!))
                continue;
            else if (FileNames.KindOf(name!) is null or FileKind.Parquet)
                problems.Add(Problem(full, "FILE_UNSUPPORTED", $"'{full}' cannot be read out of an archive: it is not .jsonl, .ndjson, .json, .csv, .tsv, .txt or .md."));
            else
                kept.Add(found.Entry with { Name = name! });
        }
        if (images.Count > 0)
            problems.Add(Images(path, images[0].Name!, images.Count, "they are left out"));
        if (kept.Count + problems.Count == 0)
            notData.Add(path);
        return new(kept, notData, Few(path, problems));
    }

    private static string? NameOf(byte[] name)
    {
        if (!Utf8.IsValid(name))
            return null;
        var text = Encoding.UTF8.GetString(name);
        return text.StartsWith("./", StringComparison.Ordinal) ? text[2..] : text;
    }

    private static string? RefusalOf(FoundEntry found, string? name, bool hasTwin, ArchiveLimits limits)
    {
        var entry = found.Entry;
        if (name is null)
            return "its name is not UTF-8";
        if (EntryNames.RefusalOf(name) is { } reason)
            return reason;
        if (found.Refusal is not null)
            return found.Refusal;
        if (hasTwin)
            return "another entry has the same name, or one that differs only in case or in how its letters are composed";
        if (entry.Size > limits.EntryBytes)
            return FormattableString.Invariant($"it unpacks to {entry.Size} bytes; at most {limits.EntryBytes} are read");
        return entry.Archive == ArchiveKind.Zip && entry.Size > limits.RatioFrom && entry.Size / limits.Ratio > entry.Packed
            ? FormattableString.Invariant($"{entry.Packed} bytes unpack to {entry.Size}; at most {limits.Ratio} to 1 is expected")
            : null;
    }

    /// <summary>At the archive's root or in its first folder, where people pack such files along; and what macOS adds.</summary>
    private static bool IsNotData(string name) => name.StartsWith("__MACOSX/", StringComparison.Ordinal) || (name.Count(c => c == '/') <= 1 && FileNames.IsNotData(name[(name.LastIndexOf('/') + 1)..]));

    private static bool IsPacked(string name) => FileNames.PackingOf(name) != Packing.None || FileNames.KindOf(name) is FileKind.Zip or FileKind.Tar
        || FileNames.ExtensionOf(name) is ".7z" or ".rar" or ".bz2" or ".xz";

    private static Problem Images(string path, string first, int count, string fate) => new("FILE_UNSUPPORTED",
        FormattableString.Invariant($"'{path}' holds {count} image{(count == 1 ? "" : "s")} (such as '{EntryNames.Shown(first)}'); images are not read out of archives, {fate}."))
    {
        File = path,
        Hint = "Unpack the archive and upload the folder; a dataset of images needs a file dataset.yaml with {dataset_type: image, caption_strategy: textfile}, or csv, parquet, filename, folder or none.",
    };

    private static List<Problem> Few(string path, List<Problem> problems) => problems.Count <= MostProblems
        ? problems
        : [.. problems.Take(MostProblems), Problem(path, problems[MostProblems].Code, FormattableString.Invariant($"'{path}': {problems.Count - MostProblems} more entries are refused."))];

    private static Problem Problem(string file, string code, string message) => new(code, message) { File = file, Hint = ErrorCatalogue.Find(code)?.Remedy };
}
