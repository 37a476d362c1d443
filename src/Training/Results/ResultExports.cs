using Temper.Core.Safetensors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Recipes;

namespace Temper.Training.Results;

/// <summary>The trained model in the forms of other programs, beside the result: <c>merged/</c>, <c>gguf/model-TYPE.gguf</c>, <c>gguf/adapter.gguf</c>.</summary>
internal static class ResultExports
{
    /// <summary>Folder of the whole model, inside of a result.</summary>
    public const string Merged = "merged";

    private const string Gguf = "gguf";

    /// <summary>Writes what the recipe asks for, from the files of the result, so that what is exported is what is published.</summary>
    /// <param name="export">What is asked for.</param>
    /// <param name="baseFolder">Files of the base model.</param>
    /// <param name="result">Folder of the result, written.</param>
    /// <param name="isAdapter">Whether the result is an adapter.</param>
    /// <returns>Sentences for who reads the files.</returns>
    /// <exception cref="Core.Errors.TemperException"><c>merge_not_finite</c>, <c>gguf_unsupported</c>, <c>gguf_tokenizer_unsupported</c>, <c>export_verification_failed</c>.</exception>
    public static IReadOnlyList<string> Write(ExportSettings export, string baseFolder, string result, bool isAdapter)
    {
        var notes = new List<string>();
        if (EncoderFolder.Is(baseFolder))
        {
            using var encoder = EncoderFolder.Open(baseFolder);
            MergedEncoder.Save(encoder, result, Path.Combine(result, Merged));
            return notes;
        }
        using var model = ModelFolder.Open(baseFolder);
        if (export.Merged)
            MergedFolder.Save(model, result, Path.Combine(result, Merged), model.Config.WeightType);
        if (export.GgufLora)
            notes.AddRange(GgufAdapterExport.Write(result, model.Config, GgufFile(result, "adapter")));
        if (export.Gguf is { } type)
            notes.AddRange(WriteGguf(model, GgufTypes.Parse(type), result, isAdapter));
        return notes;
    }

    /// <summary>Reads the whole model back and compares its answers with those of base and adapter. GGUF files were read back while they were written.</summary>
    /// <exception cref="Core.Errors.TemperException"><c>export_verification_failed</c>.</exception>
    public static void Verify(ExportSettings export, IEngine engine, string baseFolder, string stored)
    {
        if (!export.Merged)
            return;
        if (EncoderFolder.Is(baseFolder))
        {
            using var encoder = EncoderFolder.Open(baseFolder);
            MergedEncoder.Verify(engine, encoder, stored, Path.Combine(stored, Merged));
            return;
        }
        using var model = ModelFolder.Open(baseFolder);
        MergedFolder.Verify(engine, model, stored, Path.Combine(stored, Merged));
    }

    private static IReadOnlyList<string> WriteGguf(ModelFolder model, GgufType type, string result, bool isAdapter)
    {
        // From the merge in f32, not from one that was rounded for the folder: numbers are rounded once.
        var whole = isAdapter ? result + ".f32" : result;
        try
        {
            if (isAdapter)
                MergedFolder.Save(model, result, whole, StoredType.F32);
            using var merged = ModelFolder.Open(whole);
            return GgufExport.Write(merged, type, GgufFile(result, FormattableString.Invariant($"model-{type.ToString().ToLowerInvariant()}")));
        }
        finally
        {
            if (isAdapter && Directory.Exists(whole))
                Directory.Delete(whole, recursive: true);
        }
    }

    private static string GgufFile(string result, string name) => Path.Combine(Directory.CreateDirectory(Path.Combine(result, Gguf)).FullName, name + ".gguf");
}
