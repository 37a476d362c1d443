using Microsoft.Extensions.DependencyInjection;
using Temper.Core.Blobs;
using Temper.Core.Registry;
using Temper.Ingest;
using Temper.Models;
using Temper.Storage.Cache;
using Temper.Storage.Folder;
using Temper.Tensors;

namespace Temper.Functions.Ingest;

/// <summary>The ingestion worker of this process: the same as everywhere, with models and recent records kept on the local disk.</summary>
public static class Worker
{
    /// <summary>Of cached records and vectors: the disk of a container is small.</summary>
    private const long NearBytes = 1L << 30;

    /// <summary>Makes it.</summary>
    /// <param name="services">Registry, blob store, clock, and the scorers of plug-ins.</param>
    /// <param name="cache">Folder of this machine; everything in it can be made again.</param>
    public static IngestWorker Create(IServiceProvider services, string cache)
    {
        var (registry, clock) = (services.GetRequiredService<RegistryClient>(), services.GetRequiredService<TimeProvider>());
        var models = new ModelFolderCache(registry, Path.Combine(cache, "models"), clock);
        return new(registry, new RegistryDoorbell(registry), services.GetRequiredService<IBlobStore>(), new IngestOptions
        {
            Worker = $"{Environment.MachineName}/{Environment.ProcessId}/functions",
            Scorers = [.. services.GetServices<IRecordScorer>()],
            Near = new NearShards(new FolderBlobStore(Path.Combine(cache, "records"), clock), NearBytes),
            Previews = async (model, stop) => ModelFolder.Open(await models.GetAsync(model.Base ?? model, stop)),
            Embedders = async (model, stop) => await RegisteredModelEmbedder.OpenAsync(models, model, () => CpuEngine.Create(), stop),
        }, clock);
    }
}
