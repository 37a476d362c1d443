using System.Diagnostics;
using Temper.Testing;

namespace Temper.House.Tests;

/// <summary>What azd runs around a deployment, with an Azure CLI that knows two apps.</summary>
public sealed class HookTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"GpuProfile\": \"Consumption-GPU-NC8as-T4\"", null, "Training on Consumption-GPU-NC8as-T4")]
    [InlineData("\"Gpu\": false,\n\"GpuProfile\": \"Consumption-GPU-NC8as-T4\"", null, "Training on processors")]
    [InlineData("\"Gpu\": false", "true", "Training on Consumption-GPU-NC24-A100")]
    [InlineData("\"Gpu\": true", "false", "Training on processors")]
    public async Task What_is_said_before_a_deployment_is_what_appsettings_and_the_shell_choose(string trainer, string? gpu, string said)
    {
        Directory.CreateDirectory(_folder.Of("AppHost"));
        await File.WriteAllTextAsync(_folder.Of("AppHost/appsettings.json"), $"{{\n\"Trainer\": {{\n{trainer}\n}},\n\"Serve\": {{\n\"Gpu\": false\n}}\n}}");
        Assert.StartsWith(said, await RunAsync("preprovision.sh", gpu is null ? [] : [("Trainer__Gpu", gpu)]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("true", "Training on processors, serving on Consumption-GPU-NC24-A100")]
    [InlineData("false", "Training on processors: no GPU quota is needed.")]
    public async Task A_GPU_that_serves_needs_quota_too(string serve, string said) =>
        Assert.StartsWith(said, await RunAsync("preprovision.sh", [("Trainer__Gpu", "false"), ("Serve__Gpu", serve)]), StringComparison.Ordinal);

    [Fact]
    public async Task Where_nobody_is_signed_in_to_the_CLI_nothing_is_said_of_what_is_closed()
    {
        await KnowAsync("#!/bin/sh\nexit 1\n");
        var said = await RunAsync("urls.sh", [("AZURE_ENV_NAME", "x"), ("PATH", $"{_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}")]);
        Assert.Contains("(no addresses: az login", said, StringComparison.Ordinal);
        Assert.DoesNotContain("To reach the registry", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("True", false)]
    [InlineData("False", true)]
    public async Task The_way_to_open_the_registry_is_shown_where_it_is_closed(string external, bool shown)
    {
        await KnowAsync($"#!/bin/sh\nprintf 'registry\\t{external}\\tr.example\\nserve\\tFalse\\ts.example\\n'\n");
        var said = await RunAsync("urls.sh", [("AZURE_ENV_NAME", "x"), ("PATH", $"{_folder.Path}:{Environment.GetEnvironmentVariable("PATH")}")]);
        Assert.Contains("registry: https://r.example", said, StringComparison.Ordinal);
        Assert.Contains("serve: https://s.example (inside", said, StringComparison.Ordinal);
        Assert.Equal(shown, said.Contains("To reach the registry from outside", StringComparison.Ordinal));
    }

    /// <summary>The Azure CLI.</summary>
    private async Task KnowAsync(string script)
    {
        await File.WriteAllTextAsync(_folder.Of("az"), script);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(_folder.Of("az"), UnixFileMode.UserRead | UnixFileMode.UserExecute);
    }

    private async Task<string> RunAsync(string hook, (string Name, string Value)[] variables)
    {
        var start = new ProcessStartInfo("sh", [RepoRoot.Of($"infra/hooks/{hook}")]) { RedirectStandardOutput = true, WorkingDirectory = _folder.Path };
        foreach (var (name, value) in variables)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var said = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        Assert.Equal(0, process.ExitCode);
        return said;
    }
}
