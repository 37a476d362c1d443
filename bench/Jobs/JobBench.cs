using System.Diagnostics;
using System.Text.Json;
using Temper.Core.Blobs;
using Temper.Core.Ids;
using Temper.Core.Registry;
using Temper.Core.Work;

namespace Temper.Bench;

/// <summary>How much of bare training is left in a job: a LoRA run of packed chats through the whole program, in turns with the loop alone and with bare steps.</summary>
internal static class JobBench
{
    private const long ChatBytes = 2_000_000;

    public static Dictionary<string, object> Run(Arguments arguments)
    {
        arguments.Allow("--temper", "--dtype", "--steps", "--pairs");
        var (steps, form) = (arguments.Number("--steps", 60), arguments.DType ?? "fp32");
        if (steps < 8 || form == "int8")
            throw new UsageException("a job has at least 8 --steps, and --dtype fp32, bf16 or nf4.");
        var from = Math.Max(1, steps / 8);
        using var world = new JobWorld(BenchModel.Of(arguments.Words[0]), ChatBytes, steps, form);
        using var server = new TemperServer(arguments, world.Place("home"));
        var examples = world.Examples();
        server.Run("import", world.Base, "--name", "base");
        var (bare, loop, jobs, stalls) = (new List<double>(), new List<double>(), new List<Measured>(), new List<double>());
        for (var pair = 0; pair < arguments.Number("--pairs", 3); pair++)
        {
            bare.Add(TrainingRuns.BareRate(world, examples, arguments.Threads, from));
            var (rate, waits) = TrainingRuns.Loop(world, examples, arguments.Threads, from, $"loop-{pair}");
            loop.Add(rate);
            stalls.AddRange(waits);
            jobs.Add(Job(world, server, from, pair));
        }
        return new()
        {
            ["bench"] = "job",
            ["cfg"] = arguments.Words[0],
            ["dtype"] = form,
            ["steps"] = steps,
            ["threads"] = arguments.Threads,
            ["bare_tok_s"] = Math.Round(Report.Median(bare), 1),
            ["loop_ratio"] = Ratio(loop, bare),
            ["job_ratio"] = Ratio(jobs.Select(job => job.Rate), bare),
            ["job_ratios"] = jobs.Select((job, i) => Math.Round(job.Rate / bare[i], 3)).ToArray(),
            ["upload_to_first_step_s"] = Math.Round(Report.Median(jobs.Select(job => job.FirstStep)), 2),
            ["upload_s"] = Math.Round(Report.Median(jobs.Select(job => job.Upload)), 2),
            ["checkpoint_stall_ms_med"] = Math.Round(Report.Median(stalls), 1),
            ["checkpoint_stall_ms_max"] = Math.Round(stalls.Max(), 1),
            ["server_cores"] = Math.Round(Report.Median(jobs.Select(job => job.ServerCores)), 3),
            ["job_peak_rss_mb"] = jobs.Max(job => job.PeakMb),
        };
    }

    /// <summary>Median of the ratios of runs that stood side by side.</summary>
    private static double Ratio(IEnumerable<double> rates, List<double> bare) => Math.Round(Report.Median(rates.Zip(bare, (a, b) => a / b)), 3);

    private static Measured Job(JobWorld world, TemperServer server, int from, int pair)
    {
        // Another line makes another version of the dataset, which is ingested like the first.
        File.AppendAllText(world.Data, $$"""{"messages": [{"role": "user", "content": "This is upload number {{pair}}?"}, {"role": "assistant", "content": "Yes, it is number {{pair}}."}]}""" + "\n");
        var began = Stopwatch.GetTimestamp();
        server.Run("upload", world.Data, "--dataset", "chats", "--wait", "--json");
        var upload = Stopwatch.GetElapsedTime(began).TotalSeconds;
        using var started = JsonDocument.Parse(server.Run("train", world.RecipeFile, "--json"));
        var id = WorkId.Parse(started.RootElement.GetProperty("id").GetString()!);
        var (first, peak, before) = (0.0, 0L, TimeSpan.Zero);
        while (true)
        {
            var job = server.Client.Jobs.FindAsync(id, default).GetAwaiter().GetResult() ?? throw new PeerException($"the job {id} is gone.");
            if (job.Step > 0 && first == 0)
                (first, before) = (Stopwatch.GetElapsedTime(began).TotalSeconds, server.ProcessorTime);
            peak = Math.Max(peak, server.ChildPeakMb());
            if (job.State is WorkState.Failed or WorkState.Cancelled)
                throw new PeerException($"the job {id} ended as {job.State}: {string.Join(' ', job.Errors.Select(e => e.Message))}");
            if (job.State == WorkState.Completed)
                return new(TrainingRuns.Rate(Path.Combine(world.Place("home"), "blobs"), BlobLayout.Runs(id), from), upload, first, peak, (server.ProcessorTime - before).TotalSeconds / (Stopwatch.GetElapsedTime(began).TotalSeconds - first));
            Thread.Sleep(250);
        }
    }

    private sealed record Measured(double Rate, double Upload, double FirstStep, long PeakMb, double ServerCores);
}
