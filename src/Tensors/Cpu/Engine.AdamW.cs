using System.Buffers.Binary;

namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public IOptimizer AdamW(IReadOnlyList<ParameterGroup> groups, AdamWOptions options) => new Optimizer(this, groups, options);

    /// <summary>One pass per parameter over gradient, weight and both moments.</summary>
    private sealed class Optimizer : IOptimizer
    {
        private readonly Engine<T, V> engine;
        private readonly AdamWOptions options;
        private readonly List<Slot> slots = [];
        private double clip = 1;

        public Optimizer(Engine<T, V> engine, IReadOnlyList<ParameterGroup> groups, AdamWOptions options)
        {
            this.engine = engine;
            this.options = options;
            foreach (var group in groups)
            {
                foreach (var parameter in group.Parameters)
                {
                    var own = engine.Real_("adamw", "parameter", parameter);
                    if (!own.IsParameter) throw new AutogradException("adamw", $"{own} is not a parameter");
                    slots.Add(new Slot(own, engine.Fresh(own), engine.Fresh(own), group));
                }
            }
        }

        public long Steps { get; private set; }

        public double ClipNorm(double maxNorm)
        {
            using var time = engine.Time("adamw");
            var total = 0.0;
            foreach (var slot in slots)
                if (slot.Parameter.Grad is { } grad) total += engine.SquareSum(At(grad), grad.Count);
            var norm = Math.Sqrt(total);
            clip = maxNorm > 0 ? Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
            return norm;
        }

        public void Step(double learningRate)
        {
            using var time = engine.Time("adamw");
            Steps++;
            var (c1, c2) = (1 - Power(options.Beta1, Steps), 1 - Power(options.Beta2, Steps));
            foreach (var slot in slots)
            {
                if (slot.Parameter.Grad is not { } grad) continue;
                var rate = learningRate * slot.Group.LearningRateScale;
                var update = new AdamWUpdate<T, V>(options, clip, rate, slot.Group.WeightDecay, c1, c2);
                engine.Split(grad.Count, Grain, new Updated(update, At(slot.Parameter), At(grad), At(slot.First), At(slot.Second)));
            }
        }

        public void ZeroGrad()
        {
            clip = 1;
            foreach (var slot in slots) engine.DropGrad(slot.Parameter);
        }

        public void ExportState(Stream target)
        {
            Span<byte> number = stackalloc byte[8];
            long[] header = [OptimizerState.Magic, sizeof(T), Steps, slots.Count];
            foreach (var value in header) Write(target, number, value);
            foreach (var slot in slots)
            {
                Write(target, number, slot.First.Count);
                OptimizerState.Write(target, slot.First.Bytes, slot.First.ByteCount);
                OptimizerState.Write(target, slot.Second.Bytes, slot.Second.ByteCount);
            }
        }

        public void ImportState(Stream source)
        {
            var header = (Magic: OptimizerState.Read(source), Size: OptimizerState.Read(source), Steps: OptimizerState.Read(source), Count: OptimizerState.Read(source));
            if (header.Magic != OptimizerState.Magic) throw new InvalidDataException("optimizer state: not an AdamW state of this program");
            if (header.Size != sizeof(T)) throw new InvalidDataException($"optimizer state: elements of {header.Size} bytes, expected {sizeof(T)}");
            if (header.Count != slots.Count) throw new InvalidDataException($"optimizer state: {header.Count} parameters, expected {slots.Count}");
            var fresh = new List<(CpuTensor First, CpuTensor Second)>();
            try
            {
                foreach (var slot in slots)
                {
                    var count = OptimizerState.Read(source);
                    if (count != slot.First.Count) throw new InvalidDataException($"optimizer state: parameter {fresh.Count} has {count} elements, expected {slot.First.Count}");
                    fresh.Add((engine.Fresh(slot.Parameter), engine.Fresh(slot.Parameter)));
                    OptimizerState.Read(source, fresh[^1].First.Bytes, slot.First.ByteCount);
                    OptimizerState.Read(source, fresh[^1].Second.Bytes, slot.Second.ByteCount);
                }

                for (var i = 0; i < slots.Count; i++)
                {
                    Buffer.MemoryCopy(fresh[i].First.Bytes, slots[i].First.Bytes, slots[i].First.ByteCount, slots[i].First.ByteCount);
                    Buffer.MemoryCopy(fresh[i].Second.Bytes, slots[i].Second.Bytes, slots[i].Second.ByteCount, slots[i].Second.ByteCount);
                }

                Steps = header.Steps;
            }
            finally
            {
                foreach (var (first, second) in fresh)
                {
                    first.Dispose();
                    second.Dispose();
                }
            }
        }

        public void Dispose()
        {
            foreach (var slot in slots)
            {
                slot.First.Dispose();
                slot.Second.Dispose();
            }
        }

        private static void Write(Stream target, Span<byte> number, long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            target.Write(number);
        }

        /// <summary>Exact repeated squaring: the platform's pow may differ between machines.</summary>
        private static double Power(double x, long n)
        {
            var result = 1.0;
            for (; n > 0; n >>= 1, x *= x)
                if ((n & 1) == 1) result *= x;
            return result;
        }

        private sealed record Slot(CpuTensor Parameter, CpuTensor First, CpuTensor Second, ParameterGroup Group);
    }

    /// <summary>A tensor of zeros, of no scope.</summary>
    private CpuTensor Fresh(CpuTensor like)
    {
        var fresh = NewFree(Real, like.Shape);
        Clear(At(fresh), fresh.Count);
        return fresh;
    }

    /// <summary>Σ x² in f64: blocks of 16,384 over sixteen lanes, then the blocks in order.</summary>
    private double SquareSum(T* x, long count)
    {
        var blocks = (int)((count + SquareBlocks.Size - 1) / SquareBlocks.Size);
        var memory = pool.Rent((long)blocks * sizeof(double));
        var sums = (double*)memory.Pointer;
        workers.Run(blocks, new SquareBlocks(x, sums, count));
        var total = 0.0;
        for (var i = 0; i < blocks; i++) total += sums[i];
        memory.Release();
        return total;
    }

    private readonly struct SquareBlocks(T* x, double* sums, long count) : IWork
    {
        public const int Size = 1 << 14;

        public void Run(int item, int worker)
        {
            var lanes = stackalloc double[16];
            for (var lane = 0; lane < 16; lane++) lanes[lane] = 0;
            for (var at = (long)item * Size; at < Math.Min(count, (item + 1L) * Size); at++)
            {
                var value = double.CreateTruncating(x[at]);
                lanes[at & 15] += value * value;
            }

            for (var half = 8; half > 0; half /= 2)
                for (var lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
            sums[item] = lanes[0];
        }
    }

    private readonly struct Updated(AdamWUpdate<T, V> update, T* w, T* g, T* m, T* v) : IRange
    {
        public void Run(long from, long to) => update.Run(w + from, g + from, m + from, v + from, to - from);
    }
}
