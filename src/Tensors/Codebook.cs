namespace Temper.Tensors;

/// <summary>Numbers in ascending order that stand for all others: each for those that are nearest to it.</summary>
internal sealed class Codebook(float[] numbers)
{
    private readonly float[] _middles = [.. numbers.Zip(numbers.Skip(1), (a, b) => (float)(((double)a + b) / 2))];

    public ReadOnlySpan<float> Numbers => numbers;

    /// <summary>Number of the entry nearest to <paramref name="x"/>; between two, the lower one.</summary>
    public int Code(float x)
    {
        var (low, high) = (0, _middles.Length);
        while (low < high)
        {
            var middle = (low + high) / 2;
            if (_middles[middle] < x) low = middle + 1;
            else high = middle;
        }

        return low;
    }
}
