using System.Globalization;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>
/// Sorts an upload whose records are images: images by the ending of their names, captions beside them, tables of captions. An upload is one of images when
/// its configuration says so, or when it brings none and holds nothing but images and captions of theirs.
/// </summary>
internal sealed class ImageUpload(IBlobStore blobs, IReadOnlyList<UploadedFile> files, SortedUpload sorted, DatasetConfig config)
{
    private const string MapPrefix = "aspect_ratio_map-";
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);
    private readonly List<Problem> _problems = [];
    private UploadedFile? _table;

    /// <summary>Whether the records of an upload are images.</summary>
    public static bool Is(IReadOnlyList<UploadedFile> files, SortedUpload sorted, DatasetConfig config)
    {
        if (sorted.Config is not null)
            return config.Modality == Modality.Image;
        var stems = files.Where(f => IsImage(f.Path)).Select(f => Stem(f.Path)).ToHashSet(StringComparer.Ordinal);
        return stems.Count > 0 && files.All(f => IsImage(f.Path) || sorted.NotData.Contains(f.Path) || (IsSidecar(f.Path) && stems.Contains(Stem(f.Path))));
    }

    /// <summary>The images with their captions, and the configuration with what the upload itself decides.</summary>
    /// <exception cref="TemperException">Code CFG_UNSUPPORTED.</exception>
    public async Task<(SortedUpload Sorted, DatasetConfig Config)> SortAsync(CancellationToken ct)
    {
        var images = files.Where(f => IsImage(f.Path) && !sorted.NotData.Contains(f.Path)).OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        var resolved = Resolved(await MapAsync(ct).ConfigureAwait(false));
        var strategy = resolved.Image!.Captions.Strategy;
        // The CSV backend brings each caption beside its image.
        var beside = strategy == CaptionStrategy.Csv && resolved.Image.Table is null && !files.Any(f => CaptionTableFile.IsDefault(f.Path));
        var sidecars = strategy == CaptionStrategy.Textfile || beside ? files.Where(f => IsSidecar(f.Path)).ToDictionary(f => Stem(f.Path), StringComparer.Ordinal) : [];
        var table = strategy is CaptionStrategy.Csv or CaptionStrategy.Parquet && !beside ? await TableAsync(resolved, ct).ConfigureAwait(false) : null;
        var data = images.Select(f => new SourceFile(f.Path, f) { Image = new(Taken(sidecars.GetValueOrDefault(Stem(f.Path))), table?.Of(f.Path)) }).ToList();
        if (table?.Unused() is { Count: > 0 } orphans)
            data = [.. data.Append(new SourceFile(_table!.Path, _table) { Image = new(null, null) { Orphans = orphans } }).OrderBy(f => f.Path, StringComparer.Ordinal)];
        var rest = files.Where(f => !_used.Contains(f.Path) && !IsImage(f.Path) && f != sorted.Config && !sorted.NotData.Contains(f.Path)).OrderBy(f => f.Path, StringComparer.Ordinal).ToList();
        _problems.AddRange(rest.Where(f => !IsSidecar(f.Path)).Select(Unsupported));
        var unused = rest.Where(f => IsSidecar(f.Path)).Select(f => f.Path);
        return (sorted with { Data = data, NotData = [.. sorted.NotData.Concat(unused).Order(StringComparer.Ordinal)], Unreadable = _problems }, resolved);
    }

    /// <summary>A path without its ending.</summary>
    internal static string Stem(string path) => path.LastIndexOf('.') is > 0 and var dot && dot > path.LastIndexOf('/') + 1 ? path[..dot] : path;

    /// <summary>Whether a file's name is that of an image.</summary>
    internal static bool IsImage(string path) => ImageSignature.OfName(path) != ImageFormat.Unknown;

    private static bool IsSidecar(string path) => path.EndsWith(".txt", StringComparison.OrdinalIgnoreCase);

    private UploadedFile? Taken(UploadedFile? file)
    {
        if (file is not null)
            _used.Add(file.Path);
        return file;
    }

    private DatasetConfig Resolved(SortedDictionary<string, IReadOnlyList<int>>? map)
    {
        if (config.Filters.Count > 0)
            throw new TemperException([new Problem("CFG_UNSUPPORTED", "Filters by score read texts; images have none.") { File = sorted.Config?.Path, Path = "/filters", Hint = "Use minimum_image_size, minimum_aspect_ratio and their like." }]);
        var captions = config.Image?.Captions ?? new() { Strategy = files.Any(f => IsSidecar(f.Path)) ? CaptionStrategy.Textfile : CaptionStrategy.None };
        if (captions.Strategy == CaptionStrategy.Huggingface)
            throw new TemperException([new Problem("CFG_UNSUPPORTED", "caption_strategy: huggingface reads the rows of a hub's dataset; an upload has none.") { File = sorted.Config?.Path, Path = "/caption_strategy" }]);
        if (config.Split.GroupBy is { } column)
            throw new TemperException([new Problem("CFG_UNSUPPORTED", $"split.by: group:{column} reads a column of the records; images have none.") { File = sorted.Config?.Path, Path = "/split/by", Hint = "Use hash, or upload the parts as datasets of their own." }]);
        if (config.Dedup.Near is { Enabled: true, Action: NearAction.Drop })
            throw new TemperException([new Problem("CFG_UNSUPPORTED", "dedup.near.action: drop compares texts; images that look alike are reported and kept.") { File = sorted.Config?.Path, Path = "/dedup/near/action", Hint = "Leave the key out, and remove images by the report's pairs." }]);
        // Texts alone decide near-duplicates, and captions are often all the same.
        var dedup = config.Dedup with { Near = config.Dedup.Near with { Enabled = false } };
        return config with
        {
            DatasetType = config.DatasetType == DatasetType.Text ? DatasetType.Image : config.DatasetType,
            Modality = Modality.Image,
            Format = RecordFormat.Image,
            Dedup = dedup,
            Image = (config.Image ?? new()) with { Captions = captions, AspectRatioMap = map },
        };
    }

    private async Task<CaptionTableFile?> TableAsync(DatasetConfig resolved, CancellationToken ct)
    {
        var path = resolved.Image!.Table?.Path;
        var candidates = path is not null ? files.Where(f => f.Path == path).ToList() : files.Where(f => CaptionTableFile.IsDefault(f.Path)).ToList();
        if (candidates.Count != 1)
        {
            _problems.Add(new("IMG_NO_CAPTION", path is not null ? $"The table of captions '{path}' is not in the upload." : $"The upload has {candidates.Count} tables of captions; one is needed.")
            {
                File = sorted.Config?.Path,
                Path = "/parquet/path",
                Hint = "Name it: parquet: {path: captions.csv, filename_column: file_name, caption_column: caption}.",
            });
            return null;
        }
        _table = Taken(candidates[0])!;
        var found = await CaptionTableFile.ReadAsync(blobs, _table, resolved, ct).ConfigureAwait(false);
        _problems.AddRange(found.Problems);
        return found;
    }

    /// <summary>Sizes of single aspects, where the upload fixes them for the resolution.</summary>
    private async Task<SortedDictionary<string, IReadOnlyList<int>>?> MapAsync(CancellationToken ct)
    {
        var resolution = (config.Image ?? new()).Resolution;
        var file = files.FirstOrDefault(f => f.Path.StartsWith(MapPrefix, StringComparison.Ordinal) && f.Path.EndsWith(".json", StringComparison.Ordinal)
            && double.TryParse(f.Path.AsSpan()[MapPrefix.Length..^".json".Length], CultureInfo.InvariantCulture, out var said) && said == resolution);
        if (Taken(file) is null)
            return null;
        try
        {
            await using var stream = await blobs.OpenAsync(BlobKey.Parse(file!.Key), 0, 1 << 20, null, ct).ConfigureAwait(false);
            var map = await JsonSerializer.DeserializeAsync<Dictionary<string, int[]>>(stream, Core.Json.Wire.Strict, ct).ConfigureAwait(false) ?? [];
            if (map.All(e => double.TryParse(e.Key, CultureInfo.InvariantCulture, out var aspect) && aspect > 0 && e.Value is [>= 8 and <= 30_000, >= 8 and <= 30_000]))
                return new(map.ToDictionary(e => e.Key, e => (IReadOnlyList<int>)e.Value), StringComparer.Ordinal);
        }
        catch (JsonException)
        {
            // Said below, together with what is JSON and still wrong.
        }
        throw new TemperException([new Problem("CFG_BAD_VALUE", $"'{file!.Path}' is not a map of aspects to sizes in pixels.") { File = file.Path, Hint = "Write {\"1.0\": [1024, 1024], \"1.5\": [1216, 832]}." }]);
    }

    private static Problem Unsupported(UploadedFile file) => new("FILE_UNSUPPORTED", FileNames.KindOf(file.Path) is FileKind.Zip or FileKind.Tar
        ? $"'{file.Path}' is an archive; images are not read out of archives."
        : $"'{file.Path}' is neither an image nor a caption of one; the dataset is one of images.")
    {
        File = file.Path,
        Hint = FileNames.KindOf(file.Path) is FileKind.Zip or FileKind.Tar ? "Unpack it and upload the folder."
            : "Upload it as a dataset of its own, or leave it out; allow_file_errors: true seals the images without it.",
    };
}
