using Temper.Core.Blobs;
using Temper.Core.Errors;
using Temper.Core.Work;
using static Temper.Registry.Tests.Actors;

namespace Temper.Registry.Tests.OpenAi;

/// <summary>
/// Says over HTTP what workers say, without computing. A file named bad is rejected. A job reports three steps with a checkpoint, then waits for a wish;
/// in its second attempt it ends with a result.
/// </summary>
internal sealed class ActingWorkers : IAsyncDisposable
{
    private readonly RegistryHost _host;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _working;

    public ActingWorkers(RegistryHost host)
    {
        _host = host;
        _working = Task.WhenAll(LoopAsync(WorkKind.Ingest, IngestAsync), LoopAsync(WorkKind.Train, TrainAsync));
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _working;
        _stop.Dispose();
    }

    private async Task LoopAsync(WorkKind kind, Func<WorkClaim, Task> work)
    {
        while (!_stop.IsCancellationRequested)
        {
            if (await _host.ClaimAsync(kind, lease: 60, wait: 0) is { } claim)
                await work(claim);
            else
                await Task.Delay(20);
        }
    }

    private async Task IngestAsync(WorkClaim claim)
    {
        var bad = claim.Payload.GetRawText().Contains("bad.jsonl", StringComparison.Ordinal);
        var result = await _host.SealAsync(claim, "00aa", isSealed: !bad);
        await _host.FinishAsync(claim, bad ? result with { Problems = [new("REC_JSON_SYNTAX", "Line 1 of bad.jsonl is no JSON."), new("all_rejected", "No record can be used.")] } : result);
    }

    private async Task TrainAsync(WorkClaim claim)
    {
        for (var step = 1; step <= 3; step++)
            await _host.Client.Work.ReportAsync(claim.Id, new(claim.Fence, step, 6, [new(step, new() { ["loss"] = 1.0 / step, ["token_accuracy"] = 0.5, ["supervised_tokens"] = 10 })],
                [new("info", $"step {step}/6: loss {1.0 / step:F4}") { Step = step }]), None);
        foreach (var file in new[] { "weights.safetensors", "_complete.json" })
            await _host.Get<IBlobStore>().CreateAsync(BlobLayout.Run(claim.Id, claim.Fence, $"checkpoints/step-3/{file}"), new MemoryStream([1]), None);
        if (claim.Attempt > 1)
        {
            await _host.FinishAsync(claim, await _host.TrainAsync(claim, claim.Id.ToString()));
            return;
        }
        for (var reply = new HeartbeatReply(false); !_stop.IsCancellationRequested; reply = await _host.Client.Work.HeartbeatAsync(claim.Id, new(claim.Fence, 0.5, "train"), None))
        {
            if (reply.CancelRequested || reply.PauseRequested)
            {
                await _host.Client.Work.FinishAsync(claim.Id, new(claim.Fence, reply.CancelRequested ? WorkState.Cancelled : WorkState.Paused, null, null), None);
                return;
            }
            await Task.Delay(20);
        }
    }
}
