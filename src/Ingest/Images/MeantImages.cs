using Temper.Core.Errors;
using Temper.Core.Work;

namespace Temper.Ingest;

/// <summary>
/// Uploads whose images nobody asked for. Where images outnumber the other files, they are what the upload is about, and it is not read as text;
/// where they are fewer, they are one error for all of them. Both say what makes a dataset of images.
/// </summary>
internal static class MeantImages
{
    /// <summary>Throws where an upload without a configuration is one of images that does not say what its other files are.</summary>
    /// <exception cref="TemperException">Code <c>FMT_IMAGES</c>.</exception>
    public static void Check(IReadOnlyList<UploadedFile> files, SortedUpload sorted)
    {
        if (sorted.Config is not null)
            return;
        var images = files.Where(f => ImageUpload.IsImage(f.Path)).ToList();
        if (!Outnumber([.. images.Select(f => f.Path)], sorted.Data.Select(f => f.Path)))
            return;
        var rest = sorted.Data.Select(f => f.Path).Concat(sorted.Unreadable.Select(p => p.File!).Where(path => !ImageUpload.IsImage(path))).Order(StringComparer.Ordinal).ToList();
        throw new TemperException([new Problem("FMT_IMAGES", $"The upload holds {Counted(images.Count, "image")} (such as '{images[0].Path}') and {Counted(rest.Count, "other file")} (such as '{rest[0]}'), and no configuration says what they are.")
        {
            File = images[0].Path,
            Hint = $"Add a file dataset.yaml with: {Configuration(files)}; or leave the images out.",
        }]);
    }

    /// <summary>The same problems with those of images as one.</summary>
    /// <param name="problems">Of files that cannot be read.</param>
    /// <param name="files">All that were uploaded.</param>
    public static IReadOnlyList<Problem> AsOne(IReadOnlyList<Problem> problems, IReadOnlyList<UploadedFile> files)
    {
        var images = problems.Where(p => p.File is { } path && ImageUpload.IsImage(path)).ToList();
        if (images.Count == 0)
            return problems;
        var one = new Problem("FILE_UNSUPPORTED", $"'{images[0].File}'{(images.Count > 1 ? $" and {Counted(images.Count - 1, "more image")} are" : " is")} not data of a dataset of text.")
        {
            File = images[0].File,
            Hint = $"Leave them out, or upload them as a dataset of their own, with a file dataset.yaml: {Configuration(files)}; allow_file_errors: true seals the other files without them.",
        };
        return [.. problems.Except(images), one];
    }

    /// <summary>The configuration that fits what lies beside the images.</summary>
    public static string Configuration(IReadOnlyList<UploadedFile> files)
    {
        var table = files.FirstOrDefault(f => CaptionTableFile.IsDefault(f.Path))?.Path ?? files.FirstOrDefault(f => FileNames.KindOf(f.Path) is FileKind.CommaTable or FileKind.Parquet or FileKind.Lines)?.Path;
        if (files.Any(f => f.Path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase)))
            return "{dataset_type: image, caption_strategy: textfile}";
        if (table is null)
            return "{dataset_type: image, caption_strategy: none}";
        var strategy = FileNames.KindOf(table) == FileKind.Parquet ? "parquet" : "csv";
        return CaptionTableFile.IsDefault(table) ? $"{{dataset_type: image, caption_strategy: {strategy}}}"
            : $"{{dataset_type: image, caption_strategy: {strategy}, parquet: {{path: {table}, filename_column: file_name, caption_column: caption}}}}";
    }

    /// <summary>Whether there are more images than other files that could be data; captions of theirs and tables of captions count for neither.</summary>
    /// <param name="images">Paths.</param>
    /// <param name="data">Paths of what is no image.</param>
    public static bool Outnumber(IReadOnlyCollection<string> images, IEnumerable<string> data)
    {
        var stems = images.Select(ImageUpload.Stem).ToHashSet(StringComparer.Ordinal);
        return images.Count > data.Count(path => !CaptionTableFile.IsDefault(path) && !(path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase) && stems.Contains(ImageUpload.Stem(path))));
    }

    private static string Counted(int count, string what) => FormattableString.Invariant($"{count} {what}{(count == 1 ? "" : "s")}");
}
