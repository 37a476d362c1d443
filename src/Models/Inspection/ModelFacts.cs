using Temper.Core.Errors;
using Temper.Core.Ids;

namespace Temper.Models;

/// <summary>What a folder of a model or an adapter holds, as far as it can be read.</summary>
public sealed record ModelFacts
{
    /// <summary><c>model</c> or <c>adapter</c>.</summary>
    public required string Kind { get; init; }

    /// <summary>model_type of config.json; of an adapter, peft_type.</summary>
    public string? Family { get; init; }

    /// <summary>The class of transformers that config.json names.</summary>
    public string? Architecture { get; init; }

    /// <summary>Sizes by their names in config.json, in the file's order.</summary>
    public IReadOnlyDictionary<string, long> Sizes { get; init; } = new OrderedDictionary<string, long>();

    /// <summary>Numbers in all tensors; a quantised tensor counts with its own shape.</summary>
    public long Parameters { get; init; }

    /// <summary>Bytes of all files.</summary>
    public long Bytes { get; init; }

    /// <summary>Element types as stored, the largest first.</summary>
    public IReadOnlyList<TypeFacts> Types { get; init; } = [];

    /// <summary>All tensors by name.</summary>
    public IReadOnlyList<TensorFacts> Tensors { get; init; } = [];

    /// <summary>How the weights are quantised, such as <c>bitsandbytes nf4, double</c>; null when they are not.</summary>
    public string? Quantization { get; init; }

    /// <summary>The tokenizer; null without one that can be read.</summary>
    public TokenizerFacts? Tokenizer { get; init; }

    /// <summary>The chat template; null without one that can be read.</summary>
    public TemplateFacts? Template { get; init; }

    /// <summary>Settings of an adapter; null for a model.</summary>
    public AdapterFacts? Adapter { get; init; }

    /// <summary>What answering takes; null where that cannot be told.</summary>
    public MemoryFacts? Memory { get; init; }

    /// <summary>Why the product would not load it; empty when it would.</summary>
    public IReadOnlyList<Problem> Problems { get; init; } = [];
}

/// <summary>All tensors of one element type.</summary>
/// <param name="Type">Name in the file, such as <c>BF16</c>.</param>
/// <param name="Tensors">How many there are.</param>
/// <param name="Bytes">Bytes that they take in the file.</param>
public sealed record TypeFacts(string Type, int Tensors, long Bytes);

/// <summary>One tensor.</summary>
/// <param name="Name">Name in the file.</param>
/// <param name="Type">Element type as stored; of a quantised tensor <c>U8</c> or <c>I8</c>.</param>
/// <param name="Shape">Sizes, outermost first; of a quantised tensor those of its numbers.</param>
public sealed record TensorFacts(string Name, string Type, IReadOnlyList<long> Shape);

/// <summary>A tokenizer.</summary>
/// <param name="Kind">As <see cref="Temper.Models.Tokenizer.Kind"/>.</param>
/// <param name="Vocabulary">Largest id + 1.</param>
/// <param name="Special">Special tokens.</param>
/// <param name="Digest">SHA-256 of the file.</param>
public sealed record TokenizerFacts(string Kind, int Vocabulary, IReadOnlyList<string> Special, Digest Digest);

/// <summary>A chat template.</summary>
/// <param name="Style">The manner in which it marks turns: <c>chatml</c>, <c>llama3</c>, …, or <c>own</c>.</param>
/// <param name="AssistantMask">How training finds what the assistant wrote: <c>generation tags</c>, <c>prefixes</c> (the difference of two renderings)
/// or <c>unavailable</c>.</param>
/// <param name="Digest">SHA-256 of its UTF-8.</param>
public sealed record TemplateFacts(string Style, string AssistantMask, Digest Digest);

/// <summary>An adapter.</summary>
/// <param name="Rank">Its rank.</param>
/// <param name="Alpha">Numerator of its scale.</param>
/// <param name="Kind"><c>LoRA</c>, <c>rsLoRA</c> or <c>DoRA</c>.</param>
/// <param name="Targets">Modules that it was made for, as it says.</param>
/// <param name="Modules">How many modules it changes.</param>
/// <param name="ModulesToSave">Modules that it replaces whole.</param>
/// <param name="Base">The base that it was made for, as it says.</param>
public sealed record AdapterFacts(int Rank, double Alpha, string Kind, IReadOnlyList<string> Targets, int Modules, IReadOnlyList<string> ModulesToSave, string? Base);

/// <summary>Memory to answer one chat on the CPU engine.</summary>
/// <param name="Weights">Bytes of the weights in memory.</param>
/// <param name="CachePerToken">Bytes of keys and values for every token.</param>
/// <param name="Context">Most tokens that the model takes.</param>
/// <param name="Total">Weights, and keys and values of a chat that fills the context.</param>
public sealed record MemoryFacts(long Weights, long CachePerToken, int Context, long Total);
