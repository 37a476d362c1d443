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
internal static class GpuJob
{
    private const string ProfileName = "gpu";
    private const int LongestRunS = 12 * 3600;

    /// <summary>Adds a serverless GPU profile beside the ordinary one. Such a profile takes no node counts.</summary>
    public static Action<AzureResourceInfrastructure> AddProfile(string profile) => infrastructure =>
        infrastructure.GetProvisionableResources().OfType<ContainerAppManagedEnvironment>().Single()
            .WorkloadProfiles.Add(new ContainerAppWorkloadProfile { Name = ProfileName, WorkloadProfileType = profile });

    /// <summary>One trainer per waiting job, at most two at a time; a failed one is rung again by the registry, not by the platform.</summary>
    public static Action<AzureResourceInfrastructure, ContainerAppJob> Configure(AzureServiceBusResource bus, AzureUserAssignedIdentityResource scaler) => (infrastructure, job) =>
    {
        var identity = scaler.Id.AsProvisioningParameter(infrastructure);
        job.Identity.ManagedServiceIdentityType = ManagedServiceIdentityType.UserAssigned;
        job.Identity.UserAssignedIdentities[BicepFunction.Interpolate($"{identity}").Compile().ToString()] = new UserAssignedIdentityDetails();
        job.WorkloadProfileName = ProfileName;
        var container = job.Template.Containers[0].Value!;
        (container.Resources.Cpu, container.Resources.Memory) = (8, "56Gi");
        job.Configuration.TriggerType = ContainerAppJobTriggerType.Event;
        job.Configuration.ReplicaTimeout = LongestRunS;
        job.Configuration.ReplicaRetryLimit = 0;
        job.Configuration.EventTriggerConfig = new EventTriggerConfiguration
        {
            Parallelism = 1,
            ReplicaCompletionCount = 1,
            Scale = new ContainerAppJobScale { MinExecutions = 0, MaxExecutions = 2, PollingIntervalInSeconds = 30, Rules = { Rule(infrastructure, bus, identity) } },
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
