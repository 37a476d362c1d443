using Temper.Core.Errors;
using Temper.Models;
using Temper.Tensors;
using Temper.Training.Objectives;
using Temper.Training.Planning;

namespace Temper.Training.Tests;

/// <summary>An objective whose passes are seen, and may be changed, before they are made.</summary>
internal sealed class PassingObjective(IObjective inner, Func<MicroBatch, LossPass, LossPass> before) : IObjective
{
    public IEngine Engine => inner.Engine;

    public IReadOnlyList<NamedTensor> Trained => inner.Trained;

    public byte[]? AdapterConfig => inner.AdapterConfig;

    public double FrozenBytes => inner.FrozenBytes;

    public UnitNames Names => inner.Names;

    public double RateScale(string name) => inner.RateScale(name);

    public IEnumerable<Problem> Check(Recipes.Recipe recipe) => inner.Check(recipe);

    public IEnumerable<Problem> Check(TrainExample example, Recipes.Recipe recipe) => inner.Check(example, recipe);

    public MicroBatch Lay(int index, IReadOnlyList<TrainExample> chosen) => inner.Lay(index, chosen);

    public StepLoss Loss(MicroBatch micro, in LossPass pass) => inner.Loss(micro, before(micro, pass));
}
