using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Azure.Functions.Worker;
using Temper.Functions.Ingest;
using Temper.Testing;

namespace Temper.Cloud.Tests;

/// <summary>The deployment as azd sees it: what each process is told, and what it may do.</summary>
public sealed class ManifestTests(Manifests manifests) : IClassFixture<Manifests>
{
    private const string BlobDataContributor = "ba92f5b4-2d11-453d-a403-e96b0029c9fe", BlobDataOwner = "b7e6dc6d-f1e8-4753-8033-0f276bb0955b";
    private const string QueueDataContributor = "974c5e8b-45b9-4653-ba55-5f855dd0fb88", TableDataContributor = "0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3";
    private const string AccountContributor = "17d1049b-9a84-46fb-8f53-869881c3d3ab";
    private const string BusOwner = "090c5cfd-751d-490a-894a-3ce6f1109419", BusReceiver = "4f6d3b9b-027b-4f4c-9142-0e5a2a2247e0", BusSender = "69a216fc-b8fb-44d8-bc22-1f3c2cd27a39";

    private static readonly string[] AllRoles = [BlobDataContributor, BlobDataOwner, QueueDataContributor, TableDataContributor, AccountContributor, BusOwner, BusReceiver, BusSender];

    [Fact]
    public async Task Every_trigger_finds_its_connection_among_the_variables_of_the_functions()
    {
        var manifest = await manifests.PublishAsync();
        var given = manifest.Variables("ingest").Keys;
        var connections = Connections().ToList();
        Assert.Equal(["drop", "messaging"], connections.Distinct().Order(StringComparer.Ordinal));
        Assert.All(connections, connection => Assert.Contains(given, name => name.StartsWith($"{connection}__", StringComparison.Ordinal)));
        Assert.Equal(Direct.Largest.ToString(CultureInfo.InvariantCulture), manifest.Variables("ingest")["FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"]);
    }

    [Theory]
    [InlineData("registry", "Blobs", "Database", "Edition", "ConnectionStrings__messaging")]
    [InlineData("ingest", "Blobs", "Registry", "AzureWebJobsSecretStorageType")]
    [InlineData("trainer", "Blobs", "Registry", "Trainer__Roles", "Trainer__Once", "Trainer__Cache", "ConnectionStrings__messaging")]
    [InlineData("serve", "Registry", "Trainer__Roles", "Trainer__Cache")]
    public async Task Every_process_is_told_what_it_reads_and_nothing_of_a_key_or_a_scorer_that_nobody_chose(string process, params string[] names)
    {
        var manifest = await manifests.PublishAsync();
        var given = manifest.Variables(process).Keys.ToList();
        Assert.All(names, name => Assert.Contains(name, given));
        Assert.DoesNotContain("ApiKey", given);
        Assert.DoesNotContain("MlNet__Name", given);
    }

    [Fact]
    public async Task A_scorer_of_the_team_s_own_is_named_to_the_functions()
    {
        var manifest = await manifests.PublishAsync(("MlNet__Name", "tone"));
        var variables = manifest.Variables("ingest");
        Assert.Equal(("tone", "model.zip"), (variables["MlNet__Name"], variables["MlNet__Model"]));
    }

    [Fact]
    public async Task Each_process_may_do_what_it_does_and_nothing_else()
    {
        var manifest = await manifests.PublishAsync();
        Assert.Equal([BlobDataContributor], Roles(manifest, "registry-roles-storage"));
        Assert.Equal([BusSender], Roles(manifest, "registry-roles-messaging"));
        Assert.Equal([BlobDataContributor], Roles(manifest, "trainer-roles-storage"));
        Assert.Equal([BusReceiver], Roles(manifest, "trainer-roles-messaging"));
        Assert.Equal([BusOwner], Roles(manifest, "trainer-scaler-role"));
        Assert.Contains("scope: rung", manifest.Module("trainer-scaler-role"), StringComparison.Ordinal);
        Assert.Equal([BlobDataOwner, QueueDataContributor, TableDataContributor, AccountContributor], Roles(manifest, "ingest-roles-storage"));
        Assert.Equal([BusReceiver, BusSender], Roles(manifest, "ingest-roles-messaging"));
        Assert.DoesNotContain(manifest.Names, name => name.StartsWith("serve-roles", StringComparison.Ordinal));
        Assert.Contains("allowSharedKeyAccess: false", manifest.Module("storage."), StringComparison.Ordinal);
        Assert.Contains("disableLocalAuth: true", manifest.Module("messaging."), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Blobs_and_containers_that_were_deleted_can_be_had_again_for_two_weeks()
    {
        var module = (await manifests.PublishAsync()).Module("storage.");
        foreach (var policy in (string[])["deleteRetentionPolicy", "containerDeleteRetentionPolicy"])
            Assert.Contains("days: 14", module[module.IndexOf($" {policy}: {{", StringComparison.Ordinal)..], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Training_is_a_job_that_the_queue_starts_through_an_identity_of_its_own()
    {
        var manifest = await manifests.PublishAsync();
        var module = manifest.Module("trainer-containerapp");
        foreach (var line in (string[])["triggerType: 'Event'", "replicaTimeout: 43200", "replicaRetryLimit: 0", "workloadProfileName: 'gpu'", "type: 'azure-servicebus'", "queueName: 'training-jobs'", "messageCount: '1'", "maxExecutions: 2"])
            Assert.Contains(line, module, StringComparison.Ordinal);
        // The scaler's identity is there for the rule alone: no container gets its tokens.
        Assert.Matches(@"identitySettings: \[\s+\{[^}]*identity: trainer_scaler_outputs_id", module);
        Assert.Matches(@"identitySettings: \[\s+\{[^}]*lifecycle: 'None'", module);
        Assert.Contains("Consumption-GPU-NC24-A100", manifest.Module("env."), StringComparison.Ordinal);
        var variables = manifest.Variables("trainer");
        Assert.Equal(("train", "true"), (variables["Trainer__Roles"], variables["Trainer__Once"]));
    }

    [Fact]
    public async Task Every_image_is_made_of_files_that_are_there_and_asked_where_it_listens()
    {
        var manifest = await manifests.PublishAsync();
        foreach (var (process, dockerfile) in ((string, string)[])[("registry", "Services.Registry/Dockerfile"), ("trainer", "Services.Trainer/Dockerfile"), ("serve", "Services.Trainer/Dockerfile")])
            Assert.Equal((RepoRoot.Path, RepoRoot.Of(dockerfile)), manifest.Build(process));
        Assert.Equal(RepoRoot.Of("Functions.Ingest/Functions.Ingest.csproj"), manifest.Project("ingest"));
        foreach (var process in (string[])["registry", "serve"])
        {
            Assert.Contains("EXPOSE 8080", await File.ReadAllTextAsync(manifest.Build(process).Dockerfile), StringComparison.Ordinal);
            Assert.Contains("targetPort: 8080", manifest.Module($"{process}-containerapp"), StringComparison.Ordinal);
            Assert.Contains("path: '/health/ready'", manifest.Module($"{process}-containerapp"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Every_module_gets_the_parameters_it_has_and_every_reference_names_an_output()
    {
        var manifest = await manifests.PublishAsync(("Registry__Public", "true"));
        Assert.Contains(("trainer-scaler", "principalId"), manifest.References);
        Assert.All(manifest.References, reference => Assert.Contains($"\noutput {reference.Output} ", manifest.ModuleOf(reference.Resource), StringComparison.Ordinal));
        Assert.All(manifest.Modules, module =>
        {
            var declared = Regex.Matches(module.Text, @"^param (\w+) \w+(.*)$", RegexOptions.Multiline);
            Assert.All(module.Given, name => Assert.Contains(declared, parameter => parameter.Groups[1].Value == name));
            var needed = declared.Where(parameter => !parameter.Groups[2].Value.Contains('=', StringComparison.Ordinal)).Select(parameter => parameter.Groups[1].Value);
            Assert.All(needed, name => Assert.Contains(name, module.Given));
        });
    }

    [Fact]
    public async Task One_registry_and_one_server_run_until_more_is_asked_for()
    {
        var modest = await manifests.PublishAsync();
        Assert.Contains("maxReplicas: 1", modest.Module("registry-containerapp"), StringComparison.Ordinal);
        Assert.Contains("maxReplicas: 1", modest.Module("serve-containerapp"), StringComparison.Ordinal);
        Assert.Contains("minReplicas: 1", modest.Module("ingest-containerapp"), StringComparison.Ordinal);
        Assert.DoesNotContain("maxReplicas", modest.Module("ingest-containerapp"), StringComparison.Ordinal);
        foreach (var process in (string[])["registry", "ingest"])
            Assert.Contains("memory: '2Gi'", modest.Module($"{process}-containerapp"), StringComparison.Ordinal);
        var large = await manifests.PublishAsync(("Registry__Cpu", "1.25"), ("Ingest__Cpu", "2"), ("Serve__MinReplicas", "2"), ("Serve__MaxReplicas", "4"));
        Assert.Contains("memory: '2.5Gi'", large.Module("registry-containerapp"), StringComparison.Ordinal);
        Assert.Contains("memory: '4Gi'", large.Module("ingest-containerapp"), StringComparison.Ordinal);
        Assert.Contains("minReplicas: 2", large.Module("serve-containerapp"), StringComparison.Ordinal);
        Assert.Contains("maxReplicas: 4", large.Module("serve-containerapp"), StringComparison.Ordinal);
        var alone = await manifests.PublishAsync(("Serve__MinReplicas", "3"));
        Assert.Contains("maxReplicas: 3", alone.Module("serve-containerapp"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Models_lie_on_a_share_where_a_container_s_disk_is_too_small()
    {
        var small = await manifests.PublishAsync();
        Assert.DoesNotContain("azureFile", small.Module("env."), StringComparison.Ordinal);
        Assert.DoesNotContain("volumeMounts", small.Module("trainer-containerapp"), StringComparison.Ordinal);
        var large = await manifests.PublishAsync(("Trainer__Share", "true"));
        Assert.Contains("azureFile", large.Module("env."), StringComparison.Ordinal);
        foreach (var process in (string[])["trainer", "serve"])
            Assert.Contains("mountPath: '/var/cache/temper'", large.Module($"{process}-containerapp"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deployment_on_processors_names_no_gpu()
    {
        var manifest = await manifests.PublishAsync(("Trainer__Gpu", "false"));
        Assert.DoesNotContain("GPU", manifest.Module("env."), StringComparison.Ordinal);
        Assert.DoesNotContain("workloadProfileName: 'gpu'", manifest.Module("trainer-containerapp"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_reachable_from_outside_until_there_is_a_key_and_then_every_process_has_it_as_a_secret()
    {
        var closed = await manifests.PublishAsync();
        Assert.Contains("external: false", closed.Module("registry-containerapp"), StringComparison.Ordinal);
        Assert.Contains("external: false", closed.Module("serve-containerapp"), StringComparison.Ordinal);
        Assert.DoesNotContain("api-key", closed.Names);
        var open = await manifests.PublishAsync(("Registry__Public", "true"));
        Assert.Contains("external: true", open.Module("registry-containerapp"), StringComparison.Ordinal);
        Assert.Contains("external: true", open.Module("serve-containerapp"), StringComparison.Ordinal);
        Assert.Contains("external: false", open.Module("ingest-containerapp"), StringComparison.Ordinal);
        foreach (var process in (string[])["registry", "ingest", "trainer", "serve"])
        {
            Assert.Equal("{api-key.value}", open.Variables(process)["ApiKey"]);
            Assert.Contains("secretRef: 'apikey'", open.Module($"{process}-containerapp"), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task The_database_sorts_by_bytes_and_lets_only_the_registry_in_by_its_name()
    {
        var manifest = await manifests.PublishAsync();
        Assert.Contains("collation: 'C'", manifest.Module("postgres."), StringComparison.Ordinal);
        Assert.Contains("passwordAuth: 'Disabled'", manifest.Module("postgres."), StringComparison.Ordinal);
        // The smallest server takes 35 connections, and during an update two registries run.
        Assert.EndsWith(";Username={registry-identity.outputs.principalName};Maximum Pool Size=15", manifest.Variables("registry")["Database"], StringComparison.Ordinal);
        Assert.Equal(["registry-roles-postgres"], manifest.Names.Where(name => name.EndsWith("-roles-postgres", StringComparison.Ordinal)));
    }

    private static IEnumerable<string> Roles(Manifest manifest, string module) => AllRoles.Where(role => manifest.Module(module).Contains(role, StringComparison.Ordinal));

    private static IEnumerable<string> Connections() =>
        from type in typeof(StageRang).Assembly.GetTypes()
        from method in type.GetMethods(BindingFlags.Instance | BindingFlags.Public | BindingFlags.DeclaredOnly)
        where method.GetCustomAttribute<FunctionAttribute>() is not null
        from parameter in method.GetParameters()
        from attribute in parameter.GetCustomAttributes()
        let connection = attribute switch
        {
            ServiceBusTriggerAttribute trigger => trigger.Connection,
            BlobTriggerAttribute trigger => trigger.Connection,
            BlobInputAttribute input => input.Connection,
            _ => null,
        }
        where connection is not null
        select connection;
}
