using Temper.Tensors;

namespace Temper.Models;

/// <summary>A low-rank adapter of a decoder (Hu et al. 2021, arXiv:2106.09685) in PEFT's files. Several may exist beside one base.</summary>
public sealed class LoraAdapter : IDisposable
{
    /// <summary>A new, trainable adapter: A uniform in ±1/√in, B zero, a pure function of <paramref name="seed"/>.
    /// No match is <c>target_not_found</c>, which lists the names there are.</summary>
    public static LoraAdapter Create(Decoder decoder, LoraConfig config, ulong seed) => throw new NotSupportedException($"{decoder} {config} {seed}");

    /// <summary>Reads adapter_config.json and adapter_model.safetensors of a folder. Names and shapes are checked against the base, all errors at once.</summary>
    public static LoraAdapter Load(Decoder decoder, string folder, bool trainable = false) => throw new NotSupportedException($"{decoder} {folder} {trainable}");

    /// <summary>Its settings.</summary>
    public LoraConfig Config => throw new NotSupportedException("lora");

    /// <summary>A and B of every module, under PEFT's names.</summary>
    public IReadOnlyList<NamedTensor> Weights => throw new NotSupportedException("lora");

    /// <summary>Writes adapter_model.safetensors and adapter_config.json.</summary>
    public void Save(string folder) => throw new NotSupportedException(folder);

    /// <summary>Sources of the base's weights with this adapter added in f32 and rounded once: W + s·B·A. Not finite is an error.</summary>
    public IReadOnlyList<TensorSource> Merged(StoredType type) => throw new NotSupportedException($"{type}");

    /// <summary>Frees the weights.</summary>
    public void Dispose() { }
}
