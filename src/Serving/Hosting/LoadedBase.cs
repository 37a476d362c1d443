using Temper.Core.Datasets;
using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Serving;

/// <summary>A base model in memory with its room for keys and values. Opened, used and disposed on one thread.</summary>
internal sealed class LoadedBase : IDisposable
{
    private readonly ModelFolder _folder;

    private LoadedBase(ModelFolder folder, IEngine engine, Decoder decoder, KvCache cache)
    {
        (_folder, Engine, Decoder, Cache) = (folder, engine, decoder, cache);
        StopTokens = folder.StopTokens.Concat(TurnEnds(folder, folder.Template)).ToHashSet();
    }

    /// <summary>Where it computes.</summary>
    public IEngine Engine { get; }

    /// <summary>Its weights.</summary>
    public Decoder Decoder { get; }

    /// <summary>Keys and values of the running sequences.</summary>
    public KvCache Cache { get; }

    /// <summary>Text to tokens.</summary>
    public Tokenizer Tokenizer => _folder.Tokenizer;

    /// <summary>Chats to text; null when the model brought none.</summary>
    public ChatTemplate? Template => _folder.Template;

    /// <summary>End-of-sequence tokens of the model and end-of-turn tokens of its template.</summary>
    public IReadOnlySet<int> StopTokens { get; }

    /// <summary>Defaults of answering.</summary>
    public GenerationConfig Generation => _folder.Generation;

    /// <summary>Most tokens of prompt and answer together.</summary>
    public int Context => Cache.Capacity;

    /// <summary>Bytes that it holds.</summary>
    public required long Bytes { get; init; }

    /// <summary>A template that an adapter brings, with this model's tokens.</summary>
    public OwnTemplate Own(string source)
    {
        var template = _folder.TemplateOf(source);
        return new(template, _folder.StopTokens.Concat(TurnEnds(_folder, template)).ToHashSet());
    }

    /// <summary>Loads a folder in Hugging Face layout.</summary>
    public static LoadedBase Open(string path, ServingOptions options)
    {
        var folder = ModelFolder.Open(path);
        IEngine? engine = null;
        try
        {
            engine = options.Engine();
            return Load(folder, engine, options);
        }
        catch
        {
            engine?.Dispose();
            folder.Dispose();
            throw;
        }
    }

    private static LoadedBase Load(ModelFolder folder, IEngine engine, ServingOptions options)
    {
        var decoder = folder.LoadDecoder(engine, form: WeightForm.AsStored);
        decoder.Prepack();
        var weightBytes = engine.Memory().LiveBytes;
        var context = Math.Min(folder.Config.MaxPositions, options.MaxContext);
        var slotBytes = KvCache.BytesFor(folder.Config, 1, context);
        var slots = (int)Math.Clamp(options.CacheBytes / Math.Max(1, slotBytes), 1, options.MaxConcurrent);
        return new(folder, engine, decoder, new KvCache(engine, folder.Config, slots, context))
        {
            Bytes = weightBytes + slots * slotBytes,
        };
    }

    /// <summary>The special token that the template writes after an assistant's words, found by writing a chat.</summary>
    private static IEnumerable<int> TurnEnds(ModelFolder folder, ChatTemplate? template)
    {
        if (template is null)
            return [];
        const string words = "a";
        try
        {
            var chat = template.RenderForTraining([new ChatTurn("user", "b"), new ChatTurn("assistant", words)]);
            var span = chat.AssistantSpans[^1];
            var turn = chat.Text[span.Start..span.End];
            var after = turn[(turn.LastIndexOf(words, StringComparison.Ordinal) + words.Length)..];
            return folder.Tokenizer.Encode(after).Take(1).Where(folder.Tokenizer.IsSpecial);
        }
        catch (TemperException)
        {
            // A template that cannot mark the assistant's words adds nothing to the model's own end tokens.
            return [];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Cache.Dispose();
        Decoder.Dispose();
        Engine.Dispose();
        _folder.Dispose();
    }
}
