namespace Temper.Versioning.Safety;

/// <summary>What a pickle may import where a repository allows unsafe formats: what PyTorch and NumPy need to rebuild arrays, and nothing else.</summary>
internal static class PickleGlobals
{
    private static readonly HashSet<string> Harmless = new(StringComparer.Ordinal)
    {
        "collections.OrderedDict",
        "torch._utils._rebuild_tensor_v2", "torch._utils._rebuild_parameter", "torch.Size", "torch.device",
        "torch.FloatStorage", "torch.HalfStorage", "torch.BFloat16Storage", "torch.DoubleStorage", "torch.LongStorage", "torch.IntStorage", "torch.ShortStorage",
        "torch.CharStorage", "torch.ByteStorage", "torch.BoolStorage",
        "torch.float32", "torch.float16", "torch.bfloat16", "torch.float64", "torch.int64", "torch.int32", "torch.int16", "torch.int8", "torch.uint8", "torch.bool",
        "numpy.ndarray", "numpy.dtype", "numpy.core.multiarray._reconstruct", "numpy._core.multiarray._reconstruct",
        "numpy.core.multiarray.scalar", "numpy._core.multiarray.scalar",
    };

    /// <summary>The verdict on a pickle where unsafe formats are allowed.</summary>
    public static FormatVerdict Judge(PickleReport found)
    {
        if (!found.IsWhole)
            return FormatVerdict.Bad("pickle", "pickle_unreadable", $"It is a pickle that cannot be read to its end: {found.Fault}.") with { Globals = found.Globals };
        var strange = found.Globals.Where(g => !Harmless.Contains(g)).ToList();
        return strange.Count > 0
            ? FormatVerdict.Bad("pickle", "pickle_global", $"It is a pickle that imports {string.Join(", ", strange.Take(4))}, which is not on the list of harmless names.") with { Globals = found.Globals }
            : new(FormatFinding.AllowedUnsafe, "pickle", "allowed", "It is a pickle of harmless names; nothing here loads it.") { Globals = found.Globals };
    }
}
