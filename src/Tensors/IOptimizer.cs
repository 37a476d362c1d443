namespace Temper.Tensors;

/// <summary>Parameters that share settings.</summary>
/// <param name="Parameters">Trainable tensors, in the order their state is exported.</param>
/// <param name="WeightDecay">Decay per unit of learning rate, decoupled where the optimizer does not say otherwise; 0 for biases and norm weights.</param>
/// <param name="LearningRateScale">Factor on the step's learning rate (LoRA+ gives B more). Default 1.</param>
public sealed record ParameterGroup(IReadOnlyList<Tensor> Parameters, double WeightDecay = 0, double LearningRateScale = 1);

/// <summary>Constants of AdamW (Loshchilov &amp; Hutter 2019, arXiv:1711.05101).</summary>
/// <param name="Beta1">Decay of the first moment, in [0, 1). Default 0.9.</param>
/// <param name="Beta2">Decay of the second moment, in [0, 1). Default 0.999.</param>
/// <param name="Epsilon">Added to the root of the second moment. Default 1e-8.</param>
public sealed record AdamWOptions(double Beta1 = 0.9, double Beta2 = 0.999, double Epsilon = 1e-8);

/// <summary>Constants of gradient descent with momentum (Polyak 1964; Sutskever et al. 2013), with PyTorch's meanings: weight decay is added to the gradient.</summary>
/// <param name="Momentum">Share of the last step that goes on, in [0, 1). Default 0: no state at all.</param>
/// <param name="Nesterov">Looks ahead along the momentum. Default false.</param>
public sealed record SgdOptions(double Momentum = 0, bool Nesterov = false);

/// <summary>Updates parameters in place from the gradients that <see cref="IEngine.Backward"/> summed into them. One update:
/// <c>Backward</c> for every micro-batch, <see cref="ClipNorm"/>, decide, <see cref="Step"/> (or not), <see cref="ZeroGrad"/>.</summary>
public interface IOptimizer : IDisposable
{
    /// <summary>Updates applied so far.</summary>
    long Steps { get; }

    /// <summary>Norm of all gradients before clipping, summed in 64-bit; not finite when any gradient is not.
    /// The coming <see cref="Step"/> uses gradients times min(1, maxNorm / (norm + 1e-6)); <paramref name="maxNorm"/> = 0 only measures.</summary>
    double ClipNorm(double maxNorm);

    /// <summary>One update with this learning rate. A parameter that received no gradient is left alone.</summary>
    void Step(double learningRate);

    /// <summary>Forgets all gradients and the clipping factor.</summary>
    void ZeroGrad();

    /// <summary>Writes the step count and the moments of every parameter.</summary>
    void ExportState(Stream target);

    /// <summary>Reads what <see cref="ExportState"/> wrote, on any engine. Parameter count and shapes must agree, otherwise
    /// <see cref="InvalidDataException"/> and nothing changes.</summary>
    void ImportState(Stream source);
}
