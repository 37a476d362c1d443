using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Cli.Transfer;

/// <summary>Brings a model from a hub to this machine. HF_ENDPOINT and HF_TOKEN say which hub and as whom, as everywhere in that ecosystem.</summary>
internal static class HubImport
{
    /// <summary>Downloads, or continues a download, into the home's folder <c>hub/</c>.</summary>
    public static async Task<HubSnapshot> FetchAsync(HubReference reference, string home, Terminal terminal, CancellationToken ct)
    {
        using var client = new HubClient(Settings(), Path.Combine(home, "hub"), TimeProvider.System);
        using var line = terminal.Progress("download");
        var snapshot = await client.FetchAsync(reference, new Shown(line), ct);
        line.Show(1, $"{Format.Bytes(snapshot.Files.Sum(file => file.Size ?? 0))} in {Format.Count(snapshot.Files.Count, "file")}");
        terminal.Note($"{reference.Repository} at {reference.Revision} is commit {snapshot.Listing.Commit}");
        return snapshot;
    }

    /// <summary>The hub of the environment.</summary>
    public static HubSettings Settings()
    {
        var text = Environment.GetEnvironmentVariable("HF_ENDPOINT");
        if (string.IsNullOrEmpty(text))
            return new(HubSettings.PublicEndpoint, Token);
        return Uri.TryCreate(text, UriKind.Absolute, out var endpoint) && endpoint.Scheme is "http" or "https" && endpoint.UserInfo.Length == 0
            ? new(endpoint, Token)
            : throw new TemperException("usage", "HF_ENDPOINT is not the address of a hub.", "Write it as https://HOST, or unset it for https://huggingface.co.");
    }

    private static string? Token => Environment.GetEnvironmentVariable("HF_TOKEN")?.Trim() is { Length: > 0 } token ? token : null;

    private sealed class Shown(ProgressLine line) : IProgress<HubProgress>
    {
        public void Report(HubProgress value) => line.Show(value.Total == 0 ? 0 : Math.Min(0.999, (double)value.Done / value.Total), $"{value.File}, {Format.Bytes(value.Done)} of {Format.Bytes(value.Total)}");
    }
}
