using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.Work;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Repositories;
using Temper.Versioning.Safety;

namespace Temper.Versioning.Sync;

/// <summary>
/// Brings objects of a remote into a repository: first what the graph lacks, then the chunks of its files, in packs that stay when the rest is cut off.
/// References move later, so what came half is never seen.
/// </summary>
/// <param name="repository">Gets the objects.</param>
/// <param name="remote">Has them.</param>
/// <param name="meter">Counts bytes.</param>
public sealed class ObjectIntake(Repository repository, IRemote remote, TransferMeter meter)
{
    private const long PackBytes = 64 << 20;

    /// <summary>Takes what a query lacks.</summary>
    /// <param name="query">What is wanted, and what is here.</param>
    /// <param name="ct">Ends the work.</param>
    /// <returns>All commits whose parents stay with the remote now: those that were cut off by the depth, and those that were before and still are.</returns>
    /// <exception cref="TemperException">Those of <see cref="IRemote"/>; of files that the repository does not take <c>unsafe_format</c>, <c>format_refused</c>, <c>safetensors_…</c>.</exception>
    public async Task<IReadOnlySet<Digest>> TakeAsync(GraphQuery query, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(query);
        await PackSalvage.RunAsync(Path.Combine(repository.Home, "objects", "tmp"), repository.Objects, ct);
        meter.Begin("counting", null);
        var cut = new HashSet<Digest>();
        await using (var batch = repository.Objects.BeginBatch())
        {
            await foreach (var item in remote.NegotiateAsync(query, ct))
            {
                batch.AddBody(item.Kind, item.Id, item.Body);
                meter.Add(item.Body.Length);
                if (item.Cut)
                    cut.Add(item.Id);
            }
            await batch.StoreAsync(ct);
        }
        DurableSteps.Passed("vcs.graph_fetched");
        repository.Objects.Refresh();
        foreach (var commit in query.Shallow)
            if ((await repository.Objects.FindMissingAsync((await repository.Objects.ReadCommitAsync(commit, ct)).Parents.ToList(), ct)).Count > 0)
                cut.Add(commit);
        var judge = new FileJudge(repository.Objects, new(FormatRules.From(repository.Config.Get)));
        var files = await FilesAsync(query with { Boundary = cut }, ct);
        await FetchAsync(await NeededAsync(files, ct), files, judge, ct);
        foreach (var here in files.Values)
            await judge.JudgeAsync(here, null, ct);
        judge.ThrowUnlessFine();
        return cut;
    }

    /// <summary>New files: those of one chunk, which have no recipe, and recipes.</summary>
    private async Task<Dictionary<Digest, GraphItem>> FilesAsync(GraphQuery query, CancellationToken ct)
    {
        var files = new Dictionary<Digest, GraphItem>();
        await foreach (var item in new GraphWalk(repository.Objects, query) { TakesUnknownForChunks = true }.ItemsAsync(ct))
            if (item.Kind is ObjectKind.Chunk or ObjectKind.Recipe)
                files.TryAdd(item.Id, item);
        return files;
    }

    /// <summary>The chunks of new files that are not here.</summary>
    private async Task<IReadOnlyList<Digest>> NeededAsync(Dictionary<Digest, GraphItem> files, CancellationToken ct)
    {
        var chunks = files.Values.SelectMany(f => f.Kind == ObjectKind.Chunk ? [f.Id] : RecipeCodec.Decode(f.Body.Span).Chunks.Select(c => c.Id)).ToList();
        var missing = (await repository.Objects.FindMissingAsync(chunks, ct)).ToHashSet();
        return [.. chunks.Where(missing.Remove)];
    }

    /// <summary>Fetches chunks. Files of one chunk are judged as they pass, and leave <paramref name="files"/>.</summary>
    private async Task FetchAsync(IReadOnlyList<Digest> chunks, Dictionary<Digest, GraphItem> files, FileJudge judge, CancellationToken ct)
    {
        meter.Begin("receiving", null);
        var (batch, size) = (repository.Objects.BeginBatch(), 0L);
        try
        {
            await foreach (var item in remote.FetchAsync(chunks, ct))
            {
                batch.AddBody(item.Kind, item.Id, item.Body);
                if (files.TryGetValue(item.Id, out var file) && file.Kind == ObjectKind.Chunk && files.Remove(item.Id))
                    await judge.JudgeAsync(file, item.Body, ct);
                if ((size += item.Body.Length) < PackBytes)
                    continue;
                await batch.StoreAsync(ct);
                await batch.DisposeAsync();
                DurableSteps.Passed("vcs.part_fetched");
                (batch, size) = (repository.Objects.BeginBatch(), 0);
            }
            await batch.StoreAsync(ct);
            DurableSteps.Passed("vcs.objects_fetched");
        }
        finally
        {
            await batch.DisposeAsync();
        }
        meter.End();
    }
}
