using Microsoft.Extensions.DependencyInjection;

namespace Temper.Core.Plugins;

/// <summary>
/// Entry point of a plug-in. What it may register: <c>IEngine</c>, <c>IDoorbell</c>, <c>IEventRelay</c>, <c>IRecordScorer</c>, <c>IDataBackend</c>,
/// <c>IEmbedder</c>, and named factories: tasks, schedules, optimizers, losses, heads, architectures, observers of runs, each as an instance.
/// </summary>
public interface ITemperPlugin
{
    /// <summary>Adds the plug-in's services. Called once, before the host is built.</summary>
    void Register(IServiceCollection services);
}
