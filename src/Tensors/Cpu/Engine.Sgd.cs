using System.Runtime.CompilerServices;

namespace Temper.Tensors;

internal sealed unsafe partial class Engine<T, V>
{
    public IOptimizer Sgd(IReadOnlyList<ParameterGroup> groups, SgdOptions options) => new SgdOptimizer(this, groups, options);

    private sealed class SgdOptimizer(Engine<T, V> engine, IReadOnlyList<ParameterGroup> groups, SgdOptions options)
        : Optimizer(engine, "sgd", OptimizerState.SgdMagic, options.Momentum == 0 ? 0 : 1, groups)
    {
        protected override void Update(Slot slot, CpuTensor grad, double rate, double clip)
        {
            var update = new SgdUpdate(options, clip, rate, slot.Group.WeightDecay);
            Engine.Split(grad.Count, Grain, new Descended(update, At(slot.Parameter), At(grad), slot.Moments is [var moment] ? At(moment) : null));
        }
    }

    /// <summary>d = g + decay·w; m ← momentum·m + d; w ← w - lr·m, or w - lr·(d + momentum·m) with Nesterov's look ahead.</summary>
    private readonly struct SgdUpdate(SgdOptions options, double clip, double rate, double decay)
    {
        private readonly T clip = T.CreateChecked(clip), decay = T.CreateChecked(decay), momentum = T.CreateChecked(options.Momentum), rate = T.CreateChecked(rate);
        private readonly bool ahead = options.Nesterov;

        [MethodImpl(Kernel.Alone)]
        public void Run(T* w, T* g, T* m, long count)
        {
            V clips = V.Broadcast(clip), decays = V.Broadcast(decay), keeps = V.Broadcast(momentum), minus = V.Broadcast(-rate);
            for (long i = 0; i < count; i += 16)
            {
                var left = count - i;
                var weight = Part<T, V>.Load(w + i, left);
                var step = V.Fma(weight, decays, Part<T, V>.Load(g + i, left) * clips);
                if (m != null)
                {
                    var moment = V.Fma(Part<T, V>.Load(m + i, left), keeps, step);
                    Part<T, V>.Store(moment, m + i, left);
                    step = ahead ? V.Fma(moment, keeps, step) : moment;
                }

                Part<T, V>.Store(V.Fma(step, minus, weight), w + i, left);
            }
        }
    }

    private readonly struct Descended(SgdUpdate update, T* w, T* g, T* m) : IRange
    {
        public void Run(long from, long to) => update.Run(w + from, g + from, m == null ? null : m + from, to - from);
    }
}
