namespace Temper.Tensors;

/// <summary>How a weight that is not trained is kept. Operations compute with exactly the numbers that the form holds: those that
/// <see cref="IEngine.Cast"/> to Real gives.</summary>
public enum FrozenForm
{
    /// <summary>Upper 16 bits of binary32, rounded to nearest even: 2 bytes a weight.</summary>
    BF16,

    /// <summary>GGUF's Q8_0: 32 consecutive inputs of an output share a scale max|w| / 127, rounded to binary16; codes round half away from
    /// zero: 1.125 bytes a weight.</summary>
    Int8,

    /// <summary>NormalFloat of 4 bits (Dettmers et al. 2023, arXiv:2305.14314): 64 consecutive inputs of an output share the scale max|w|:
    /// 0.5625 bytes a weight.</summary>
    NF4,

    /// <summary><see cref="NF4"/> whose scales are quantised once more (<see cref="DynamicMap"/>, over the scales of all outputs one behind another): 0.516 bytes
    /// a weight.</summary>
    NF4Nested,
}

/// <summary>Gives rows of a weight from <paramref name="firstRow"/> on, one after another.</summary>
public delegate void FillRows(long firstRow, Span<float> rows);
