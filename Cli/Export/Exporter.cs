using Temper.Cli.Output;
using Temper.Core.Errors;
using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;

namespace Temper.Cli.Export;

/// <summary>Writes a model, with the adapter on it, in another form; says what its reader should know.</summary>
internal sealed class Exporter(ModelParts parts, Terminal terminal)
{
    /// <summary>Sentences about the result.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>A model folder with the adapter in it; answers of the files are compared with those of base and adapter.</summary>
    /// <returns>The type that the weights have.</returns>
    public StoredType Merge(string folder, StoredType? asked)
    {
        if (parts.Adapter is { } adapter && EncoderFolder.Is(parts.Model))
            return MergeEncoder(adapter, folder, asked);
        var (type, share) = Merged(folder, asked);
        if (share is { } difference)
            Notes.Add(Differs("the files", difference));
        return type;
    }

    private StoredType MergeEncoder(string adapter, string folder, StoredType? asked)
    {
        using var model = EncoderFolder.Open(parts.Model);
        if (asked is { } type && type != model.Config.WeightType)
            throw new TemperException("usage", $"An encoder is merged in the type of its files, {model.Config.WeightType}.", "Leave --dtype out.");
        terminal.Note($"merging {parts.AdapterName} into {parts.ModelName}");
        MergedEncoder.Save(model, adapter, folder);
        using var engine = CpuEngine.Create(0);
        Notes.Add(Differs("the files", MergedEncoder.Verify(engine, model, adapter, folder)));
        return model.Config.WeightType;
    }

    private (StoredType Type, double? Difference) Merged(string folder, StoredType? asked)
    {
        using var model = ModelFolder.Open(parts.Model);
        var type = asked ?? model.Config.WeightType;
        terminal.Note(parts.Adapter is null ? $"writing {parts.ModelName} as {type}" : $"merging {parts.AdapterName} into {parts.ModelName}");
        MergedFolder.Save(model, parts.Adapter, folder, type);
        if (parts.Adapter is null)
            return (type, null);
        using var engine = CpuEngine.Create(0);
        return (type, MergedFolder.Verify(engine, model, parts.Adapter, folder));
    }

    /// <summary>One file for llama.cpp.</summary>
    public GgufType Gguf(string file, GgufType? asked)
    {
        var whole = file + ".merged";
        try
        {
            if (parts.Adapter is not null)
                Merged(whole, StoredType.F32);
            using var model = ModelFolder.Open(parts.Adapter is null ? parts.Model : whole);
            using var original = ModelFolder.Open(parts.Model);
            var type = asked ?? original.Config.WeightType switch { StoredType.F16 => GgufType.F16, StoredType.BF16 => GgufType.BF16, _ => GgufType.F32 };
            terminal.Note($"writing GGUF as {type}");
            Notes.AddRange(GgufExport.Write(model, type, file));
            return type;
        }
        finally
        {
            if (Directory.Exists(whole))
                Directory.Delete(whole, recursive: true);
        }
    }

    /// <summary>The adapter alone, for llama.cpp.</summary>
    public void GgufAdapter(string file)
    {
        using var model = ModelFolder.Open(parts.Model);
        Notes.AddRange(GgufAdapterExport.Write(Adapter("gguf-lora"), model.Config, file));
    }

    /// <summary>The adapter alone, for PEFT.</summary>
    public void Peft(string folder, string? baseName)
    {
        if (EncoderFolder.Is(parts.Model))
        {
            using var encoder = EncoderFolder.Open(parts.Model);
            AdapterFolder.Copy(Adapter("peft"), folder, baseName);
            Notes.AddRange(AdapterFolder.Compatibility(AdapterFolder.Check(folder, encoder)));
            return;
        }
        using var model = ModelFolder.Open(parts.Model);
        AdapterFolder.Copy(Adapter("peft"), folder, baseName);
        Notes.AddRange(AdapterFolder.Compatibility(AdapterFolder.Check(folder, model.Config)));
    }

    /// <summary>A folder with quantised linear layers.</summary>
    public void Quantize(string folder, QuantizedModel how)
    {
        var whole = folder + ".merged";
        try
        {
            if (parts.Adapter is not null)
                Merged(whole, StoredType.F32);
            using var model = ModelFolder.Open(parts.Adapter is null ? parts.Model : whole);
            terminal.Note($"quantising {parts.ModelName}");
            how.Save(model, folder);
            using var engine = CpuEngine.Create(0);
            Notes.Add(Differs("the quantised files", MergedFolder.Difference(engine, model, null, folder).Share));
        }
        finally
        {
            if (Directory.Exists(whole))
                Directory.Delete(whole, recursive: true);
        }
    }

    private static string Differs(string what, double share) => FormattableString.Invariant($"answers of {what} differ from the model's by {share:G2} of their size");

    private string Adapter(string form) => parts.Adapter
        ?? throw new TemperException("usage", $"{parts.Model} is a whole model; --to {form} writes the adapter of a model that has one.", "Export it with --to merged or --to gguf.");
}
