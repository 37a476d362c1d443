using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Plugins;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Factories;
using Temper.Training.Observers;
using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Example.Toolbox;

/// <summary>One of each: a schedule, an optimizer, a loss, an architecture, a head and an observer, each registered as an instance.</summary>
public sealed class ToolboxPlugin : ITemperPlugin
{
    /// <inheritdoc/>
    public void Register(IServiceCollection services)
    {
        services.AddSingleton(new NamedSchedule("triangle", Triangle) { Options = [PartOption.Number("peak_at", "(0, 1)", 0.5, "Share of the run after which the rate falls")] });
        services.AddSingleton(new NamedOptimizer("signum", s => new Signum(s.Engine, s.Groups, s.Options.Number("momentum")))
        {
            Options = [PartOption.Number("momentum", "[0, 1)", 0.9, "Share of the moment that stays")],
        });
        services.AddSingleton(new NamedLoss("late_tokens", [TrainingTask.CausalLm], LateTokens) { Options = [PartOption.Number("slope", "[0, 10]", 1, "Weight of an answer's last token beside its first, less one")] });
        services.AddSingleton(new DecoderFamily { ModelType = "parrot", CausalClass = "ParrotForCausalLM", BaseClass = "ParrotModel", AttentionBias = BiasRule.AsConfigured, Activation = ("hidden_act", "gelu_pytorch_tanh") });
        services.AddSingleton(new ClassifierHead("two_layer", width => [new("dense.weight", [width, width]), new("dense.bias", [width], IsBias: true)],
            pass => pass.Engine.Tanh(pass.Engine.Linear(pass.Features, pass.Weight("dense.weight"), pass.Weight("dense.bias")))));
        services.AddSingleton(new NamedObserver("journal", run => new Journal(run)));
    }

    /// <summary>Up to the peak in a straight line, and down again.</summary>
    private static Func<int, double> Triangle(ScheduleShape shape)
    {
        var peak = Math.Max(1, shape.Total * shape.Options.Number("peak_at"));
        return step => step < peak ? (step + 1) / (peak + 1) : Math.Max(0, (shape.Total - step) / (shape.Total - peak + 1));
    }

    /// <summary>Later tokens of a document weigh more.</summary>
    private static UnitLoss LateTokens(PartValues options)
    {
        var slope = options.Number("slope");
        return view =>
        {
            var weights = new List<float>();
            foreach (var length in view.Batch.Batch.Lengths)
                weights.AddRange(Enumerable.Range(0, length).Select(t => (float)(-1 - slope * t / length)));
            return view.Engine.Mul(view.LogProbs, view.Engine.FromFloats([.. weights], weights.Count));
        };
    }
}
