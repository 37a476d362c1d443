using Temper.AppHost;
using Temper.Testing;

namespace Temper.Cloud.Tests;

public sealed class PrerequisitesTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_program_that_is_missing_is_named_in_a_sentence()
    {
        var missing = Prerequisites.Missing(_folder.Path)!;
        Assert.Contains("Docker or Podman is not installed", missing, StringComparison.Ordinal);
        Assert.Contains("Azure Functions Core Tools", missing, StringComparison.Ordinal);
        File.WriteAllText(_folder.Of("podman"), "");
        Assert.DoesNotContain("Docker", Prerequisites.Missing(_folder.Path)!, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_said_where_all_are_there()
    {
        File.WriteAllText(_folder.Of("docker"), "");
        File.WriteAllText(_folder.Of("func.exe"), "");
        Assert.Null(Prerequisites.Missing($"/nowhere{Path.PathSeparator}{_folder.Path}"));
    }

    [Fact]
    public void A_GPU_is_handed_in_as_the_program_that_runs_containers_wants_it()
    {
        Assert.Equal(["--gpus", "all"], Prerequisites.GpuArguments(null, _folder.Path));
        File.WriteAllText(_folder.Of("podman"), "");
        Assert.Equal(["--device", "nvidia.com/gpu=all"], Prerequisites.GpuArguments(null, _folder.Path));
        File.WriteAllText(_folder.Of("docker"), "");
        Assert.Equal(["--gpus", "all"], Prerequisites.GpuArguments(null, _folder.Path));
        Assert.Equal(["--device", "nvidia.com/gpu=all"], Prerequisites.GpuArguments("podman", _folder.Path));
    }
}
