using System.Runtime.InteropServices;
using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Versioning.Content;
using Temper.Versioning.Objects;
using Temper.Versioning.Safety;

namespace Temper.Versioning.Sync;

/// <summary>
/// Judges files that come from somebody else, as <c>add</c> judges one's own: before a reference leads to them. What is in the store already is
/// judged, too, when it is new to the references; a file that cannot be read through is an error, never taken.
/// </summary>
/// <param name="store">Has the files.</param>
/// <param name="policy">What the repository takes.</param>
public sealed class FileJudge(IObjectStore store, FormatPolicy policy)
{
    private const int Most = 100;

    private readonly List<Problem> _problems = [];

    /// <summary>What was found so far, a problem a file, at most 100: <c>unsafe_format</c>, <c>format_refused</c>, or the code of a safetensors header.</summary>
    public IReadOnlyList<Problem> Problems => _problems;

    /// <summary>Judges all files that a query lacks.</summary>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task<IReadOnlyList<Problem>> JudgeAsync(GraphQuery query, CancellationToken ct)
    {
        await foreach (var item in new GraphWalk(store, query).ItemsAsync(ct))
            await JudgeAsync(item, null, ct);
        return _problems;
    }

    /// <summary>Judges one item of a walk; what is neither chunk nor recipe is no file.</summary>
    /// <param name="item">A file of one chunk, or the recipe of one.</param>
    /// <param name="content">The content, where it is at hand.</param>
    /// <param name="ct">Ends the work.</param>
    /// <exception cref="TemperException">Codes <c>object_missing</c>, <c>object_corrupt</c>.</exception>
    public async Task JudgeAsync(GraphItem item, ReadOnlyMemory<byte>? content, CancellationToken ct)
    {
        ArgumentNullException.ThrowIfNull(item);
        if (item.Kind is not (ObjectKind.Chunk or ObjectKind.Recipe) || _problems.Count == Most)
            return;
        await using Stream stream = item.Kind == ObjectKind.Recipe
            ? new StoredFileStream(store, item.Id, RecipeCodec.Decode(item.Body.Span).Size)
            : Held(content ?? await store.FindBodyAsync(item.Id, ObjectKind.Chunk, ct) ?? throw new TemperException("object_missing", $"The file {item.Id} is not in the store."));
        var name = item.Path ?? item.Id.Hex;
        if ((await policy.CheckAsync(name, stream, ct)).ProblemOf(name) is { } problem)
            _problems.Add(problem);
    }

    /// <summary>Ends the work where a file was found that is not taken.</summary>
    /// <exception cref="TemperException">All of <see cref="Problems"/>.</exception>
    public void ThrowUnlessFine()
    {
        if (_problems.Count > 0)
            throw new TemperException([.. _problems.Select(p => p with
            {
                Hint = "Nothing was taken. Who trusts the other side's files allows them with `temper config safety.formats …` or safety.allowUnsafeFormats (clone: -c NAME=VALUE).",
            })]);
    }

    private static MemoryStream Held(ReadOnlyMemory<byte> bytes) =>
        MemoryMarshal.TryGetArray(bytes, out var segment) ? new MemoryStream(segment.Array!, segment.Offset, segment.Count, writable: false) : new MemoryStream(bytes.ToArray(), writable: false);
}
