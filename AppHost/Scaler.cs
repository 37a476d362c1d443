using Aspire.Hosting.Azure;
using Azure.Provisioning.Authorization;
using Azure.Provisioning.Expressions;
using Azure.Provisioning.ServiceBus;

namespace Temper.AppHost;

/// <summary>
/// Who asks the queue for its length. The service tells an entity's state only to those who may manage it (its <c>Manage</c> right, which is the role Data
/// Owner), so the scaler has an identity of its own, which no code holds, and that role on this one queue alone.
/// </summary>
internal static class Scaler
{
    /// <summary>The identity, and in Azure its role on <paramref name="queue"/>.</summary>
    public static IResourceBuilder<AzureUserAssignedIdentityResource> AddScaler(this IDistributedApplicationBuilder builder, AzureServiceBusQueueResource queue)
    {
        var identity = builder.AddAzureUserAssignedIdentity("trainer-scaler");
        if (builder.ExecutionContext.IsPublishMode)
            builder.AddAzureInfrastructure("trainer-scaler-role", infrastructure => MayManage(infrastructure, queue, identity.Resource));
        return identity;
    }

    private static void MayManage(AzureResourceInfrastructure infrastructure, AzureServiceBusQueueResource queue, AzureUserAssignedIdentityResource identity)
    {
        var rung = ServiceBusQueue.FromExisting("rung");
        (rung.Parent, rung.Name) = ((ServiceBusNamespace)queue.Parent.AddAsExistingResource(infrastructure), queue.QueueName);
        infrastructure.Add(rung);
        var principal = identity.PrincipalId.AsProvisioningParameter(infrastructure);
        var role = BicepFunction.GetSubscriptionResourceId("Microsoft.Authorization/roleDefinitions", ServiceBusBuiltInRole.AzureServiceBusDataOwner.ToString());
        infrastructure.Add(new RoleAssignment("reads_length")
        {
            Name = BicepFunction.CreateGuid(rung.Id, principal, role),
            Scope = new IdentifierExpression(rung.BicepIdentifier),
            PrincipalType = RoleManagementPrincipalType.ServicePrincipal,
            PrincipalId = principal,
            RoleDefinitionId = role,
        });
    }
}
