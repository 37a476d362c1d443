using Temper.Core.Safetensors;
using Temper.Versioning.Content;

namespace Temper.Versioning.Tensors;

/// <summary>What the numbers of one tensor are like, in float64. What is not finite is counted and left out of the rest.</summary>
public sealed record TensorStatistics
{
    private const int PieceBytes = 4 << 20;

    /// <summary>Smallest; null without finite elements.</summary>
    public double? Min { get; init; }

    /// <summary>Largest; null without finite elements.</summary>
    public double? Max { get; init; }

    /// <summary>Mean; null without finite elements.</summary>
    public double? Mean { get; init; }

    /// <summary>Standard deviation of the whole, not of a sample; null without finite elements.</summary>
    public double? Deviation { get; init; }

    /// <summary>Elements that are zero.</summary>
    public long Zeros { get; init; }

    /// <summary>Elements that are NaN.</summary>
    public long Nan { get; init; }

    /// <summary>Elements that are infinite.</summary>
    public long Infinite { get; init; }

    /// <summary>Reads a tensor once.</summary>
    /// <exception cref="Temper.Core.Errors.TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public static async Task<TensorStatistics> ReadAsync(IObjectStore store, TensorTable table, TensorRow row, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(row);
        await using var content = await store.OpenFileAsync(table.File, row.Offset, row.Length, ct);
        var (sum, squares, all) = (default(CompensatedSum), default(CompensatedSum), new BlockFacts());
        var size = row.Type.Bytes();
        for (long at = 0; at < row.Length; at += PieceBytes)
        {
            var piece = new byte[(int)Math.Min(PieceBytes, row.Length - at)];
            await content.ReadExactlyAsync(piece, ct);
            var blockBytes = size * TensorSums.Block;
            var blocks = new BlockFacts[(piece.Length + blockBytes - 1) / blockBytes];
            Parallel.For(0, blocks.Length, new ParallelOptions { MaxDegreeOfParallelism = 2 }, i =>
            {
                var numbers = new double[Math.Min(blockBytes, piece.Length - i * blockBytes) / size];
                TensorNumbers.Decode(row.Type, piece.AsSpan(i * blockBytes, numbers.Length * size), numbers);
                blocks[i] = BlockFacts.Of(numbers);
            });
            foreach (var block in blocks)
            {
                sum.Add(block.Sum);
                squares.Add(block.Squares);
                all = all.With(block);
            }
        }
        return Finished(all, sum.Value, squares.Value);
    }

    private static TensorStatistics Finished(BlockFacts all, double sum, double squares)
    {
        var some = all.Finite > 0;
        var mean = sum / all.Finite;
        var variance = Math.Max(0, squares / all.Finite - mean * mean);
        return new()
        {
            Min = some ? all.Min : null,
            Max = some ? all.Max : null,
            Mean = some && double.IsFinite(mean) ? mean : null,
            Deviation = some && double.IsFinite(variance) ? Math.Sqrt(variance) : null,
            Zeros = all.Zeros,
            Nan = all.Nan,
            Infinite = all.Infinite,
        };
    }

    private readonly record struct BlockFacts()
    {
        public double Sum { get; init; }
        public double Squares { get; init; }
        public double Min { get; init; } = double.PositiveInfinity;
        public double Max { get; init; } = double.NegativeInfinity;
        public long Finite { get; init; }
        public long Zeros { get; init; }
        public long Nan { get; init; }
        public long Infinite { get; init; }

        public BlockFacts With(BlockFacts other) => this with
        {
            Min = Math.Min(Min, other.Min),
            Max = Math.Max(Max, other.Max),
            Finite = Finite + other.Finite,
            Zeros = Zeros + other.Zeros,
            Nan = Nan + other.Nan,
            Infinite = Infinite + other.Infinite,
        };

        public static BlockFacts Of(double[] numbers)
        {
            long zeros = 0, nan = 0, infinite = 0;
            var (min, max) = (double.PositiveInfinity, double.NegativeInfinity);
            Span<double> sums = stackalloc double[8], squares = stackalloc double[8];
            sums.Clear();
            squares.Clear();
            for (var i = 0; i < numbers.Length; i++)
            {
                var x = numbers[i];
                if (!double.IsFinite(x))
                {
                    nan += double.IsNaN(x) ? 1 : 0;
                    infinite += double.IsNaN(x) ? 0 : 1;
                    continue;
                }
                zeros += x == 0 ? 1 : 0;
                min = Math.Min(min, x);
                max = Math.Max(max, x);
                sums[i & 7] += x;
                squares[i & 7] += x * x;
            }
            return new()
            {
                Sum = Fold(sums),
                Squares = Fold(squares),
                Min = min,
                Max = max,
                Finite = numbers.Length - nan - infinite,
                Zeros = zeros,
                Nan = nan,
                Infinite = infinite,
            };
        }

        private static double Fold(Span<double> lanes) => (lanes[0] + lanes[4] + (lanes[2] + lanes[6])) + (lanes[1] + lanes[5] + (lanes[3] + lanes[7]));
    }
}
