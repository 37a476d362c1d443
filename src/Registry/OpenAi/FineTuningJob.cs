using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Work;
using Temper.Registry.Schema;
using Temper.Registry.Work;

namespace Temper.Registry.OpenAi;

/// <summary>Why a job failed, as OpenAI's clients read it; always whole where there is one.</summary>
internal sealed record FineTuningError(string Code, string Message, string? Param);

/// <summary>A job as OpenAI's clients read it. <c>phase</c>, <c>progress</c>, <c>waits</c> and <c>priority</c> are ours.</summary>
internal sealed record FineTuningJob
{
    public required string Id { get; init; }
    public string Object => "fine_tuning.job";
    public long CreatedAt { get; init; }
    public FineTuningError? Error { get; init; }
    public string? FineTunedModel { get; init; }
    public long? FinishedAt { get; init; }
    public object? Hyperparameters { get; init; }
    public string Model { get; init; } = "";
    public string OrganizationId => "temper";
    public IReadOnlyList<string> ResultFiles { get; init; } = [];
    public string Status { get; init; } = "";
    public long? TrainedTokens { get; init; }
    public string TrainingFile { get; init; } = "";
    public string? ValidationFile { get; init; }
    public int Seed { get; init; }
    public long? EstimatedFinish { get; init; }
    public IReadOnlyList<object> Integrations => [];
    public object? Method { get; init; }
    public IReadOnlyDictionary<string, string>? Metadata { get; init; }
    public string? Suffix { get; init; }

    /// <summary>The state in our own words, which know pauses.</summary>
    public string Phase { get; init; } = "";

    /// <summary>0 to 1; exactly 1 only when it succeeded.</summary>
    public double Progress { get; init; }

    /// <summary>Why no worker has taken it.</summary>
    public string? Waits { get; init; }

    public int Priority { get; init; }

    /// <summary>The job of a row; <paramref name="order"/> is null where a recipe started it.</summary>
    public static FineTuningJob Of(WorkRow row, FineTuningOrder? order, double? tokens)
    {
        var (info, payload) = (row.ToInfo(), Column.Element(row.Payload)!.Value);
        var recipe = payload.GetProperty("recipe");
        var completed = row.State == WorkState.Completed;
        var used = Hyper(recipe, order);
        var method = order?.Method ?? "supervised";
        return new()
        {
            Id = row.Id.ToString(),
            CreatedAt = row.CreatedMs / 1000,
            Error = row.State == WorkState.Failed ? ErrorOf(info.Errors) : null,
            FineTunedModel = completed ? NameOf(row, order) : null,
            FinishedAt = row.EndedMs / 1000,
            Hyperparameters = used,
            Model = order?.Model ?? payload.GetProperty("base").GetProperty("name").GetString()!,
            ResultFiles = completed ? [FineTuningResults.IdOf(row.Id)] : [],
            Status = StatusOf(row.State),
            TrainedTokens = completed ? (long)(tokens ?? 0) : null,
            TrainingFile = order?.TrainingFile ?? DatasetOf(payload),
            ValidationFile = order?.ValidationFile,
            Seed = recipe.TryGetProperty("seed", out var seed) && seed.TryGetInt32(out var number) ? number : 42,
            EstimatedFinish = info.EstimatedFinishMs / 1000,
            Method = new Dictionary<string, object> { ["type"] = method, [method] = new { Hyperparameters = used } },
            Metadata = order?.Metadata,
            Suffix = order?.Suffix,
            Phase = info.Standing,
            Progress = info.Progress,
            Waits = info.Waits,
            Priority = info.Priority,
        };
    }

    /// <summary><c>ft:BASE:SUFFIX:ID</c>, which every reference of the product resolves.</summary>
    public static string NameOf(WorkRow row, FineTuningOrder? order) =>
        $"ft:{Column.Element(row.Payload)!.Value.GetProperty("base").GetProperty("name").GetString()}:{order?.Suffix?.Replace(' ', '-')}:{row.Id}";

    /// <summary>OpenAI's words; a paused job is queued there, and <see cref="Phase"/> says what it is.</summary>
    private static string StatusOf(WorkState state) => state switch
    {
        WorkState.Validating => "validating_files",
        WorkState.Queued or WorkState.Paused => "queued",
        WorkState.Completed => "succeeded",
        _ => Column.Word(state),
    };

    private static FineTuningError ErrorOf(IReadOnlyList<Problem> problems) => problems.Count == 0
        ? new("no_reason", "The job failed, and no reason was kept.", null)
        : new(problems[0].Code, OpenAiJson.Message(problems), problems[0].Path);

    /// <summary>What was used, also where auto was asked for.</summary>
    private static Dictionary<string, object> Hyper(JsonElement recipe, FineTuningOrder? order)
    {
        var training = recipe.TryGetProperty("training", out var given) && given.ValueKind == JsonValueKind.Object ? given : default;
        double? Of(string name) => training.ValueKind == JsonValueKind.Object && training.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;
        var used = new Dictionary<string, object>
        {
            ["n_epochs"] = Of("num_train_epochs") is { } epochs && epochs == Math.Floor(epochs) ? (int)epochs : "auto",
            ["batch_size"] = Of("per_device_train_batch_size") is { } batch ? (int)(batch * (Of("gradient_accumulation_steps") ?? 1)) : "auto",
            ["learning_rate_multiplier"] = order is null ? "auto" : order.LearningRateMultiplier ?? 1.0,
        };
        if (order?.Beta is { } beta)
            used["beta"] = beta;
        return used;
    }

    private static string DatasetOf(JsonElement payload) => payload.GetProperty("dataset") is { ValueKind: JsonValueKind.Object } pin
        ? FormattableString.Invariant($"{pin.GetProperty("name").GetString()}:{pin.GetProperty("version").GetInt32()}")
        : payload.GetProperty("dataset").GetString()!;
}
