using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>Writes a model folder as one GGUF file for llama.cpp.</summary>
public static class GgufExport
{
    /// <summary>Writes <paramref name="path"/>. Vectors stay F32; a matrix whose rows do not fit Q8_0 becomes F16, and that is said.</summary>
    /// <param name="model">The model.</param>
    /// <param name="type">How matrices are stored.</param>
    /// <param name="path">Target file.</param>
    /// <returns>What the reader of the file should know, a sentence each.</returns>
    /// <exception cref="TemperException">Codes <c>gguf_unsupported</c>, <c>gguf_tokenizer_unsupported</c>, <c>export_verification_failed</c>.</exception>
    public static IReadOnlyList<string> Write(ModelFolder model, GgufType type, string path)
    {
        var family = GgufFamily.Of(model.Config.ModelType);
        GgufLimits.Check(model.Config);
        var notes = new List<string>();
        if (GgufLimits.QueryFactor(model.Config) is not 1 and var factor) notes.Add(FormattableString.Invariant($"query_pre_attn_scalar {model.Config.QueryScalar} is folded into the query projections, times {factor}"));
        List<KeyValuePair<string, object>> values = [.. GgufMetadata.Of(model, family, type, notes)];
        List<GgufTensor> tensors = [.. GgufMetadata.ExtraTensors(model.Config)];
        foreach (var slot in DecoderLayout.Slots(model.Config)) tensors.Add(Tensor(model, family, slot, type, notes));
        GgufWriter.Write(path, values, tensors);
        return notes;
    }

    private static GgufTensor Tensor(ModelFolder model, GgufFamily family, WeightSlot slot, GgufType type, List<string> notes)
    {
        var dot = slot.Name.LastIndexOf('.');
        var name = family.Find(slot.Name[..dot]) ?? throw new TemperException("gguf_unsupported", $"Writing GGUF: llama.cpp has no place for '{slot.Name}'.");
        var shape = name.Change == GgufChange.Transpose && slot.Shape.Length == 2 ? [slot.Shape[1], slot.Shape[0]] : slot.Shape;
        var stored = shape.Length == 1 || name.Theirs == "position_embd" ? GgufType.F32 : type;
        if (!stored.Fits(shape[^1]))
        {
            notes.Add($"{name.Theirs} is stored as F16: its rows of {shape[^1]} are not a multiple of 32");
            stored = GgufType.F16;
        }

        return new GgufTensor(name.Theirs + slot.Name[dot..], stored, shape, Fill(model, name.Change, slot, shape));
    }

    private static FillFloats Fill(ModelFolder model, GgufChange change, WeightSlot slot, long[] shape)
    {
        var plain = model.Numbers(slot);
        var (config, columns) = (model.Config, shape.Length == 1 ? 1 : shape[^1]);
        return change switch
        {
            GgufChange.InterleaveQueries => Rows(plain, columns, config.Heads, config.HeadSize),
            GgufChange.InterleaveKeys => Rows(plain, columns, config.KeyValueHeads, config.HeadSize),
            GgufChange.PlusOne => (first, target) =>
            {
                plain(first, target);
                foreach (ref var value in target) value += 1;
            }
            ,
            GgufChange.ScaleQueries => (first, target) =>
            {
                plain(first, target);
                foreach (ref var value in target) value *= GgufLimits.QueryFactor(config);
            }
            ,
            GgufChange.Transpose when shape.Length == 2 => Transposed(plain, shape[0], shape[1]),
            _ => plain,
        };
    }

    /// <summary>Row 2j + h of a head is row h · size / 2 + j of ours.</summary>
    internal static FillFloats Rows(FillFloats plain, long columns, int heads, int headSize) => (first, target) =>
    {
        for (var done = 0; done < target.Length; done += (int)columns)
        {
            var row = (first + done) / columns;
            var (head, inside) = (row / headSize, row % headSize);
            if (head >= heads) throw new ArgumentOutOfRangeException(nameof(first), row, $"there are {heads} heads of {headSize} rows");
            plain((head * headSize + inside % 2 * (headSize / 2) + inside / 2) * columns, target.Slice(done, (int)columns));
        }
    };

    private static FillFloats Transposed(FillFloats plain, long rows, long columns)
    {
        float[]? whole = null;
        return (first, target) =>
        {
            if (whole is null) plain(0, whole = new float[rows * columns]);
            for (var i = 0; i < target.Length; i++)
            {
                var (row, column) = ((first + i) / columns, (first + i) % columns);
                target[i] = whole[column * rows + row];
            }

            if (first + target.Length == whole.Length) whole = null;
        };
    }
}
