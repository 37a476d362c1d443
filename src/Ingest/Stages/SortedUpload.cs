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
    /// <summary>Sorts an upload by the names of its files.</summary>
    /// <exception cref="TemperException">Code <c>CFG_SEVERAL</c> when it brings more than one configuration.</exception>
    public static SortedUpload Of(IReadOnlyList<UploadedFile> files)
    {
        var configs = files.Where(f => DatasetManifest.ConfigNames.Contains(f.Path)).ToList();
        if (configs.Count > 1)
            throw new TemperException([.. configs.Select(f => new Problem("CFG_SEVERAL", $"The upload has {configs.Count} configurations; '{f.Path}' is one of them.") { File = f.Path, Hint = "Keep one." })]);
        var rest = files.Except(configs).OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        var notData = rest.Where(f => IsNotData(f.Path)).Select(f => f.Path).ToList();
        var candidates = rest.Where(f => !IsNotData(f.Path)).ToLookup(f => FileNames.KindOf(f.Path) is not null);
        return new([.. candidates[true].Select(f => new SourceFile(f.Path, f))], configs.FirstOrDefault(), notData, [.. candidates[false].Select(Unsupported)]);
    }

    private static bool IsNotData(string path) => !path.Contains('/', StringComparison.Ordinal) && FileNames.IsNotData(path);

    private static Problem Unsupported(UploadedFile file) => new("FILE_UNSUPPORTED", $"'{file.Path}' is not {FileNames.Readable}.")
    {
        File = file.Path,
        Hint = ErrorCatalogue.Find("FILE_UNSUPPORTED")!.Remedy,
    };
}
