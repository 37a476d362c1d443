using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Objectives;
using Temper.Training.Planning;
using Temper.Training.Ranks;
using Temper.Training.Recipes;

namespace Temper.Training.Tests.Ranks;

/// <summary>What hands gradients on proves that the model gives them in the order that it counts on.</summary>
public sealed class PassageTests
{
    [Fact]
    public void A_model_that_shares_a_weight_between_blocks_is_found_when_its_lower_blocks_thaw()
    {
        using var engine = CpuEngine.Create(1);
        using var passage = new Passage(new Shared(engine, thawed: 2), _ => throw new InvalidOperationException("nothing comes before the first micro-batch"), (_, _) => { });
        for (var step = 0; step < 2; step++)
            passage.Learn(Micro(step), new(1, 1));
        var error = Assert.Throws<TemperException>(() => passage.Learn(Micro(2), new(1, 1)));
        Assert.Equal("replicas_differ", error.Code);
        Assert.Contains("model.layers.1.a.weight got more gradient after it had been handed on", error.Message, StringComparison.Ordinal);
    }

    private static MicroFrame Micro(int step) => new(new(1, step, 0), 0, 2, 1, new(0, new PackedBatch([1], [1]), [], 1));

    /// <summary>Two blocks of one factor each; the upper one's is used in the lower one, too, which is frozen at first.</summary>
    private sealed class Shared : IObjective
    {
        private readonly Tensor _a, _b;
        private readonly int _thawed;

        public Shared(IEngine engine, int thawed)
        {
            (Engine, _thawed) = (engine, thawed);
            (_a, _b) = (engine.Parameter(engine.FromFloats([1, 2], 2)), engine.Parameter(engine.FromFloats([3, 4], 2)));
            Trained = [new("model.layers.0.b.weight", _b), new("model.layers.1.a.weight", _a)];
        }

        public IEngine Engine { get; }

        public IReadOnlyList<NamedTensor> Trained { get; }

        public byte[]? AdapterConfig => null;

        public double FrozenBytes => 0;

        public IEnumerable<Problem> Check(Recipe recipe) => [];

        public IEnumerable<Problem> Check(TrainExample example, Recipe recipe) => [];

        public MicroBatch Lay(int index, IReadOnlyList<TrainExample> chosen) => throw new NotSupportedException();

        public StepLoss Loss(MicroBatch micro, in LossPass pass)
        {
            var x = Engine.FromFloats([5, 6], 2);
            if (pass.Step >= _thawed)
                x = Engine.Mul(Engine.Mul(x, _b), _a);
            var sum = Engine.Sum(Engine.Mul(pass.Border!(1, x), _a), 0);
            return new(sum, Engine.Detach(sum));
        }
    }
}
