using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Temper.Core.Errors;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Models;

namespace Temper.Serving;

/// <summary>
/// Finds, loads and keeps models: each base once, its adapters beside it. What is not in use is dropped, least recently used first, when the bytes
/// exceed the limit. A request keeps the version that it began with.
/// </summary>
internal sealed class ModelHost(RegistryClient registry, ModelFolderCache folders, ServingOptions options, TimeProvider clock, ILogger log) : IDisposable
{
    private readonly ConcurrentDictionary<string, OwnTemplate> _templates = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _chatting = new(StringComparer.Ordinal);
    private readonly ReferenceCache _references = new(registry, clock, options.ReferenceLifetime);
    private readonly ModelShelf _shelf = new(options.ModelBytes, clock, log);

    /// <summary>Sequences that wait, over all models.</summary>
    public int Waiting => _shelf.Loops.Sum(loop => loop.Waiting);

    /// <summary>The model that <paramref name="text"/> stands for now, loaded.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>reference_invalid</c>, those of the registry and of model folders.</exception>
    public async Task<ModelLease> AcquireAsync(string text, CancellationToken ct)
    {
        var reference = Reference.Parse(text);
        if (reference is Reference.Folder folder)
            return await FolderAsync(folder.Path, ct).ConfigureAwait(false);
        var version = await _references.ResolveAsync(reference, ct).ConfigureAwait(false);
        return await VersionAsync(version, ct).ConfigureAwait(false);
    }

    /// <summary>Facts of the version that <paramref name="text"/> stands for.</summary>
    public Task<ModelVersionInfo> FindAsync(string text, CancellationToken ct) => Reference.Parse(text) is var reference and not Reference.Folder
        ? _references.ResolveAsync(reference, ct)
        : throw new TemperException("not_found", $"There is no model '{text}'.");

    /// <inheritdoc/>
    public void Dispose() => _shelf.Dispose();

    private async Task<ModelLease> FolderAsync(string path, CancellationToken ct)
    {
        if (!options.AllowFolders)
            throw new TemperException("not_found", "This server does not open folders.", hint: "Import the folder with `temper import` and name the model.");
        var full = Path.GetFullPath(path);
        ChatRefusal.Check(path, full, null);
        var held = await _shelf.BaseAsync(full, () => DecodeLoop.StartAsync(Path.GetFileName(full), () => LoadedBase.Open(full, options), options), ct).ConfigureAwait(false);
        return new(new ServedModel(path, held.Loop, null, Fingerprint(held.Loop, full), null), held.Dispose);
    }

    private async Task<ModelLease> VersionAsync(ModelVersionInfo version, CancellationToken ct)
    {
        var pin = version.Pin;
        var id = pin.Checkpoint is { } checkpoint ? new Reference.Checkpoint(checkpoint.Job, checkpoint.Step).ToString() : FormattableString.Invariant($"{pin.Name}:{pin.Version}");
        if (pin.Base is { Base: not null })
            throw new TemperException("adapter_of_adapter", $"{id} is an adapter of {pin.Base.Name}:{pin.Base.Version}, which is an adapter itself.");
        await CheckAsync(id, pin).ConfigureAwait(false);
        if (pin.Base is null)
        {
            var whole = await BaseAsync(pin, ct).ConfigureAwait(false);
            return new(new ServedModel(id, whole.Loop, null, Fingerprint(whole.Loop, pin.Digest.Hex), version.Traceparent), whole.Dispose);
        }
        var held = await BaseAsync(pin.Base, ct).ConfigureAwait(false);
        try
        {
            var adapter = await _shelf.AdapterAsync(held, pin.Digest.Hex, () => LoadAdapterAsync(held.Loop, pin), ct).ConfigureAwait(false);
            return new(new ServedModel(id, held.Loop, adapter, Fingerprint(held.Loop, pin.Base.Digest.Hex + pin.Digest.Hex), version.Traceparent) { Own = await OwnTemplateAsync(held.Loop, pin).ConfigureAwait(false) }, held.Dispose);
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>What a version was made for never changes, so it is looked up once.</summary>
    private async Task CheckAsync(string id, ModelPin pin)
    {
        var key = $"{pin.Digest.Hex} {pin.Base?.Digest.Hex}";
        if (_chatting.ContainsKey(key))
            return;
        var made = pin.Base is { } whole ? await folders.GetAsync(whole, CancellationToken.None).ConfigureAwait(false) : null;
        ChatRefusal.Check(id, await folders.GetAsync(pin, CancellationToken.None).ConfigureAwait(false), made);
        _chatting[key] = true;
    }

    private Task<HeldBase> BaseAsync(ModelPin pin, CancellationToken ct) => _shelf.BaseAsync(pin.Digest.Hex, () => LoadBaseAsync(pin), ct);

    private async Task<DecodeLoop> LoadBaseAsync(ModelPin pin)
    {
        using var span = ServingTelemetry.Source.StartActivity("model.load");
        span?.SetTag("temper.model", $"{pin.Name}:{pin.Version}");
        var began = clock.GetTimestamp();
        var folder = await folders.GetAsync(pin, CancellationToken.None).ConfigureAwait(false);
        var loop = await DecodeLoop.StartAsync(pin.Name.ToString(), () => LoadedBase.Open(folder, options), options).ConfigureAwait(false);
        log.LogInformation("Loaded {Model}:{Version} in {Seconds:F2} s, {Bytes} bytes", pin.Name, pin.Version, clock.GetElapsedTime(began).TotalSeconds, loop.Base.Bytes);
        return loop;
    }

    private async Task<LoraAdapter> LoadAdapterAsync(DecodeLoop loop, ModelPin pin)
    {
        using var span = ServingTelemetry.Source.StartActivity("adapter.load");
        span?.SetTag("temper.model", $"{pin.Name}:{pin.Version}");
        var folder = await folders.GetAsync(pin, CancellationToken.None).ConfigureAwait(false);
        return await loop.DoAsync(() => LoraAdapter.Load(loop.Base.Decoder, folder)).ConfigureAwait(false);
    }

    /// <summary>The chat template among an adapter's files: what it was trained with is what it is asked with.</summary>
    private async Task<OwnTemplate?> OwnTemplateAsync(DecodeLoop loop, ModelPin pin)
    {
        if (pin.Files.All(file => file.Path != ChatTemplate.FileName))
            return null;
        if (_templates.TryGetValue(pin.Digest.Hex, out var known))
            return known;
        var folder = await folders.GetAsync(pin, CancellationToken.None).ConfigureAwait(false);
        var source = await File.ReadAllTextAsync(Path.Combine(folder, ChatTemplate.FileName)).ConfigureAwait(false);
        return _templates[pin.Digest.Hex] = await loop.DoAsync(() => loop.Base.Own(source)).ConfigureAwait(false);
    }

    private static string Fingerprint(DecodeLoop loop, string weights) =>
        $"fp_{Core.Ids.Digest.OfText($"{weights} {loop.Base.Engine.Info.NumericsId}").Short}";
}
