namespace Temper.Core.Registry;

/// <summary>Memory of a process in bytes at the beginning, at its highest and at the end of a stage.</summary>
/// <param name="Start">At the beginning.</param>
/// <param name="Peak">Highest of the samples, one every 50 ms and at both ends.</param>
/// <param name="End">At the end.</param>
public sealed record MemorySpan(long Start, long Peak, long End);

/// <summary>What one stage of building one dataset took.</summary>
/// <param name="Dataset">Its id.</param>
/// <param name="Stage"><c>init</c> (the backend is opened), <c>config</c> (items are listed and hashed) or <c>build</c> (they are uploaded and ingested).</param>
/// <param name="Seconds">Time.</param>
/// <param name="Managed">Bytes on the managed heap.</param>
/// <param name="WorkingSet">Bytes of the process in memory.</param>
/// <param name="Native">Working set without what the runtime has committed for its heap, at least 0.</param>
public sealed record BuildStage(string Dataset, string Stage, double Seconds, MemorySpan Managed, MemorySpan WorkingSet, MemorySpan Native);

/// <summary>How a version was built from a configuration of datasets.</summary>
/// <param name="Backend">Kind of its backend.</param>
/// <param name="From">The backend's address, for people.</param>
/// <param name="Items">Items that the backend listed.</param>
/// <param name="Bytes">Bytes of them.</param>
/// <param name="Sent">Bytes that were sent.</param>
/// <param name="BackendCounts">Datasets of the configuration, by kind of backend.</param>
/// <param name="Stages">Time and memory.</param>
public sealed record DatasetBuild(string Backend, string From, long Items, long Bytes, long Sent, SortedDictionary<string, int> BackendCounts, IReadOnlyList<BuildStage> Stages);
