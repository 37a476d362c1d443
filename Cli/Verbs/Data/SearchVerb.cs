using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Temper.Cli.Output;
using Temper.Cli.Transfer;
using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Ingest;
using Temper.Models;
using Temper.Storage.Folder;
using Temper.Tensors;

namespace Temper.Cli.Verbs.Data;

internal static class SearchVerb
{
    public static Command Build()
    {
        var dataset = new Argument<string>("dataset") { Description = "NAME, NAME:VERSION or NAME#COMMIT", HelpName = "NAME" };
        var query = new Argument<string?>("query") { Description = "What to look for, in words", HelpName = "QUERY", Arity = ArgumentArity.ZeroOrOne };
        var image = new Option<string?>("--image") { Description = "What to look for, as a PNG or JPEG file, in a dataset of images", HelpName = "FILE" };
        var model = new Option<string?>("--model") { Description = "Model whose vectors are compared [default: the dataset's embedding.model]", HelpName = "REF" };
        var count = new Option<int>("--count", "-n") { Description = "How many records", DefaultValueFactory = _ => 10, HelpName = "N" };
        count.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 1 or > 1000)
                result.AddError("--count must be 1 to 1000.");
        });
        var command = new Command("search", """
            Find the records of a dataset that are nearest to a text, or to an image, by meaning: exact cosine over all of them.
            Vectors that ingestion made are used; the others are made here, once, and kept under the home's cache/.
            A sentence encoder (MiniLM) finds best; any registered model works. Images are compared by a ViT, or found by words in their captions.

            Examples:
              temper data search support "my parcel is late"
              temper data search support:3 "refund" --model minilm -n 5 --json
              temper data search photos --image cat.jpg --model vit
            """) { dataset, query, image, model, count };
        command.SetAction((parsed, ct) => RunAsync(parsed, parsed.GetValue(dataset)!, (parsed.GetValue(query), parsed.GetValue(image)), parsed.GetValue(model), parsed.GetValue(count), ct));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parsed, string reference, (string? Text, string? Image) query, string? model, int count, CancellationToken ct)
    {
        if (string.IsNullOrWhiteSpace(query.Text) == query.Image is null)
            throw new TemperException("usage", query.Image is null ? "The query is empty." : "A query is words or an image.", "Write what to look for, in quotes, or --image FILE.");
        var picture = query.Image is null ? null : await InspectedImage.DecodeAsync(query.Image, ct);
        var terminal = GlobalOptions.Terminal(parsed);
        using var registry = GlobalOptions.Connect(parsed);
        var home = GlobalOptions.Home(parsed);
        var here = new FolderBlobStore(Path.Combine(home.Path, "cache", "search"), TimeProvider.System);
        var copy = new DatasetCopy(registry, here, terminal);
        var pin = await registry.Datasets.ResolveAsync(reference, ct);
        // A model that is not there is said before gigabytes of records are fetched.
        var chosen = await registry.Models.ResolveAsync(model ?? await ConfiguredAsync(registry, pin, ct), ct);
        using var embedder = await RegisteredModelEmbedder.OpenAsync(new ModelFolderCache(registry, home.ModelCache, TimeProvider.System), chosen.Pin, () => CpuEngine.Create(Environment.ProcessorCount), ct);
        if (embedder.ReadsImages != picture is not null)
            throw new TemperException("CFG_UNSUPPORTED", $"{chosen.Pin.Name}:{chosen.Pin.Version} reads {(embedder.ReadsImages ? "images, not texts" : "texts, not images")}.", embedder.ReadsImages ? "Look for an image with --image FILE, or name another --model." : "Name a ViT with --model.");
        await copy.FetchAsync(pin, ct);
        await copy.FetchVectorsAsync(picture is null ? DatasetSearch.Space(embedder) : ImageSearch.Space(embedder), ct);
        var (hits, all, made) = await FindAsync(copy, here, pin, embedder, terminal, query.Text, picture, count, ct);
        terminal.Document(hits);
        if (hits.Count == 0)
            terminal.Line("the version has no records");
        else
            terminal.Table(["cosine", "place", "record", "text"], [.. hits.Select(h => (IReadOnlyList<string>)[
                h.Cosine.ToString("F3", CultureInfo.InvariantCulture), $"{h.Source.File}:{h.Source.Line}", h.Record.Short, h.Excerpt])]);
        terminal.Note($"{Format.Count(all, "record")} of {pin.Name}:{pin.Version}, vectors of {chosen.Pin.Name}:{chosen.Pin.Version}{(made > 0 ? $", {made} made now" : "")}");
        return hits.Count > 0 ? 0 : 1;
    }

    /// <summary>A copy that was damaged on this disk is fetched once more before the server is blamed.</summary>
    private static async Task<(IReadOnlyList<SearchHit> Hits, int All, long Made)> FindAsync(DatasetCopy copy, FolderBlobStore here, DatasetPin pin, IEmbedder embedder, Terminal terminal, string? text,
        RgbImage? picture, int count, CancellationToken ct)
    {
        using var line = terminal.Progress("embed");
        void Show(long done, long all) => line.Show(all == 0 ? 1 : (double)done / all, $"{Format.Number(done)} of {Format.Count(all, "record")}");
        try
        {
            return await SearchAsync();
        }
        catch (TemperException e) when (e.Code == "dataset_corrupt")
        {
            await copy.DropAsync(pin, ct);
            await copy.FetchAsync(pin, ct);
            return await SearchAsync();
        }

        async Task<(IReadOnlyList<SearchHit>, int, long)> SearchAsync()
        {
            if (picture is not null)
            {
                var images = await ImageSearch.OpenAsync(here, pin, embedder, Show, TimeProvider.System, ct);
                return (images.Find(picture, count, ct), images.Count, images.Made);
            }
            var search = await DatasetSearch.OpenAsync(here, pin, embedder, Show, TimeProvider.System, ct);
            return (await search.FindAsync(text!, count, ct), search.Count, search.Made);
        }
    }

    private static async Task<string> ConfiguredAsync(RegistryClient registry, DatasetPin pin, CancellationToken ct)
    {
        await using var stream = await registry.Datasets.OpenFileAsync(pin.Name, pin.Version, DatasetManifest.FileName, ct);
        using var manifest = await JsonDocument.ParseAsync(stream, cancellationToken: ct);
        return manifest.RootElement.TryGetProperty("config", out var config) && config.TryGetProperty("embedding_model", out var model) && model.ValueKind == JsonValueKind.String
            ? model.GetString()!
            : throw new TemperException("usage", $"{pin.Name}:{pin.Version} names no model for vectors.", "Add --model REF; a sentence encoder is best. `temper models` lists what exists.");
    }
}
