using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>The files of an upload by what they are for.</summary>
/// <param name="Data">Hold records, in ordinal order of their paths.</param>
/// <param name="Config">The dataset's configuration, if it brings one.</param>
/// <param name="NotData">README, licence and hidden files at the root: listed, never silently dropped.</param>
/// <param name="Unreadable">Files of other kinds, each with its reason.</param>
internal sealed record SortedUpload(IReadOnlyList<SourceFile> Data, UploadedFile? Config, IReadOnlyList<string> NotData, IReadOnlyList<Problem> Unreadable)
{
    private static readonly string[] DataExtensions = [".jsonl", ".ndjson", ".json", ""];

    /// <summary>Sorts an upload by the names of its files.</summary>
    /// <exception cref="TemperException">Code <c>CFG_SEVERAL</c> when it brings more than one configuration.</exception>
    public static SortedUpload Of(IReadOnlyList<UploadedFile> files)
    {
        var configs = files.Where(f => DatasetManifest.ConfigNames.Contains(f.Path)).ToList();
        if (configs.Count > 1)
            throw new TemperException([.. configs.Select(f => new Problem("CFG_SEVERAL", $"The upload has {configs.Count} configurations; '{f.Path}' is one of them.") { File = f.Path, Hint = "Keep one." })]);
        var rest = files.Except(configs).OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        var notData = rest.Where(f => IsNotData(f.Path)).Select(f => f.Path).ToList();
        var candidates = rest.Where(f => !IsNotData(f.Path)).ToLookup(f => DataExtensions.Contains(Extension(f.Path)) || ParquetRows.IsCalled(f.Path));
        return new([.. candidates[true].Select(f => new SourceFile(f.Path, f))], configs.FirstOrDefault(), notData, [.. candidates[false].Select(Unsupported)]);
    }

    private static bool IsNotData(string path) => !path.Contains('/', StringComparison.Ordinal)
        && (path[0] == '.' || path.StartsWith("README", StringComparison.OrdinalIgnoreCase) || path.StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase) || path.StartsWith("LICENCE", StringComparison.OrdinalIgnoreCase));

    private static string Extension(string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..].ToLowerInvariant();
        name = name.EndsWith(".gz", StringComparison.Ordinal) ? name[..^3] : name;
        return name.LastIndexOf('.') is > 0 and var dot ? name[dot..] : "";
    }

    private static Problem Unsupported(UploadedFile file) => new("FILE_UNSUPPORTED", $"'{file.Path}' is not .jsonl, .ndjson or .json (each may be .gz), nor .parquet.")
    {
        File = file.Path,
        Hint = ErrorCatalogue.Find("FILE_UNSUPPORTED")!.Remedy,
    };
}
