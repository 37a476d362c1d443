using System.Text;
using System.Text.Json;
using Temper.Core.Errors;
using Temper.Models;

namespace Temper.Ingest;

/// <summary>Opens <c>type: huggingface</c>: resolves the revision to a commit, lists its files, and finds those of the split.</summary>
internal static class HubSource
{
    public static readonly DataBackendKind Kind = new("huggingface", OpenAsync)
    {
        Aliases = ["hf"],
        Keys =
        [
            new("dataset_name", Required: true), new("name"), new("config"), new("revision"), new("split"), new("data_files"), new("columns"), new("filters"),
            new("streaming", BackendKeyKind.Flag), new("huggingface"), new("token", BackendKeyKind.Secret),
        ],
    };

    /// <summary>The hub's errors as those of a source, with the same words.</summary>
    public static TemperException Translate(TemperException error) => error.Code switch
    {
        "hub_not_found" => As("SRC_MISSING", error),
        "hub_file_changed" or "hub_hash_mismatch" => As("SRC_CHANGED", error),
        "hub_unauthorised" or "hub_gated" => As("permission_denied", error),
        "hub_unreachable" or "hub_rate_limited" => As("storage_unavailable", error),
        _ => error,
    };

    private static async Task<IDataBackend> OpenAsync(BackendRequest request, CancellationToken ct)
    {
        var (settings, services) = (request.Settings, request.Services);
        var query = HubQuery.Of(settings);
        var dataFiles = settings.Json("data_files") is { } patterns ? HubQuery.Texts(patterns, "data_files") : null;
        var token = await settings.SecretAsync("token", services.Secrets, ct);
        var client = new HubDatasets(token is null ? services.Hub : services.Hub with { Token = token }, services.Clock);
        try
        {
            var revision = settings.Text("revision") is { Length: > 0 } named ? named : "main";
            var listing = await client.ListAsync(HubReference.Parse($"{settings.Required("dataset_name")}@{revision}"), ct);
            var card = dataFiles is null ? await CardAsync(client, listing, ct) : [];
            // A mapping of shares is ours, not the repository's.
            var split = settings.Json("split") is { ValueKind: JsonValueKind.String } name ? name.GetString() : null;
            return new HubBackend(client, listing, new HubSplits(listing, card).Select(settings.Text("name") ?? settings.Text("config"), split, dataFiles), query);
        }
        catch (TemperException error)
        {
            client.Dispose();
            throw Translate(error);
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    private static async Task<IReadOnlyList<HubCardConfig>> CardAsync(HubDatasets client, HubListing listing, CancellationToken ct)
    {
        if (listing.Files.FirstOrDefault(file => file.Path == "README.md") is not { Size: > 0 and <= HubCard.MostBytes } readme)
            return [];
        await using var stream = await client.OpenAsync(listing, readme, 0, null, ct);
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, ct);
        return HubCard.Read(Encoding.UTF8.GetString(bytes.GetBuffer(), 0, (int)bytes.Length));
    }

    private static TemperException As(string code, TemperException error) => new([.. error.Problems.Select(problem => problem with { Code = code })], error);
}
