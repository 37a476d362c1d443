using System.Buffers.Binary;
using System.Diagnostics;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Json;
using Temper.Core.References;
using Temper.Core.Registry;
using Temper.Core.Work;
using Temper.Registry.Datasets;
using Temper.Registry.Events;
using Temper.Registry.Jobs;
using Temper.Registry.Models;
using Temper.Registry.Schema;
using Temper.Registry.Work;
using Temper.Storage.Sql;

namespace Temper.Registry.Sweeps;

/// <summary>Makes sweeps: the sweep, its trials and their jobs in one transaction, all on the same versions of their inputs.</summary>
internal sealed class SweepCommands(Journal journal, WorkTable work, ModelQueries models, DatasetQueries datasets, SweepQueries queries, TimeProvider clock)
{
    private const int MostTrials = 1000;
    private const string InsertTrial = "insert into sweep_trials (sweep_id, idx, job_id, parameters, rung) values (@id, @index, @job, @parameters, @rung)";

    /// <summary>Makes it, or gives the one that is there where the same was asked for before.</summary>
    /// <exception cref="TemperException">Codes <c>sweep_invalid</c>, <c>sweep_duplicate</c>, <c>sweep_exists</c>, and those of jobs.</exception>
    public async Task<SweepInfo> CreateAsync(SweepRequest request, CancellationToken ct)
    {
        Check(request);
        var digest = CanonicalJson.DigestOf(Wire.ToElement(request)).Hex;
        if (await queries.FindAsync(request.Name.ToString(), ct) is null)
            await MakeAsync(request, digest, ct);
        return await queries.FindAsync(request.Name.ToString(), digest, ct)
            ?? throw new TemperException("sweep_exists", $"There is a sweep '{request.Name}' already, and it asks for something else.");
    }

    private async Task MakeAsync(SweepRequest request, string digest, CancellationToken ct)
    {
        var now = clock.GetUtcNow().ToUnixTimeMilliseconds();
        var id = $"swp-{Ulid.New(clock)}";
        var inputs = new JobInputs(models, datasets);
        var rungs = request.Method == SweepMethod.Halving ? SweepRungs.Steps(request.MinSteps!.Value, request.MaxSteps!.Value, request.Eta!.Value) : null;
        var first = request.Trials.Count == 1 && rungs is not null ? rungs.Count - 1 : 0;
        var jobs = new List<WorkTable.NewWork>();
        foreach (var (index, trial) in request.Trials.Index())
            jobs.Add(await JobCommands.PrepareAsync(trial.Job, inputs, new(id, request.Name, index, trial.Parameters), ct) with
            {
                Id = JobId(id, index, now),
                PauseAt = rungs is not null && first < rungs.Count - 1 ? rungs[first] : null,
            });
        var sweep = new
        {
            id,
            name = request.Name,
            digest,
            method = Column.Word(request.Method),
            metric = request.Metric,
            suiteDigest = request.SuiteDigest?.Hex,
            direction = Column.Word(request.Direction),
            trials = (long)request.Trials.Count,
            eta = rungs is null ? null : (long?)request.Eta,
            rungs = Column.Json(rungs),
            rung = (long)first,
            alias = request.Alias,
            settings = request.Settings?.GetRawText(),
            traceparent = Activity.Current?.Id,
            now,
        };
        var made = await journal.WriteAsync(async (session, events, token) =>
        {
            if (await session.ExecuteAsync(SweepRow.Insert, sweep, token) == 0)
                return false;
            foreach (var (index, job) in jobs.Index())
            {
                await work.EnqueueAsync(session, events, job, token);
                await session.ExecuteAsync(InsertTrial, new { id, index = (long)index, job = job.Id, parameters = Column.Json(request.Trials[index].Parameters), sweep.rung }, token);
            }
            events.Add("sweep.state", $"sweep/{request.Name}", new { id, request.Name, status = SweepStatus.Running, sweep.rung }, sweep.traceparent);
            return true;
        }, ct);
        if (made)
            DurableSteps.Passed("sweep.created");
    }

    /// <summary>A function of sweep and index, so that a trial has one job; ids sort as the trials do.</summary>
    private static WorkId JobId(string sweep, int index, long now)
    {
        Span<byte> tail = stackalloc byte[10];
        Convert.FromHexString(Digest.OfText(sweep).Hex).AsSpan(0, 8).CopyTo(tail);
        BinaryPrimitives.WriteUInt16BigEndian(tail[8..], (ushort)index);
        return WorkId.Parse($"job-{Ulid.Of(now, tail)}");
    }

    private static void Check(SweepRequest request)
    {
        var problems = new List<Problem>();
        void Refuse(string path, string message) => problems.Add(new("sweep_invalid", message) { Path = path });
        if (request.Trials.Any(trial => trial is null))
            throw new TemperException([new Problem("sweep_invalid", "A trial is null.") { Path = "trials", Hint = "Write its parameters and its job." }]);
        if (request.Trials.Count is 0 or > MostTrials)
            Refuse("trials", $"A sweep has 1 to {MostTrials} trials, not {request.Trials.Count}.");
        if (request.Name.ToString().StartsWith("swp-", StringComparison.Ordinal))
            Refuse("name", "Names that begin with 'swp-' are ids of sweeps.");
        if (request.Alias is { } alias && (!AliasName.IsValid(alias) || alias == "latest"))
            Refuse("alias", $"'{alias}' cannot be put on a version: it breaks the spelling rule, or the registry keeps it.");
        var metric = SweepMetric.Parse(request.Metric);
        if (metric.Suite is null && request.SuiteDigest is not null)
            Refuse("suite_digest", $"{request.Metric} is no metric of a suite.");
        if (request.Method != SweepMethod.Halving && (request.Eta ?? request.MinSteps ?? request.MaxSteps) is not null)
            Refuse("method", "eta, min_steps and max_steps belong to halving.");
        if (request.Method == SweepMethod.Halving && metric.Suite is not null)
            Refuse("metric", "A suite asks whole models; halving compares numbers that jobs report while they run.");
        if (request.Method == SweepMethod.Halving && !(request is { Eta: >= 2 and <= 100, MinSteps: >= 1, MaxSteps: { } most } && request.MinSteps <= most))
            Refuse("eta", "Halving needs eta (2 to 100) and 1 ≤ min_steps ≤ max_steps.");
        var twice = request.Trials.Select((trial, index) => (Index: index, Recipe: CanonicalJson.DigestOf(trial.Job.Recipe), trial.Job.Base, trial.Job.Dataset)).GroupBy(t => (t.Recipe, t.Base, t.Dataset)).Where(g => g.Count() > 1);
        problems.AddRange(twice.Select(g => new Problem("sweep_duplicate", $"The trials {string.Join(", ", g.Select(t => t.Index))} have the same recipe.") { Path = "trials" }));
        if (problems.Count > 0)
            throw new TemperException(problems);
    }
}
