using TorchSharp;
using T = TorchSharp.torch.Tensor;

namespace Temper.Plugins.TorchSharp;

/// <summary>
/// What libtorch can and the binding does not offer, as TorchScript. A text that does not compile ends the process, so the text is a constant, for
/// library versions between two that it was tried on, 2.6 and 2.14; on any other version the operations are composed instead. Numbers go in as tensors: the binding lets the collector
/// free a temporary scalar under the running call.
/// </summary>
internal sealed class Scripts : IDisposable
{
    private const string Text = """
        def rms_norm(x, w, e):
          return torch.rms_norm(x, [x.size(1)], w, float(e))
        def attention(q, k, v, s):
          return torch.scaled_dot_product_attention(q, k, v, None, 0.0, False, scale=float(s), enable_gqa=True)
        def causal_attention(q, k, v, s):
          return torch.scaled_dot_product_attention(q, k, v, None, 0.0, True, scale=float(s), enable_gqa=True)
        def adamw(p: List[Tensor], g: List[Tensor], m: List[Tensor], v: List[Tensor], steps: List[Tensor], c):
          torch._fused_adamw_(p, g, m, v, [], steps, lr=float(c[0]), beta1=float(c[1]), beta2=float(c[2]), weight_decay=float(c[3]), eps=float(c[4]), amsgrad=False, maximize=False)
          return p[0]

        """;

    private readonly torch.jit.CompilationUnit _unit;
    private readonly Dictionary<double, T> _numbers = [];

    private Scripts(torch.jit.CompilationUnit unit) => _unit = unit;

    /// <summary>Null where no text is known to compile.</summary>
    /// <param name="library">What the library itself says it is.</param>
    public static Scripts? For(Version? library) => library is { Major: 2, Minor: >= 10 and <= 14 } ? new(torch.jit.compile(Text)) : null;

    /// <summary>x / √(mean(x²) + ε) · w per row.</summary>
    public T RmsNorm(T x, T weight, double epsilon) => (T)_unit.invoke("rms_norm", x, weight, Number(epsilon));

    /// <summary>Attention of [1, N, T, H] over [1, K, S, H] with a scale of its own; a key's head serves N / K query heads without being copied. On a GPU only
    /// for N = K: none of its kernels for f32 takes shared heads, and what libtorch falls back to makes all scores, T·S of them a head.</summary>
    public T Attention(T q, T k, T v, double scale, bool causal) => (T)_unit.invoke(causal ? "causal_attention" : "attention", q, k, v, Number(scale));

    /// <summary>One update of all parameters in place.</summary>
    /// <param name="parameters">And, in the same order, their gradients and moments.</param>
    /// <param name="grads">Clipped already.</param>
    /// <param name="first">First moments.</param>
    /// <param name="second">Second moments.</param>
    /// <param name="updates">Updates so far, this one included: one f32 per parameter.</param>
    /// <param name="constants">Learning rate, β1, β2, decay, ε: f64 on the processor.</param>
    public void AdamW(T[] parameters, T[] grads, T[] first, T[] second, T[] updates, T constants) => _unit.invoke("adamw", parameters, grads, first, second, updates, constants);

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var number in _numbers.Values)
            number.Dispose();
        _unit.Dispose();
    }

    private T Number(double value) =>
        _numbers.TryGetValue(value, out var known) ? known : _numbers[value] = torch.tensor(value, torch.ScalarType.Float64).DetachFromDisposeScope();
}
