using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Tensors;

namespace Temper.Models;

/// <summary>The weights of a model folder: model.safetensors, or the shards of model.safetensors.index.json, as one set of names.
/// Tensors that bitsandbytes quantised appear with their own shape and as numbers. Safe for concurrent readers.</summary>
public sealed class WeightFiles : IDisposable
{
    private const string Single = "model.safetensors", Index = "model.safetensors.index.json";
    private readonly List<SafetensorsReader> files = [];
    private readonly Dictionary<string, StoredWeight> byName = new(StringComparer.Ordinal);

    private WeightFiles()
    {
    }

    /// <summary>All tensors by name.</summary>
    public IReadOnlyDictionary<string, StoredTensor> Tensors => byName.ToDictionary(pair => pair.Key, pair => pair.Value.Tensor);

    /// <summary>All tensors as they lie in the files, parts of quantised ones among them.</summary>
    internal IEnumerable<StoredTensor> Stored => files.SelectMany(file => file.Tensors);

    /// <summary>Opens the files of a folder.</summary>
    public static WeightFiles Open(string folder)
    {
        var weights = new WeightFiles();
        try
        {
            if (File.Exists(Path.Combine(folder, Single))) weights.Add(Path.Combine(folder, Single));
            else if (File.Exists(Path.Combine(folder, Index))) weights.AddShards(folder);
            else throw Nothing(folder);
            QuantizedWeights.Join(weights.byName, folder);
            return weights;
        }
        catch
        {
            weights.Dispose();
            throw;
        }
    }

    /// <summary>Files that are pickles by their name.</summary>
    public static bool IsPickle(string file) => Path.GetExtension(file) is ".bin" or ".pt" or ".pth" or ".ckpt" or ".pkl" or ".pickle";

    /// <summary>Elements of a tensor from <paramref name="first"/> on, as f32.</summary>
    public void ReadFloats(string name, long first, Span<float> target)
    {
        byName[name].Read(first, target);
    }

    /// <summary>The form that keeps a tensor's numbers as they are in fewer bytes, or null.</summary>
    internal FrozenForm? FormOf(string name) => byName[name].Form;

    /// <summary>Names of tensors that hold NaN or infinity. Reads everything.</summary>
    public IEnumerable<string> NotFinite()
    {
        var buffer = new float[1 << 18];
        foreach (var (name, weight) in byName)
            for (var first = 0L; first < weight.Tensor.Count; first += buffer.Length)
            {
                var piece = buffer.AsMemory(0, (int)Math.Min(buffer.Length, weight.Tensor.Count - first));
                weight.Read(first, piece.Span);
                if (!piece.Span.ContainsAnyExceptFinite()) continue;
                yield return name;
                break;
            }
    }

    /// <summary>Closes the files.</summary>
    public void Dispose()
    {
        foreach (var file in files) file.Dispose();
    }

    private static TemperException Nothing(string folder) => Directory.EnumerateFiles(folder).Select(Path.GetFileName).Order(StringComparer.Ordinal).FirstOrDefault(file => IsPickle(file!)) is { } pickle
        ? new TemperException("pickle_refused", $"Opening {folder}: its weights are in {pickle}, a pickle file, which can run programs when it is read; only safetensors is read.")
        : new TemperException("model_file_missing", $"Opening {folder}: there is neither {Single} nor {Index}.");

    private SafetensorsReader Add(string path)
    {
        var file = SafetensorsReader.Open(path);
        files.Add(file);
        foreach (var tensor in file.Tensors)
            if (!byName.TryAdd(tensor.Name, new StoredWeight(tensor, file, (first, target) => file.ReadFloats(tensor, first, target)) { Form = tensor.Type == StoredType.BF16 ? FrozenForm.BF16 : null }))
                throw new TemperException("weight_index_invalid", $"Opening {path}: tensor '{tensor.Name}' is also in another shard.");
        return file;
    }

    private void AddShards(string folder)
    {
        var index = ReadIndex(folder);
        var shards = index.Values.Distinct().Order(StringComparer.Ordinal).ToArray();
        foreach (var shard in shards)
        {
            if (shard.Length == 0 || shard != Path.GetFileName(shard) || shard is "." or ".." || shard.Contains('\\', StringComparison.Ordinal))
                throw new TemperException("weight_index_invalid", $"Reading {Index}: '{shard}' is not a file of the model's own folder.");
            if (!File.Exists(Path.Combine(folder, shard)))
                throw new TemperException("weight_index_invalid", $"Reading {Index}: there is no shard {shard}.");
        }

        foreach (var shard in shards)
        {
            var file = Add(Path.Combine(folder, shard));
            if (file.Tensors.FirstOrDefault(t => !index.TryGetValue(t.Name, out var home) || home != shard) is { } stray)
                throw new TemperException("weight_index_invalid", $"Reading {Index}: it does not place tensor '{stray.Name}' in {shard}.");
        }

        if (index.FirstOrDefault(pair => !byName.ContainsKey(pair.Key)) is { Key: not null } absent)
            throw new TemperException("weight_index_invalid", $"Reading {Index}: tensor '{absent.Key}' is not in {absent.Value}.");
    }

    private static Dictionary<string, string> ReadIndex(string folder)
    {
        var fields = JsonFields.Parse(File.ReadAllBytes(Path.Combine(folder, Index)), Index, "weight_index_invalid");
        var map = fields.Object("weight_map");
        if (map is null) fields.Report("weight_map", "is missing");
        var index = map?.Names.ToDictionary(name => name, name => map.Text(name) ?? "") ?? [];
        fields.ThrowIfAny();
        return index;
    }
}

/// <summary>A weight of a model's files: what it looks like, where its bytes are, and how its numbers are read.</summary>
internal sealed record StoredWeight(StoredTensor Tensor, SafetensorsReader File, FillFloats Read)
{
    /// <summary>The form that holds exactly these numbers, if any.</summary>
    public FrozenForm? Form { get; init; }
}

/// <summary>A search that spans lack.</summary>
internal static class FiniteSearch
{
    public static bool ContainsAnyExceptFinite(this Span<float> values)
    {
        foreach (var value in values)
            if (!float.IsFinite(value)) return true;
        return false;
    }
}
