using Temper.Core.Datasets;
using Temper.Core.Ids;

namespace Temper.Training.Tests.Tasks;

/// <summary>Records of a few lines, in the words that the tokenizer of <see cref="TaskWorld"/> knows.</summary>
internal static class TaskRecords
{
    /// <summary>Texts of two classes.</summary>
    public static CanonicalRecord[] Questions(int count) => [.. Enumerable.Range(0, count).Select(i => new CanonicalRecord(Digest.OfText($"q {i}"), RecordKind.Labelled, new("q.jsonl", i + 1, 0))
    {
        Text = i % 2 == 0 ? $"where is parcel {i}" : $"the bill {i} is wrong",
        Class = i % 2 == 0 ? "delivery" : "billing",
    })];

    /// <summary>Chats with a better and a worse answer.</summary>
    public static CanonicalRecord[] Pairs(int count) => [.. Enumerable.Range(0, count).Select(i => new CanonicalRecord(Digest.OfText($"pair {i}"), RecordKind.Preference, new("p.jsonl", i + 1, 0))
    {
        Messages = [new("user", $"where is parcel {i}")],
        Chosen = new([new ChatTurn("assistant", "it is late")]),
        Rejected = new([new ChatTurn("assistant", "my money is wrong")]),
    })];
}
