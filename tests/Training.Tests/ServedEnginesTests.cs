using System.Runtime.CompilerServices;
using Microsoft.Extensions.DependencyInjection;
using Temper.Services.Trainer;
using Temper.Tensors;

namespace Temper.Training.Tests;

/// <summary>Engines of the serve role.</summary>
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static WeakReference Serve(Func<IEngine> make)
    {
        using var engine = make();
        return new WeakReference(engine);
    }
}
