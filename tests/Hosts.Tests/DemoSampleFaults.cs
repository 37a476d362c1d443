using System.Text;

namespace Temper.Hosts.Tests;

/// <summary>One line put into a chat file on purpose. <paramref name="Bytes"/> may quote another line of the same file as it stands at that moment.</summary>
internal sealed record DemoFault(int Line, string Kind, string Outcome, string Code, Func<Func<int, string>, byte[]> Bytes);

/// <summary>The faults of samples/support-bot, by file and line, with the outcome and code that ingestion must report.</summary>
internal static class DemoSampleFaults
{
    private const string Ask = "Does the box come with a manual?";

    public static IReadOnlyList<DemoFault> In(string file) => file switch
    {
        "chats.jsonl" => [.. Plain()],
        "chats-more.jsonl.gz" => [.. Compressed()],
        "chats-windows.jsonl" => [.. Windows()],
        _ => throw new ArgumentOutOfRangeException(nameof(file), file, "no such file in the sample"),
    };

    private static IEnumerable<DemoFault> Plain() =>
    [
        Bad(12, "broken JSON", "REC_INVALID_JSON", """{"messages": [{"role": "user", "content": "Does the box come with a manual?"}, {"role": "assistant" "content": "Yes, in four languages."}]}"""),
        Bad(47, "duplicate key", "REC_DUPLICATE_KEY", """{"messages": [{"role": "user", "content": "Does the box come with a manual?"}, {"role": "assistant", "content": "Yes.", "content": "No."}]}"""),
        new(83, "invalid UTF-8", "quarantined", "REC_INVALID_UTF8", _ => [.. """{"messages": [{"role": "user", "content": "Is there a caf"""u8, 0xE9, .. """ nearby?"}, {"role": "assistant", "content": "Yes, on the quay."}]}"""u8]),
        Bad(120, "empty answer", "REC_EMPTY_CONTENT", DemoSampleFiles.Chat([("user", Ask), ("assistant", "")])),
        Bad(166, "unknown role", "REC_UNKNOWN_ROLE", DemoSampleFiles.Chat([("user", Ask), ("agent", "Yes, in four languages.")])),
        Bad(201, "wrong type of content", "REC_WRONG_TYPE", """{"messages": [{"role": "user", "content": "How many manuals are there?"}, {"role": "assistant", "content": 4}]}"""),
        Bad(233, "wrong type of messages", "REC_WRONG_TYPE", """{"messages": "Does the box come with a manual? Yes."}"""),
        new(270, "exact duplicate", "duplicate", "DUP_EXACT", line => Encoding.UTF8.GetBytes(line(31))),
        new(305, "near duplicate, other punctuation", "duplicate", "DUP_NEAR", line => Encoding.UTF8.GetBytes(line(64).Replace(".\"", " .\"", StringComparison.Ordinal).Replace("?\"", " ??\"", StringComparison.Ordinal))),
        Bad(352, "no assistant turn", "REC_NO_SUPERVISED_TOKENS", DemoSampleFiles.Chat([("user", Ask)])),
        Bad(451, "truncated last line", "REC_TRUNCATED", """{"messages": [{"role": "user", "content": "Does the box come with a manual?"}, {"role": "assistant", "content": "Yes, in four lang"""),
    ];

    private static IEnumerable<DemoFault> Compressed() =>
    [
        Bad(9, "line over the dataset's limit", "REC_LINE_TOO_LONG", DemoSampleFiles.Chat([("user", string.Concat(Enumerable.Repeat("Does the box come with a manual? ", 2200))), ("assistant", "Yes.")])),
        Bad(58, "lone surrogate", "REC_INVALID_UNICODE", """{"messages": [{"role": "user", "content": "Does it come with a manual? \ud83d"}, {"role": "assistant", "content": "Yes, in four languages."}]}"""),
        Bad(101, "number out of range", "REC_NUMBER_RANGE", """{"messages": [{"role": "user", "content": "Does the box come with a manual?"}, {"role": "assistant", "content": "Yes.", "weight": 1e999}]}"""),
        new(144, "exact duplicate", "duplicate", "DUP_EXACT", line => Encoding.UTF8.GetBytes(line(20))),
        Bad(187, "not an object", "REC_WRONG_TYPE", """[{"role": "user", "content": "Does the box come with a manual?"}, {"role": "assistant", "content": "Yes."}]"""),
        Bad(240, "nested too deep", "REC_TOO_DEEP", DemoSampleFiles.Chat([("user", Ask), ("assistant", "Yes.")])[..^1] + ",\"meta\":" + new string('[', 80) + new string(']', 80) + "}"),
    ];

    private static IEnumerable<DemoFault> Windows() =>
    [
        Noise(2, "blank line", ""),
        Bad(15, "prose, not JSON", "REC_INVALID_JSON", "Here are the chats of last week:"),
        Bad(33, "missing field", "REC_MISSING_FIELD", """{"question": "Does the box come with a manual?", "answer": "Yes, in four languages."}"""),
        Noise(50, "line of spaces", "   "),
        Noise(51, "blank line", ""),
        Bad(72, "answer of spaces", "REC_EMPTY_CONTENT", DemoSampleFiles.Chat([("user", Ask), ("assistant", "   ")])),
        Bad(90, "every answer has weight 0", "REC_NO_SUPERVISED_TOKENS", """{"messages": [{"role": "user", "content": "Does the box come with a manual?"}, {"role": "assistant", "content": "Yes, in four languages.", "weight": 0}]}"""),
        new(118, "near duplicate, capitals and spaces", "duplicate", "DUP_NEAR", line => Encoding.UTF8.GetBytes(Shout(line(40)))),
        Bad(137, "null instead of text", "REC_WRONG_TYPE", """{"messages": [{"role": "user", "content": null}, {"role": "assistant", "content": "Yes, in four languages."}]}"""),
    ];

    private static DemoFault Bad(int line, string kind, string code, string text) => new(line, kind, "quarantined", code, _ => Encoding.UTF8.GetBytes(text));

    private static DemoFault Noise(int line, string kind, string text) => new(line, kind, "accepted", "", _ => Encoding.UTF8.GetBytes(text));

    /// <summary>The user's question in capitals with doubled spaces; the JSON around it stays.</summary>
    private static string Shout(string line)
    {
        const string mark = "\"user\",\"content\":\"";
        var start = line.IndexOf(mark, StringComparison.Ordinal) + mark.Length;
        var end = line.IndexOf('"', start);
        return line[..start] + line[start..end].ToUpperInvariant().Replace(" ", "  ", StringComparison.Ordinal) + line[end..];
    }
}
