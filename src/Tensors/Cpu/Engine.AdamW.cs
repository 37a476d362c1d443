namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public IOptimizer AdamW(IReadOnlyList<ParameterGroup> groups, AdamWOptions options) => new AdamWOptimizer(this, groups, options);

    /// <summary>One pass per parameter over gradient, weight and both moments.</summary>
    private sealed class AdamWOptimizer(Engine<T, V> engine, IReadOnlyList<ParameterGroup> groups, AdamWOptions options)
        : Optimizer(engine, "adamw", OptimizerState.Magic, 2, groups)
    {
        private double c1, c2;

        protected override bool CountsUpdates => true;

        protected override void Begin() => (c1, c2) = Corrections(Steps);

        /// <summary>The corrections are those of the parameter's own count of updates, as in PyTorch: one that was frozen at first begins like any other.</summary>
        protected override void Update(Slot slot, CpuTensor grad, double rate, double clip)
        {
            var (first, second) = slot.Missed == 0 ? (c1, c2) : Corrections(Steps - slot.Missed);
            var update = new AdamWUpdate<T, V>(options, clip, rate, slot.Group.WeightDecay, first, second);
            Engine.Split(grad.Count, Grain, new Updated(update, At(slot.Parameter), At(grad), At(slot.Moments[0]), At(slot.Moments[1])));
        }

        private (double First, double Second) Corrections(long updates) => (1 - Power(options.Beta1, updates), 1 - Power(options.Beta2, updates));

        /// <summary>Exact repeated squaring: the platform's pow may differ between machines.</summary>
        private static double Power(double x, long n)
        {
            var result = 1.0;
            for (; n > 0; n >>= 1, x *= x)
                if ((n & 1) == 1) result *= x;
            return result;
        }
    }

    private readonly struct Updated(AdamWUpdate<T, V> update, T* w, T* g, T* m, T* v) : IRange
    {
        public void Run(long from, long to) => update.Run(w + from, g + from, m + from, v + from, to - from);
    }
}
