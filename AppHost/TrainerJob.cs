using Aspire.Hosting.Azure;
using Azure.Provisioning;
using Azure.Provisioning.AppContainers;
using Azure.Provisioning.Expressions;
using Azure.Provisioning.Resources;

namespace Temper.AppHost;

/// <summary>
/// Training as a container app job: hours-long work that no scale-in ends. The number of rings in the queue starts executions; the rule reads it through
/// an identity of its own, so that the trainer needs no right to manage the bus.
/// </summary>
internal static class TrainerJob
{
    /// <summary>Adds a serverless GPU profile beside the ordinary one where something runs on it; without, a deployment needs no quota for GPUs. Such a
    /// profile takes no node counts.</summary>
    public static Action<AzureResourceInfrastructure> AddProfile(Settings settings) => infrastructure =>
    {
        if (settings.Gpu || settings.ServeOnGpu)
            infrastructure.GetProvisionableResources().OfType<ContainerAppManagedEnvironment>().Single()
                .WorkloadProfiles.Add(new ContainerAppWorkloadProfile { Name = Settings.GpuProfileName, WorkloadProfileType = settings.GpuProfile });
    };

    /// <summary>One trainer per waiting job, which cannot borrow the scaler's identity; a failed one is rung again by the registry, not by the platform.</summary>
    public static Action<AzureResourceInfrastructure, ContainerAppJob> Configure(Settings settings, AzureServiceBusResource bus, AzureUserAssignedIdentityResource scaler) => (infrastructure, job) =>
    {
        var identity = scaler.Id.AsProvisioningParameter(infrastructure);
        job.Identity.ManagedServiceIdentityType = ManagedServiceIdentityType.UserAssigned;
        job.Identity.UserAssignedIdentities[BicepFunction.Interpolate($"{identity}").Compile().ToString()] = new UserAssignedIdentityDetails();
        job.Configuration.IdentitySettings.Add(new ContainerAppIdentitySettings { Identity = identity, Lifecycle = ContainerAppIdentitySettingsLifeCycle.None });
        if (settings.Gpu)
            job.WorkloadProfileName = Settings.GpuProfileName;
        var container = job.Template.Containers[0].Value!;
        (container.Resources.Cpu, container.Resources.Memory) = settings.Gpu ? settings.GpuSize : settings.CpuSize;
        job.Configuration.TriggerType = ContainerAppJobTriggerType.Event;
        job.Configuration.ReplicaTimeout = settings.MostHours * 3600;
        job.Configuration.ReplicaRetryLimit = 0;
        job.Configuration.EventTriggerConfig = new EventTriggerConfiguration
        {
            Parallelism = 1,
            ReplicaCompletionCount = 1,
            Scale = new ContainerAppJobScale { MinExecutions = 0, MaxExecutions = settings.MostExecutions, PollingIntervalInSeconds = 30, Rules = { Rule(infrastructure, bus, identity) } },
        };
    };

    private static ContainerAppJobScaleRule Rule(AzureResourceInfrastructure infrastructure, AzureServiceBusResource bus, ProvisioningParameter identity) => new()
    {
        Name = "waiting-jobs",
        JobScaleRuleType = "azure-servicebus",
        Identity = identity,
        Metadata = new ObjectExpression(
            new PropertyExpression("queueName", new StringLiteralExpression("training-jobs")),
            new PropertyExpression("messageCount", new StringLiteralExpression("1")),
            new PropertyExpression("namespace", new IdentifierExpression(bus.NameOutputReference.AsProvisioningParameter(infrastructure).BicepIdentifier))),
    };
}
