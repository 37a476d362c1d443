using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>What an encoder reads.</summary>
public enum EncoderKind
{
    /// <summary>BERT and its kin: tokens; norms after each part.</summary>
    Bert,

    /// <summary>ViT: square images in patches, a class token first; norms before each part and one at the end.</summary>
    Vit,
}

/// <summary>What an encoder is, as data: the fields of config.json that change the arithmetic.</summary>
public sealed record EncoderConfig
{
    /// <summary>Family.</summary>
    public required EncoderKind Kind { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the feed-forward layer.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Heads; they divide <see cref="HiddenSize"/>.</summary>
    public required int Heads { get; init; }

    /// <summary>Activation of the feed-forward layer.</summary>
    public Act Activation { get; init; } = Act.GeluErf;

    /// <summary>Added under the root of the norms.</summary>
    public double NormEpsilon { get; init; } = 1e-12;

    /// <summary>Whether query, key and value have biases.</summary>
    public bool AttentionBias { get; init; } = true;

    /// <summary>Rows of the embedding table (BERT).</summary>
    public int VocabularySize { get; init; }

    /// <summary>Longest text in tokens (BERT).</summary>
    public int MaxPositions { get; init; }

    /// <summary>Kinds of segments (BERT).</summary>
    public int TokenTypes { get; init; }

    /// <summary>Height and width of an image (ViT).</summary>
    public int ImageSize { get; init; }

    /// <summary>Height and width of a patch, a divisor of <see cref="ImageSize"/> (ViT).</summary>
    public int PatchSize { get; init; }

    /// <summary>Numbers per pixel (ViT).</summary>
    public int Channels { get; init; }

    /// <summary>None or Classification.</summary>
    public ModelHead Head { get; init; } = ModelHead.None;

    /// <summary>Names of the classes, in the order of the outputs.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Of a classifier: name of the <see cref="ClassifierHead"/> below it; null: none.</summary>
    public string? HeadName { get; init; }

    /// <summary>Type in which weights are saved.</summary>
    public StoredType WeightType { get; init; } = StoredType.F32;

    /// <summary>Patches of an image.</summary>
    public int Patches => PatchSize == 0 ? 0 : ImageSize / PatchSize * (ImageSize / PatchSize);

    /// <summary>Whether a config.json is that of an encoder.</summary>
    public static bool IsEncoder(ReadOnlySpan<byte> json) => JsonFields.Parse(json, "config.json", "config_invalid").Text("model_type") is "bert" or "vit";

    /// <summary>Reads config.json. Unknown families, heads and kinds of positions are refused by name.</summary>
    public static EncoderConfig Parse(ReadOnlySpan<byte> json, string file = "config.json") => EncoderConfigJson.Read(json, file);

    /// <summary>config.json as transformers 4 spells it.</summary>
    public byte[] ToJson() => EncoderConfigJson.Write(this);
}
