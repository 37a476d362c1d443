using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Services.Trainer;
using Temper.Tensors;

namespace Temper.Training.Tests;

/// <summary>Engines of the roles: of jobs, and of models that are served.</summary>
public sealed class ServedEnginesTests
{
    [Fact]
    public void The_engine_of_a_model_that_is_no_longer_served_is_held_by_nobody()
    {
        var services = new ServiceCollection();
        services.AddTransient<IEngine>(_ => CpuEngine.Create(1));
        using var provider = services.BuildServiceProvider();
        var served = Serve(Engines.ForServing(services, provider, Settings.Read([])));
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        Assert.False(served.IsAlive);
    }

    [Fact]
    public void The_processor_answers_where_it_is_asked_for_by_name_or_no_plug_in_brings_an_engine()
    {
        var services = new ServiceCollection();
        using var none = Engines.ForServing(services, services.BuildServiceProvider(), Settings.Read([]))();
        services.AddTransient<IEngine>(_ => throw new InvalidOperationException("nobody asked for it"));
        using var named = Engines.ForServing(services, services.BuildServiceProvider(), Settings.Read(["--Trainer:Engine=cpu"]))();
        Assert.Equal((none.Info.NumericsId, "cpu"), (named.Info.NumericsId, named.Info.Name));
    }

    [Fact]
    public void A_name_chooses_among_the_engines_that_there_are_and_another_one_is_refused()
    {
        var services = new ServiceCollection();
        services.AddTransient<IEngine>(_ => CpuEngine.CreateDouble());
        using var provider = services.BuildServiceProvider();
        var (asked, wrong) = (Settings.Read([$"--Trainer:Engine={Engines.FromPlugin}"]), Settings.Read(["--Trainer:Engine=gpu"]));
        Assert.Equal(DType.F64, Engines.ForServing(services, provider, asked)().Info.Compute);
        Assert.Equal(DType.F64, Engines.Of(provider, asked)[Engines.FromPlugin](1, MatrixPath.Exact).Info.Compute);
        const string message = "There is no engine 'gpu'; there are cpu.";
        Assert.Equal(message, Assert.Throws<TemperException>(() => Engines.ForServing(services, provider, wrong)()).Message);
        Assert.Equal(message, Assert.Throws<TemperException>(() => Engines.Of(provider, wrong)["gpu"](1, MatrixPath.Exact)).Message);
        Assert.Equal("engine_unknown", Assert.Throws<TemperException>(() => Engines.ForServing(new ServiceCollection(), provider, wrong)()).Code);
    }

    [Fact]
    public void An_engine_of_a_plug_in_is_made_when_a_job_wants_it_and_never_where_the_processor_is_asked_for()
    {
        var services = new ServiceCollection();
        services.AddTransient<IEngine>(_ => throw new TemperException("engine_unavailable", "no such device"));
        using var provider = services.BuildServiceProvider();
        using var processor = Engines.Of(provider, Settings.Read(["--Trainer:Engine=cpu"]))["cpu"](1, MatrixPath.Exact);
        Assert.Equal("cpu", processor.Info.Name);
        var engines = Engines.Of(provider, Settings.Read([]));
        Assert.Equal("engine_unavailable", Assert.Throws<TemperException>(() => engines[Engines.Choose(Settings.Read([]), provider)!](1, MatrixPath.Exact)).Code);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Serve(Func<IEngine> make)
    {
        using var engine = make();
        return new WeakReference(engine);
    }
}
