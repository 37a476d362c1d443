using Microsoft.Extensions.Logging;
using Temper.Core.Ids;
using Temper.Core.Errors;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Models;

namespace Temper.Serving;

/// <summary>Answers chats with the models of a registry: what the HTTP routes and the in-process client are made of. Safe from any thread.</summary>
public sealed class ServingHost : IDisposable
{
    private readonly RegistryClient _registry;
    private readonly ModelHost _models;
    private readonly ServingTelemetry _telemetry;
    private readonly TimeProvider _clock;
    private readonly ModelFolderCache _folders;
    private readonly ClassifierShelf _classifiers;

    /// <summary>A server that takes models from <paramref name="registry"/> and keeps their files in <paramref name="folders"/>.</summary>
    public ServingHost(ServingOptions options, RegistryClient registry, ModelFolderCache folders, TimeProvider clock, ILogger<ServingHost> log)
    {
        (Options, _registry, _clock, _folders, _classifiers) = (options, registry, clock, folders, new(options.Engine));
        _models = new(registry, folders, options, clock, log);
        _telemetry = new(() => _models.Waiting);
    }

    /// <summary>Its limits.</summary>
    public ServingOptions Options { get; }

    /// <summary>Sequences that wait for a slot.</summary>
    public int Waiting => _models.Waiting;

    /// <summary>Begins an answer: checks the request, finds and loads the model, and queues the work. The stream must be disposed; cancelling
    /// <paramref name="ct"/> at any time stops the work.</summary>
    /// <exception cref="TemperException">What is wrong with the request, or <c>not_found</c>, <c>queue_full</c>, or why the model cannot be loaded.</exception>
    public async Task<ChatStream> StartAsync(ChatRequest request, CancellationToken ct)
    {
        ChatRequestRules.Check(request, Options.MaxChoices);
        var observation = new ChatObservation(_telemetry, request, _clock);
        var stop = CancellationTokenSource.CreateLinkedTokenSource(ct);
        ModelLease? lease = null;
        try
        {
            lease = await _models.AcquireAsync(request.Model, ct).ConfigureAwait(false);
            var id = $"chatcmpl-{Ulid.New(_clock)}";
            observation.Began(lease.Model, id);
            var chat = PreparedChat.Of(request, lease.Model, lease.Dispose, stop.Token);
            lease.Model.Loop.Submit(chat.Choices);
            return new(id, _clock.GetUtcNow().ToUnixTimeSeconds(), chat, observation, stop);
        }
        catch (Exception e)
        {
            observation.Failed(e);
            observation.Dispose();
            lease?.Dispose();
            stop.Dispose();
            throw;
        }
    }

    /// <summary>All models of the registry.</summary>
    public async Task<IReadOnlyList<ModelInfo>> ListModelsAsync(CancellationToken ct)
    {
        var models = new List<ModelInfo>();
        for (string? cursor = null; ;)
        {
            var page = await _registry.Models.ListAsync(cursor, ct).ConfigureAwait(false);
            models.AddRange(page.Items);
            cursor = page.NextCursor;
            if (cursor is null)
                return models;
        }
    }

    /// <summary>The version that a reference stands for now.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>reference_invalid</c>.</exception>
    public Task<ModelVersionInfo> FindModelAsync(string reference, CancellationToken ct) => _models.FindAsync(reference, ct);

    /// <summary>Asks a classifier of texts or images; it is loaded at its first question.</summary>
    /// <exception cref="TemperException">Codes <c>not_found</c>, <c>reference_invalid</c>, <c>not_a_classifier</c>, and why the model cannot be loaded.</exception>
    public async Task<T> ClassifyAsync<T>(string reference, Func<ClassifierModel, T> ask, CancellationToken ct)
    {
        try
        {
            return await AskAsync(reference, ask, ct).ConfigureAwait(false);
        }
        catch (TemperException e) when (e.Code == "not_a_classifier")
        {
            throw new TemperException([e.Problems[0] with { Message = e.Problems[0].Message.Replace("This model", reference, StringComparison.Ordinal) }], e);
        }
    }

    private async Task<T> AskAsync<T>(string reference, Func<ClassifierModel, T> ask, CancellationToken ct)
    {
        if (Options.AllowFolders && Reference.Parse(reference) is Reference.Folder folder)
            return await _classifiers.AskAsync(Path.GetFullPath(folder.Path), () => Task.FromResult((folder.Path, (string?)null)), ask, ct).ConfigureAwait(false);
        var pin = (await _models.FindAsync(reference, ct).ConfigureAwait(false)).Pin;
        return await _classifiers.AskAsync($"{pin.Digest.Hex} {pin.Base?.Digest.Hex}", async () => (await _folders.GetAsync(pin, CancellationToken.None).ConfigureAwait(false),
            pin.Base is { } made ? await _folders.GetAsync(made, CancellationToken.None).ConfigureAwait(false) : null), ask, ct).ConfigureAwait(false);
    }

    /// <summary>Loads a model ahead of its first request.</summary>
    public async Task WarmAsync(string reference, CancellationToken ct)
    {
        using var lease = await _models.AcquireAsync(reference, ct).ConfigureAwait(false);
    }

    /// <summary>Stops all answers and frees the models.</summary>
    public void Dispose()
    {
        _models.Dispose();
        _classifiers.Dispose();
        _telemetry.Dispose();
    }
}
