using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Temper.AppHost;

/// <summary>What a deployment can choose: appsettings.json beside this file, or variables of the shell that runs azd or AppHost (<c>Trainer__Gpu=false</c>).
/// docs/deploy.md explains each.</summary>
internal sealed class Settings(IConfiguration configuration, bool isPublish)
{
    /// <summary>Name of the GPU workload profile inside the environment.</summary>
    public const string GpuProfileName = "gpu";

    /// <summary>Whether the registry and <c>/v1</c> can be reached from outside. Then, and only then, there is an API key, which azd asks for.</summary>
    public bool Public => configuration.GetValue("Registry:Public", false);

    /// <summary>Train on a GPU. In Azure unless it is declined (which needs no quota); locally only where it is asked for, because without NVIDIA's toolkit
    /// such a container does not start at all.</summary>
    public bool Gpu => configuration.GetValue("Trainer:Gpu", isPublish);

    /// <summary>Serve on a GPU.</summary>
    public bool ServeOnGpu => isPublish && configuration.GetValue("Serve:Gpu", false);

    /// <summary>Servers that stay when nobody asks; 0: the first request waits until one has started and loaded its model.</summary>
    public int LeastServers => configuration.GetValue("Serve:MinReplicas", 1);

    /// <summary>Servers at most, however many ask; never fewer than stay.</summary>
    public int MostServers => Math.Max(LeastServers, configuration.GetValue("Serve:MaxReplicas", 1));

    /// <summary>Kind of serverless GPU; A100 has bf16 products, T4 has none.</summary>
    public string GpuProfile => configuration["Trainer:GpuProfile"] ?? "Consumption-GPU-NC24-A100";

    /// <summary>Processors and memory of one GPU's container: all that the profile has.</summary>
    public (double Cpu, string Memory) GpuSize => GpuProfile.EndsWith("T4", StringComparison.OrdinalIgnoreCase) ? (8, "56Gi") : (24, "220Gi");

    /// <summary>Processors and memory of a container without GPU: the most that the ordinary profile gives.</summary>
    public (double Cpu, string Memory) CpuSize => (4, "8Gi");

    /// <summary>Processors and memory of the registry or of ingestion, two GiB to each processor. The disk comes with the processors: 2 GiB with half of one, 4 with one,
    /// 8 with more.</summary>
    /// <param name="process"><c>Registry</c> or <c>Ingest</c>.</param>
    public (double Cpu, string Memory) SizeOf(string process)
    {
        var cpu = configuration.GetValue($"{process}:Cpu", 1.0);
        return (cpu, string.Create(CultureInfo.InvariantCulture, $"{cpu * 2}Gi"));
    }

    /// <summary>Trainers at a time.</summary>
    public int MostExecutions => configuration.GetValue("Trainer:MostExecutions", 2);

    /// <summary>Hours after which an execution is ended; its job goes on from the last checkpoint.</summary>
    public int MostHours => configuration.GetValue("Trainer:MostHours", 12);

    /// <summary>Where model files are kept inside the trainer's and the server's containers.</summary>
    public string ModelCache => configuration["Trainer:Cache"] ?? "/var/cache/temper";

    /// <summary>Whether that place is a share of Azure Files, which is larger than a container's disk and outlives executions.</summary>
    public bool Share => configuration.GetValue("Trainer:Share", false);

    /// <summary>Name of a scorer of the team's own under a dataset's filters; null: there is none.</summary>
    public string? Scorer => configuration["MlNet:Name"];

    /// <summary>Its model, beginning in the folder of the plug-in.</summary>
    public string ScorerModel => configuration["MlNet:Model"] ?? "model.zip";
}
