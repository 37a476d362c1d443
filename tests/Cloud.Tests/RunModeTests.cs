using Aspire.Hosting.ApplicationModel;
using Aspire.Hosting.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Temper.Registry.Tests;
using Temper.Testing;

namespace Temper.Cloud.Tests;

/// <summary>AppHost on this machine, as far as it goes without starting anything: what waits for what, and what each process would be told.</summary>
public sealed class RunModeTests : IDisposable
{
    private readonly TempFolder _programs = new();
    private readonly string? _path = Environment.GetEnvironmentVariable("PATH");

    public RunModeTests()
    {
        // AppHost only looks whether they are there; real ones come first.
        foreach (var program in (string[])["docker", "func"])
            File.WriteAllText(_programs.Of(program), "");
        Environment.SetEnvironmentVariable("PATH", $"{_path}{Path.PathSeparator}{_programs.Path}");
    }

    public void Dispose()
    {
        Environment.SetEnvironmentVariable("PATH", _path);
        _programs.Dispose();
    }

    [Theory]
    [InlineData("registry", "registry-db", "uploads", "cache", "models", "messaging")]
    [InlineData("ingest", "registry", "uploads", "cache", "models", "messaging", "ingest-stages")]
    [InlineData("trainer", "registry", "uploads", "cache", "models", "messaging", "training-jobs")]
    [InlineData("serve", "registry")]
    public async Task A_process_waits_until_what_it_needs_is_healthy(string process, params string[] needed)
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>();
        var waits = Of(builder, process).Annotations.OfType<WaitAnnotation>().Where(wait => wait.WaitType == WaitType.WaitUntilHealthy).Select(wait => wait.Resource.Name);
        Assert.All(needed, name => Assert.Contains(name, waits));
    }

    [Fact]
    public async Task Emulators_take_the_place_of_Azure_and_the_trainer_stays()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>();
        var trainer = await VariablesAsync(builder, "trainer");
        Assert.Equal("false", trainer["Trainer__Once"]);
        Assert.EndsWith(";Containers=uploads,cache,models", trainer["Blobs"], StringComparison.Ordinal);
        Assert.Contains("AccountName=devstoreaccount1;", trainer["Blobs"], StringComparison.Ordinal);
        Assert.Equal("Files", (await VariablesAsync(builder, "ingest"))["AzureWebJobsSecretStorageType"]);
        var registry = await VariablesAsync(builder, "registry");
        Assert.Equal("{postgres.connectionString};Database=registry", registry["Database"]);
        Assert.EndsWith("plugins", registry["Plugins__Path"], StringComparison.Ordinal);
        Assert.Contains("--locale=C", (await VariablesAsync(builder, "postgres"))["POSTGRES_INITDB_ARGS"], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, "none", "")]
    [InlineData(true, "cuda", "--gpus all")]
    public async Task The_trainer_sees_a_GPU_of_this_machine_where_that_is_asked_for(bool asked, string torch, string arguments)
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>([$"--Trainer:Gpu={asked}"]);
        var trainer = Of(builder, "trainer");
        Assert.Equal(torch, Assert.Single(trainer.Annotations.OfType<DockerfileBuildAnnotation>()).BuildArguments["TORCH"]);
        var given = new List<object>();
        foreach (var annotation in trainer.Annotations.OfType<ContainerRuntimeArgsCallbackAnnotation>())
            await annotation.Callback(new ContainerRuntimeArgsCallbackContext(given));
        Assert.Equal(arguments, string.Join(' ', given));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("a key that is long enough")]
    public async Task The_command_of_the_dashboard_uploads_the_sample(string? key)
    {
        using var folder = new TempFolder();
        await using var registry = await RegistryHost.StartAsync(RegistryHost.OnFiles(folder) with { ApiKey = key });
        // As a shell says it, which knows no dash: Parameters__api_key.
        string[] asked = key is null ? [] : ["--Registry:Public=true", $"--Parameters:api_key={key}"];
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>(asked);
        var resource = Of(builder, "registry");
        var endpoint = Assert.Single(resource.Annotations.OfType<EndpointAnnotation>());
        endpoint.AllocatedEndpoint = new AllocatedEndpoint(endpoint, registry.Address.Host, registry.Address.Port);
        var command = Assert.Single(resource.Annotations.OfType<ResourceCommandAnnotation>(), found => found.Name == "upload-sample");
        using var services = new ServiceCollection().BuildServiceProvider();
        var result = await command.ExecuteCommand(new() { ServiceProvider = services, ResourceName = "registry", CancellationToken = CancellationToken.None, Logger = NullLogger.Instance });
        Assert.True(result.Success, result.Message);
        Assert.NotEmpty((await registry.Client.Jobs.ListAsync(null, null, CancellationToken.None)).Items);
    }

    [Fact]
    public async Task The_dashboard_links_to_the_pages_and_to_the_list_of_routes()
    {
        await using var builder = await DistributedApplicationTestingBuilder.CreateAsync<Projects.AppHost>();
        var registry = (IResourceWithEndpoints)Of(builder, "registry");
        var urls = new List<ResourceUrlAnnotation> { new() { Url = "http://localhost:5080", Endpoint = new EndpointReference(registry, "http") } };
        foreach (var annotation in registry.Annotations.OfType<ResourceUrlsCallbackAnnotation>())
            await annotation.Callback(new ResourceUrlsCallbackContext(builder.ExecutionContext, registry, urls));
        Assert.Equal([("http://localhost:5080", "Models, datasets, jobs"), ("/openapi/v1.json", "OpenAPI")], urls.Select(url => (url.Url, url.DisplayText)));
    }

    private static IResource Of(IDistributedApplicationTestingBuilder builder, string name) => Assert.Single(builder.Resources, resource => resource.Name == name);

    private static async Task<Dictionary<string, string>> VariablesAsync(IDistributedApplicationTestingBuilder builder, string resource)
    {
        var values = new Dictionary<string, object>();
        var context = new EnvironmentCallbackContext(builder.ExecutionContext, Of(builder, resource), values);
        foreach (var annotation in Of(builder, resource).Annotations.OfType<EnvironmentCallbackAnnotation>())
            await annotation.Callback(context);
        return values.ToDictionary(value => value.Key, value => value.Value is IManifestExpressionProvider expression ? expression.ValueExpression : $"{value.Value}");
    }
}
