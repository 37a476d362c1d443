using System.Buffers.Binary;

namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    /// <summary>What optimizers share: parameters with their moments, the norm, and the state's bytes.</summary>
    private abstract class Optimizer : IOptimizer
    {
        /// <summary>Added to the magic number of a state in which a parameter has fewer updates than there were steps; its elements are then followed by how many fewer.</summary>
        private const long Late = 1L << 48;

        private readonly string name;
        private readonly long magic;
        private readonly List<Slot> slots = [];
        private double clip = 1;

        protected Optimizer(Engine<T, V> engine, string name, long magic, int moments, IReadOnlyList<ParameterGroup> groups)
        {
            (Engine, this.name, this.magic) = (engine, name, magic);
            foreach (var group in groups)
            {
                foreach (var parameter in group.Parameters)
                {
                    var own = engine.Real_(name, "parameter", parameter);
                    if (!own.IsParameter) throw new AutogradException(name, $"{own} is not a parameter");
                    slots.Add(new Slot(own, Moments(own, moments), group));
                }
            }
        }

        public long Steps { get; private set; }

        protected Engine<T, V> Engine { get; }

        public double ClipNorm(double maxNorm)
        {
            using var time = Engine.Time(name);
            var total = 0.0;
            foreach (var slot in slots)
                if (slot.Parameter.Grad is { } grad) total += Engine.SquareSum(At(grad), grad.Count);
            var norm = Math.Sqrt(total);
            clip = maxNorm > 0 ? Math.Min(1, maxNorm / (norm + 1e-6)) : 1;
            return norm;
        }

        public void Step(double learningRate)
        {
            using var time = Engine.Time(name);
            Steps++;
            Begin();
            foreach (var slot in slots)
            {
                if (slot.Parameter.Grad is { } grad) Update(slot, grad, learningRate * slot.Group.LearningRateScale, clip);
                else slot.Missed++;
            }
        }

        public void ZeroGrad()
        {
            clip = 1;
            foreach (var slot in slots) Engine.DropGrad(slot.Parameter);
        }

        public void ExportState(Stream target)
        {
            Span<byte> number = stackalloc byte[8];
            var late = CountsUpdates && slots.Exists(slot => slot.Missed > 0);
            long[] header = [late ? magic + Late : magic, sizeof(T), Steps, slots.Count];
            foreach (var value in header) Write(target, number, value);
            foreach (var slot in slots)
            {
                Write(target, number, slot.Parameter.Count);
                if (late) Write(target, number, slot.Missed);
                foreach (var moment in slot.Moments) OptimizerState.Write(target, moment.Bytes, moment.ByteCount);
            }
        }

        public void ImportState(Stream source)
        {
            var header = (Magic: OptimizerState.Read(source), Size: OptimizerState.Read(source), Steps: OptimizerState.Read(source), Count: OptimizerState.Read(source));
            var late = CountsUpdates && header.Magic == magic + Late;
            if (!late && header.Magic != magic) throw new InvalidDataException($"optimizer state: not a state of {name} of this program");
            if (header.Size != sizeof(T)) throw new InvalidDataException($"optimizer state: elements of {header.Size} bytes, expected {sizeof(T)}");
            if (header.Count != slots.Count) throw new InvalidDataException($"optimizer state: {header.Count} parameters, expected {slots.Count}");
            var (fresh, missed) = (new List<CpuTensor[]>(), new List<long>());
            try
            {
                foreach (var slot in slots)
                {
                    var count = OptimizerState.Read(source);
                    if (count != slot.Parameter.Count) throw new InvalidDataException($"optimizer state: parameter {fresh.Count} has {count} elements, expected {slot.Parameter.Count}");
                    missed.Add(late ? OptimizerState.Read(source) : 0);
                    if (missed[^1] < 0 || missed[^1] > header.Steps) throw new InvalidDataException($"optimizer state: parameter {fresh.Count} missed {missed[^1]} of {header.Steps} steps");
                    fresh.Add(Moments(slot.Parameter, slot.Moments.Length));
                    foreach (var moment in fresh[^1]) OptimizerState.Read(source, moment.Bytes, moment.ByteCount);
                }

                foreach (var (slot, read, without) in slots.Zip(fresh, missed))
                {
                    slot.Missed = without;
                    foreach (var (to, from) in slot.Moments.Zip(read)) Buffer.MemoryCopy(from.Bytes, to.Bytes, to.ByteCount, to.ByteCount);
                }

                Steps = header.Steps;
            }
            finally
            {
                foreach (var moment in fresh.SelectMany(read => read)) moment.Dispose();
            }
        }

        public void Dispose()
        {
            foreach (var moment in slots.SelectMany(slot => slot.Moments)) moment.Dispose();
        }

        /// <summary>Whether an update depends on how many its parameter has had.</summary>
        protected virtual bool CountsUpdates => false;

        /// <summary>What a step needs once.</summary>
        protected virtual void Begin()
        {
        }

        /// <summary>Updates one parameter from its gradient, which counts <paramref name="clip"/> times.</summary>
        protected abstract void Update(Slot slot, CpuTensor grad, double rate, double clip);

        private CpuTensor[] Moments(CpuTensor like, int count) => [.. Enumerable.Range(0, count).Select(_ => Engine.Fresh(like))];

        private static void Write(Stream target, Span<byte> number, long value)
        {
            BinaryPrimitives.WriteInt64LittleEndian(number, value);
            target.Write(number);
        }

        protected sealed record Slot(CpuTensor Parameter, CpuTensor[] Moments, ParameterGroup Group)
        {
            /// <summary>Steps in which it had no gradient, such as those of an epoch in which it was frozen.</summary>
            public long Missed { get; set; }
        }
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
}
