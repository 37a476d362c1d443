namespace Temper.Models;

/// <summary>The weights of a model folder: model.safetensors, or the shards of model.safetensors.index.json, as one set of names.</summary>
public sealed class WeightFiles : IDisposable
{
    /// <summary>Opens the files of a folder.</summary>
    public static WeightFiles Open(string folder) => throw new NotSupportedException(folder);

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => throw new NotSupportedException("weights");

    /// <summary>Elements of a tensor from <paramref name="first"/> on, as f32.</summary>
    public void ReadFloats(string name, long first, Span<float> target) => throw new NotSupportedException($"{name} {first} {target.Length}");

    /// <summary>Closes the files.</summary>
    public void Dispose() { }
}
