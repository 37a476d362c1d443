using Temper.Training.Planning;
using Temper.Training.Recipes;

namespace Temper.Training.Tests;

public sealed class ScheduleTests
{
    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 0.1)]
    [InlineData(9, 0.9)]
    [InlineData(10, 1)]
    [InlineData(55, 0.5)]
    [InlineData(99, 0.000305)]
    public void Cosine_with_ten_steps_of_warm_up_and_a_hundred_in_all(int step, double expected) =>
        Assert.Equal(expected, Schedule.Factor("cosine", step, 10, 100), 6);

    [Theory]
    [InlineData("linear", 0, 0.0)]
    [InlineData("linear", 10, 1.0)]
    [InlineData("linear", 55, 0.5)]
    [InlineData("linear", 99, 1 / 90.0)]
    [InlineData("linear", 120, 0.0)]
    [InlineData("constant_with_warmup", 5, 0.5)]
    [InlineData("constant_with_warmup", 99, 1.0)]
    [InlineData("constant", 0, 1.0)]
    public void The_others_follow_their_closed_forms(string type, int step, double expected) => Assert.Equal(expected, Schedule.Factor(type, step, 10, 100), 12);

    // Hugging Face's lambdas, written out, with W = 10 and T = 100.
    [Theory]
    [InlineData("cosine_with_restarts", 55, 0.5)]
    [InlineData("cosine_with_restarts", 100, 0.0)]
    [InlineData("cosine_with_min_lr", 55, 0.5)]
    [InlineData("inverse_sqrt", 10, 1.0)]
    [InlineData("inverse_sqrt", 40, 0.5)]
    [InlineData("inverse_sqrt", 90, 1 / 3.0)]
    [InlineData("polynomial", 10, 1.0)]
    [InlineData("polynomial", 55, 0.5 + 0.5e-7)]
    [InlineData("polynomial", 100, 1e-7)]
    [InlineData("wsd", 5, 0.5)]
    [InlineData("wsd", 10, 1.0)]
    [InlineData("wsd", 80, 1.0)]
    [InlineData("wsd", 85, 0.5)]
    [InlineData("wsd", 99, 0.025320565519103609)]
    [InlineData("wsd", 100, 0.0)]
    [InlineData("constant", 3, 1.0)]
    public void The_rest_of_them_follow_theirs(string name, int step, double expected) => Assert.Equal(expected, Schedule.Factor(name, step, 10, 100), 12);

    [Fact]
    public void Cycles_least_rate_and_power_shape_a_curve()
    {
        double At(string name, ScheduleShape shape, int step) => Schedule.BuiltIn.Single(s => s.Name == name).Make(shape)(step);
        Assert.Equal(1, At("cosine", new(10, 100) { Cycles = 1 }, 100), 12);
        Assert.Equal(0, At("cosine", new(10, 100) { Cycles = 1 }, 55), 12);
        Assert.Equal(1, At("cosine_with_restarts", new(10, 100) { Cycles = 2 }, 55), 12);
        Assert.Equal(0.1, At("cosine_with_min_lr", new(10, 100) { MinShare = 0.1 }, 100), 12);
        Assert.Equal(0.55, At("cosine_with_min_lr", new(10, 100) { MinShare = 0.1 }, 55), 12);
        Assert.Equal(0.25 * (1 - 1e-3) + 1e-3, At("polynomial", new(10, 100, Peak: 1e-4) { Options = new(Schedule.BuiltIn.Single(s => s.Name == "polynomial"), new Dictionary<string, object> { ["power"] = 2.0 }) }, 55), 12);
    }

    [Fact]
    public void Without_warm_up_the_first_step_has_the_peak()
    {
        Assert.Equal(1, Schedule.Factor("cosine", 0, 0, 100));
        Assert.Equal(1, Schedule.Factor("linear", 0, 0, 1));
    }

    [Theory]
    [InlineData(10, 4, 2, 3.0, 3, 2, 6)]
    [InlineData(8, 4, 2, 1.0, 2, 1, 1)]
    [InlineData(9, 4, 2, 1.0, 3, 2, 2)]
    [InlineData(1, 64, 8, 1.0, 1, 1, 1)]
    [InlineData(100, 1, 1, 0.001, 100, 100, 1)]
    [InlineData(100, 1, 3, 0.5, 100, 34, 17)]
    public void Steps_are_counted_as_the_specification_says(int items, int batch, int accumulation, double epochs, int micro, int updates, int total)
    {
        var plan = new UpdatePlan(items, new TrainingSettings { PerDeviceTrainBatchSize = batch, GradientAccumulationSteps = accumulation, NumTrainEpochs = epochs });
        Assert.Equal((micro, updates, total), (plan.MicroBatchesPerEpoch, plan.UpdatesPerEpoch, plan.TotalSteps));
    }

    [Fact]
    public void Saving_and_measuring_follow_their_cadence_and_happen_after_the_last_step()
    {
        var plan = new UpdatePlan(10, new TrainingSettings { PerDeviceTrainBatchSize = 1, MaxSteps = 25, EvalStrategy = Cadence.Epoch, SaveStrategy = Cadence.Steps, SaveSteps = 0.33 });
        Assert.Equal([10, 20, 25], Enumerable.Range(1, 25).Where(plan.EvaluateAfter));
        Assert.Equal([9, 18, 25], Enumerable.Range(1, 25).Where(plan.SaveAfter));
    }
}
