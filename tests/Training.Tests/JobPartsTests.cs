using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Errors;
using Temper.Core.Plugins;
using Temper.Tensors;
using Temper.Testing;
using Temper.Training.Factories;
using Temper.Training.Jobs;
using Temper.Training.Planning;
using Temper.Training.Tasks;

namespace Temper.Training.Tests;

/// <summary>Whose the parts of a run are.</summary>
public sealed class JobPartsTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FoundPlugin _plugin;

    public JobPartsTests()
    {
        File.WriteAllText(_folder.Of("Tools.dll"), "code");
        _plugin = new(new("tools", new(1, 2), "Tools.dll", "Tools.Plugin", new Dictionary<string, Version>()), _folder.Path);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_plug_in_may_register_one_instance_as_several_things()
    {
        var saw = new NamedSchedule("saw", _ => _ => 1);
        var parts = JobParts.Of(JobEngines.BuiltIn(MatrixPath.Exact), Brought(saw, services => services.AddSingleton<NamedPart>(saw).AddSingleton(saw), times: 2));
        Assert.Equal("schedule saw", Assert.Single(Assert.Single(parts.Used(Recipes.RecipeReader.Read("training: {lr_scheduler_type: saw}", null, parts.Parts), null)).Parts));
    }

    [Fact]
    public void A_task_of_a_plug_in_is_named_by_the_lineage_with_the_plug_in_whose_it_is()
    {
        var task = new NamedTask("pretrain", _ => throw new InvalidOperationException());
        var parts = JobParts.Of(JobEngines.BuiltIn(MatrixPath.Exact), Brought(task, services => services.AddSingleton(task)));
        var pin = Assert.Single(parts.Used(Tiny.Recipe("task: pretrain"), null));
        Assert.Equal(("tools", "1.2", "task pretrain"), (pin.Name, pin.Version, Assert.Single(pin.Parts)));
        Assert.Empty(parts.Used(Tiny.Recipe("lora: {r: 4}"), null));

        var stray = new ServiceCollection().AddSingleton(_ => task).BuildServiceProvider();
        Assert.Equal("plugin_load_failed", Assert.Throws<TemperException>(() => JobParts.Of(JobEngines.BuiltIn(MatrixPath.Exact), stray)).Code);
    }

    private ServiceProvider Brought(object part, Action<IServiceCollection> register, int times = 1)
    {
        var services = new ServiceCollection();
        register(services);
        for (var i = 0; i < times; i++)
            services.AddSingleton(new PluginOrigin(part, _plugin));
        return services.BuildServiceProvider();
    }
}
