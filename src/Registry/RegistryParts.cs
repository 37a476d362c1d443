using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Temper.Core.Blobs;
using Temper.Registry.Datasets;
using Temper.Registry.Evaluations;
using Temper.Registry.Events;
using Temper.Registry.Http;
using Temper.Registry.Jobs;
using Temper.Registry.Models;
using Temper.Registry.OpenAi;
using Temper.Registry.Publishing;
using Temper.Registry.Relays;
using Temper.Registry.Repositories;
using Temper.Registry.Schema;
using Temper.Registry.Sweeps;
using Temper.Registry.Uploads;
using Temper.Registry.Work;
using Temper.Storage.Blobs;
using Temper.Storage.Sql;
using Temper.Versioning.Content;

namespace Temper.Registry;

/// <summary>What the registry is made of; one instance each.</summary>
internal static class RegistryParts
{
    /// <summary>Options, and the places where state lies.</summary>
    public static IServiceCollection AddRegistryState(this IServiceCollection services, RegistryOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton(_ => Db.Open(options.Database));
        services.TryAddSingleton(provider => BlobStores.Open(options.Blobs, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new ContentStore(provider.GetRequiredService<IBlobStore>(), provider.GetRequiredService<Db>(), provider.GetRequiredService<TimeProvider>(), Scratch(options)));
        services.AddSingleton(new ApiKeyGate(options.ApiKey));
        return services;
    }

    /// <summary>Reading, writing and publishing.</summary>
    public static IServiceCollection AddRegistryParts(this IServiceCollection services)
    {
        services.AddSingleton<WorkBell>().AddSingleton<Journal>().AddSingleton<WaitReasons>().AddSingleton<ValidatingJobs>().AddSingleton<JobStream>().AddSingleton<JobSeries>().AddSingleton<CheckpointFiles>().AddSingleton<OpenAiFiles>().AddSingleton<FineTuningJobs>().AddSingleton<FineTuningProgress>().AddSingleton<FineTuningResults>().AddSingleton<WorkTable>().AddSingleton<Leases>();
        services.AddSingleton<UploadReuse>().AddSingleton<UploadSessions>().AddSingleton<UploadPieces>().AddSingleton<UploadedFiles>().AddSingleton<UploadCompletion>().AddSingleton<SingleFiles>().AddSingleton<ModelImport>();
        services.AddSingleton<FinishDesk>().AddSingleton<DatasetPublisher>().AddSingleton<ModelPublisher>().AddSingleton<BoundRecipes>();
        services.AddSingleton<ModelVersions>().AddSingleton<ModelFiles>();
        services.AddSingleton<RepositoryTable>().AddSingleton<RepositorySettings>().AddSingleton<RefTable>().AddSingleton<PackLeases>().AddSingleton<ObjectPlaceQueries>().AddSingleton<PackUploads>().AddSingleton<PackMarks>().AddSingleton<PackCollection>().AddSingleton<PackCompletion>().AddSingleton<Negotiation>().AddSingleton<RevisionQueries>().AddSingleton<ServerMerge>();
        // Their constructors are ours alone, which the container does not see.
        services.AddSingleton(p => new Aliases(p.GetRequiredService<Journal>(), p.GetRequiredService<Gates>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new DatasetBuilds(p.GetRequiredService<Db>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new DatasetQueries(p.GetRequiredService<Db>(), p.GetRequiredService<IBlobStore>()));
        services.AddSingleton(p => new RepositoryPages(p.GetRequiredService<RepositoryTable>(), p.GetRequiredService<RefTable>(), p.GetRequiredService<RevisionQueries>()));
        services.AddSingleton(p => new ModelQueries(p.GetRequiredService<Db>()));
        services.AddSingleton<EvaluationTable>().AddSingleton<Gates>();
        services.AddSingleton<SweepCommands>().AddSingleton<SweepControls>().AddSingleton<SweepProgress>().AddSingleton(p => new SweepQueries(p.GetRequiredService<Db>()));
        services.AddSingleton(p => new JobQueries(p.GetRequiredService<Db>()));
        services.AddSingleton(p => new EventFeed(p.GetRequiredService<Db>(), p.GetRequiredService<Journal>(), p.GetRequiredService<RegistryOptions>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new JobControls(p.GetRequiredService<Journal>(), p.GetRequiredService<WorkTable>(), p.GetRequiredService<TimeProvider>()));
        services.AddSingleton(p => new JobCommands(p.GetRequiredService<Journal>(), p.GetRequiredService<WorkTable>(), p.GetRequiredService<DatasetQueries>(),
            p.GetRequiredService<ModelQueries>(), p.GetRequiredService<TimeProvider>()));
        return services;
    }

    /// <summary>What runs in the background; migration first.</summary>
    public static IServiceCollection AddRegistryLoops(this IServiceCollection services) =>
        services.AddHostedService<MigrationService>().AddHostedService<LeaseReaper>().AddHostedService<SweepService>().AddHostedService<RelayService>().AddHostedService<RingsAgain>().AddHostedService<UploadSweeper>().AddHostedService<RepositorySweeper>();

    /// <summary>Beside the database file, which lies on a disk of the right size; on PostgreSQL, in the system's folder for temporary files.</summary>
    private static string Scratch(RegistryOptions options)
    {
        var beside = options.Database.Contains("Host=", StringComparison.OrdinalIgnoreCase) ? Path.GetTempPath() : Path.GetDirectoryName(Path.GetFullPath(options.Database))!;
        return Directory.CreateDirectory(options.Scratch ?? Path.Combine(beside, "temper-scratch")).FullName;
    }
}
