namespace Temper.Tensors;

/// <summary>NormalFloat of four bits (Dettmers et al. 2023, arXiv:2305.14314, appendix E): quantiles of a normal distribution, scaled to [-1, 1].</summary>
public static class NormalFloat
{
    private static readonly Codebook Book = new(
    [
        -1f, -0.6961928009986877f, -0.5250730514526367f, -0.39491748809814453f, -0.28444138169288635f, -0.18477343022823334f, -0.09105003625154495f, 0f,
        0.07958029955625534f, 0.16093020141124725f, 0.24611230194568634f, 0.33791524171829224f, 0.44070982933044434f, 0.5626170039176941f, 0.7229568362236023f, 1f,
    ]);

    /// <summary>The sixteen numbers, ascending.</summary>
    public static ReadOnlySpan<float> Numbers => Book.Numbers;

    /// <summary>Number of the entry nearest to <paramref name="x"/> in [-1, 1]; between two, the lower one.</summary>
    public static int Code(float x) => Book.Code(x);
}
