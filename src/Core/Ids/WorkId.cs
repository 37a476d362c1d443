using System.Text.Json;
using System.Text.Json.Serialization;
using Temper.Core.Work;

namespace Temper.Core.Ids;

/// <summary>
/// Identity of one row of the work table: <c>ing-</c> or <c>job-</c> and 26 characters. What people call a job id is the id of a train row.
/// </summary>
[JsonConverter(typeof(WorkIdJson))]
public readonly record struct WorkId
{
    private readonly string? _text;

    private WorkId(string text) => _text = text;

    /// <summary>A new id for work of <paramref name="kind"/>.</summary>
    public static WorkId New(WorkKind kind, TimeProvider clock) => new($"{Prefix(kind)}-{Ulid.New(clock)}");

    /// <summary>The kind that the prefix names.</summary>
    public WorkKind Kind => ToString().StartsWith("ing-", StringComparison.Ordinal) ? WorkKind.Ingest : WorkKind.Train;

    /// <summary>Reads what <see cref="ToString"/> printed.</summary>
    public static bool TryParse(string? text, out WorkId id)
    {
        var valid = text is { Length: 4 + Ulid.Length } && text[..4] is "ing-" or "job-" && Ulid.IsValid(text.AsSpan(4));
        id = valid ? new(text!) : default;
        return valid;
    }

    /// <summary>Reads what <see cref="ToString"/> printed.</summary>
    /// <exception cref="FormatException">The text is anything else.</exception>
    public static WorkId Parse(string text) => TryParse(text, out var id) ? id : throw new FormatException($"'{text}' is not a work id such as job-{new string('0', Ulid.Length)}.");

    /// <inheritdoc/>
    public override string ToString() => _text ?? throw new InvalidOperationException("The default WorkId stands for no work.");

    private static string Prefix(WorkKind kind) => kind switch
    {
        WorkKind.Ingest => "ing",
        WorkKind.Train => "job",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "unknown kind of work"),
    };

    private sealed class WorkIdJson : JsonConverter<WorkId>
    {
        public override WorkId Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options) =>
            TryParse(reader.GetString(), out var id) ? id : throw new JsonException("expected a work id such as job-…");

        public override void Write(Utf8JsonWriter writer, WorkId value, JsonSerializerOptions options) => writer.WriteStringValue(value.ToString());
    }
}
