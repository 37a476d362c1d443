using System.Text.Json;
using Microsoft.Extensions.Logging;
using Temper.Cli.Output;
using Temper.Cli.Transfer;
using Temper.Core.Errors;
using Temper.Core.Files;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.Registry;

namespace Temper.Cli.Hosting;

/// <summary>
/// Uploads what is dropped into a folder: <c>DIR/NAME.jsonl</c> into dataset NAME, a folder <c>DIR/NAME/</c> as one upload into NAME. A thing is
/// taken when it has not changed for two looks; nothing in the folder is ever changed or deleted.
/// </summary>
internal sealed class FolderWatch(string folder, WorkerSettings settings, HomeFolder home, ILogger<FolderWatch> log, TimeProvider clock)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);
    private readonly string _memory = Path.Combine(home.Path, "watched.json");
    private readonly Dictionary<string, string> _before = [];
    private string? _trouble;

    public async Task RunAsync(CancellationToken ct)
    {
        Directory.CreateDirectory(folder);
        var sent = File.Exists(_memory) ? JsonSerializer.Deserialize<Dictionary<string, string>>(await File.ReadAllTextAsync(_memory, ct), Wire.Json)! : [];
        using var registry = new RegistryClient(settings.Registry, settings.ApiKey, TimeSpan.FromSeconds(30), clock);
        while (!ct.IsCancellationRequested)
        {
            try
            {
                await LookAsync(registry, sent, ct);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // What cannot be read now, or went away during the look, is looked at again; the others must not wait for it for ever.
                if (_trouble != e.Message)
                    log.LogWarning("{Folder} cannot be looked through: {Message}", folder, _trouble = e.Message);
            }
            await Task.Delay(Look, clock, ct).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task LookAsync(RegistryClient registry, Dictionary<string, string> sent, CancellationToken ct)
    {
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos().Where(Wanted).OrderBy(e => e.Name, StringComparer.Ordinal))
        {
            var state = State(entry);
            if (_before.TryGetValue(entry.FullName, out var last) && last == state && sent.GetValueOrDefault(entry.FullName) != state && await SendAsync(registry, entry, ct))
            {
                sent[entry.FullName] = state;
                Remember(sent);
            }
            _before[entry.FullName] = state;
        }
    }

    private static bool Wanted(FileSystemInfo entry) => !entry.Name.StartsWith('.') && entry.LinkTarget is null && !entry.Name.EndsWith(".part", StringComparison.Ordinal) && !entry.Name.EndsWith(".tmp", StringComparison.Ordinal);

    /// <summary>Sizes and times of all that would be sent.</summary>
    private static string State(FileSystemInfo entry)
    {
        var files = entry is DirectoryInfo directory ? FolderFiles.Of(directory.FullName).OfType<FileInfo>() : [(FileInfo)entry];
        return Digest.OfText(string.Join('\n', files.Select(f => FormattableString.Invariant($"{f.FullName} {f.Length} {f.LastWriteTimeUtc.Ticks}")).Order(StringComparer.Ordinal))).Hex;
    }

    private async Task<bool> SendAsync(RegistryClient registry, FileSystemInfo entry, CancellationToken ct)
    {
        var stem = entry is FileInfo ? entry.Name.Split('.')[0].ToLowerInvariant() : entry.Name.ToLowerInvariant();
        if (!ResourceName.TryParse(stem, out var dataset))
        {
            log.LogWarning("{Name} is not sent: '{Stem}' is not a dataset name", entry.Name, stem);
            return true;
        }
        try
        {
            var terminal = new Terminal(json: false, quiet: true);
            var selection = UploadSelection.Of(entry.FullName, terminal);
            if (selection.LeftOut.Count > 0)
                log.LogWarning("Of {Name} is not sent: {LeftOut}", entry.Name, selection.Summary);
            var receipt = await new Uploader(registry, terminal).SendAsync(UploadKind.Dataset, dataset, selection.Files, ct);
            log.LogInformation("{Name} is uploaded to {Dataset}: {Work}", entry.Name, dataset, receipt.Work);
            return true;
        }
        catch (TemperException e) when (e.Kind is not ErrorKind.Environment)
        {
            log.LogWarning("{Name} is not sent: {Message}", entry.Name, e.Message);
            return true;
        }
        catch (Exception e) when (e is TemperException or IOException or UnauthorizedAccessException)
        {
            log.LogWarning("{Name} is tried again: {Message}", entry.Name, e.Message);
            return false;
        }
    }

    private void Remember(Dictionary<string, string> sent) => DurableFile.Write(_memory, JsonSerializer.SerializeToUtf8Bytes(sent, Wire.Pretty));
}
