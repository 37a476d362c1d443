using Microsoft.Extensions.Configuration;
using Temper.Core.Errors;
using Temper.Tensors;
using Temper.Training.Jobs;

namespace Temper.Services.Trainer;

/// <summary>What this process is told, by environment, command line or appsettings.json.</summary>
internal sealed class Settings(IConfiguration configuration)
{
    /// <summary>All of it, for plug-ins.</summary>
    public IConfiguration Configuration { get; } = configuration;

    public Uri Registry => new(Needed("Registry:Address", "Registry", "the registry's address, such as http://registry:5080"));

    public string? ApiKey => Configuration["Registry:ApiKey"] ?? Configuration["ApiKey"];

    public string Blobs => Needed("Blobs:Address", "Blobs", "the cluster's blob store: a folder, an Azure Blob address or s3://BUCKET/PREFIX");

    public bool Trains => Roles.Contains("train");

    public bool Serves => Roles.Contains("serve");

    /// <summary>End when nothing is left to claim.</summary>
    public bool Once => Configuration.GetValue("Trainer:Once", false);

    /// <summary>Threads of an engine; 0 takes every processor.</summary>
    public int Threads => Configuration.GetValue("Trainer:Threads", 0);

    /// <summary>Jobs that may run at once.</summary>
    public int MostJobs => Math.Max(1, Configuration.GetValue("Trainer:MostJobs", 1));

    /// <summary>Memory for all jobs together, bytes; 0: what the machine or container has.</summary>
    public long Memory => (long)(Configuration.GetValue("Trainer:MemoryGiB", 0.0) * (1L << 30));

    /// <summary>Name of the engine; null takes the one that a plug-in brings, else the processor's.</summary>
    public string? Engine => Configuration["Trainer:Engine"];

    /// <summary>Whether recipes may use the processor's bf16 matrix instructions.</summary>
    public MatrixPath Matrix => JobEngines.Allowed(Configuration["TEMPER_MATRIX"]);

    public string CacheFolder => Configuration["Trainer:Cache"] ?? Path.Combine(Path.GetTempPath(), "temper-models");

    public TimeSpan Lease => TimeSpan.FromSeconds(Configuration.GetValue("Trainer:LeaseSeconds", 60));

    public string Plugins => Configuration["Plugins:Path"] ?? Path.Combine(AppContext.BaseDirectory, "plugins");

    /// <summary>Durable step at which a job's process kills itself in its first attempt; for tests.</summary>
    public string? DieAt => Configuration["Trainer:DieAt"];

    private string[] Roles => (Configuration["Trainer:Roles"] ?? "train").Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);

    public static Settings Read(string[] args) => new(new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory)
        .AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().AddCommandLine(args).Build());

    private string Needed(string name, string shorter, string what) =>
        Configuration[name] ?? Configuration[shorter] ?? throw new TemperException("usage", $"{shorter} is not set: {what}.", $"Set the variable {shorter}, or --{shorter} on the command line.");
}
