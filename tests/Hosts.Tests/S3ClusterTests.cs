using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Testing.Servers;

namespace Temper.Hosts.Tests;

/// <summary>A cluster whose blobs lie on S3; its processes take the credentials from their environment.</summary>
public sealed class S3Cluster : Cluster
{
    protected override async Task<string> NewBlobsAsync() => await (await S3Server.SharedAsync()).NewAddressAsync();
}

/// <summary>Upload, ingestion, training and publishing over PostgreSQL and S3.</summary>
[Trait("Needs", "postgresql")]
[Trait("Needs", "s3rver")]
public sealed class S3ClusterTests(S3Cluster cluster) : IClassFixture<S3Cluster>
{
    [Fact]
    public async Task A_job_is_trained_and_its_model_is_served_from_s3()
    {
        var job = await cluster.AskAsync("on-s3");
        using var trainer = cluster.StartTrainer();
        await cluster.UntilAsync("the job completed", async () => (await cluster.JobAsync(job)).State is WorkState.Completed or WorkState.Failed);
        Assert.Equal(WorkState.Completed, (await cluster.JobAsync(job)).State);
        var version = Assert.Single(await cluster.VersionsAsync("on-s3"));
        foreach (var file in version.Pin.Files)
        {
            await using var served = await cluster.Client.Models.OpenFileAsync(version.Pin.Name, version.Pin.Version, file.Path, 0, default);
            Assert.Equal(file.Sha256, await Digest.OfAsync(served, default));
            await using var written = await cluster.Blobs.OpenAsync(BlobLayout.Run(job, 1, $"result/{file.Path}"), 0, null, null, default);
            Assert.Equal(file.Sha256, await Digest.OfAsync(written, default));
        }
        Assert.DoesNotContain("AWS_SECRET", cluster.Logs);
    }
}
