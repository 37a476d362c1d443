using Temper.Core.Errors;
using Temper.Storage.Folder;

namespace Temper.Ingest;

/// <summary>Opens <c>type: csv</c>.</summary>
internal static class CsvKind
{
    public static readonly DataBackendKind Kind = new("csv", OpenAsync)
    {
        Keys = [new("csv_file", Required: true), new("csv_url_column"), new("csv_caption_column"), new("csv_cache_dir")],
    };

    private static Task<IDataBackend> OpenAsync(BackendRequest request, CancellationToken ct)
    {
        var (settings, services) = (request.Settings, request.Services);
        var path = Path.GetFullPath(settings.Required("csv_file"), Path.GetFullPath(services.Root));
        var folder = new LocalBackend(services.Root, Path.GetDirectoryName(path)!);
        var file = folder.Find(Path.GetFileName(path)) ?? throw new TemperException("SRC_MISSING", $"There is no CSV file '{settings.Required("csv_file")}'.");
        ct.ThrowIfCancellationRequested();
        var store = settings.Text("csv_cache_dir") is { } cache ? new FolderBlobStore(LocalPaths.Below(services.Root, cache), services.Clock) : services.Cache;
        var source = new CsvSource(folder, file, settings.Text("csv_url_column") ?? "url", settings.Text("csv_caption_column"));
        var fetcher = new SafeFetcher(new(services.Fetch), services.Clock, services.Downloads);
        return Task.FromResult<IDataBackend>(new CsvBackend(source, path, new(fetcher, store, services.Clock, services.Fetch), fetcher));
    }
}
