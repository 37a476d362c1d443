using Temper.Models;
using Temper.Training.Sampling;

namespace Temper.Training.Recipes;

/// <summary>What a run learns from, and how records become tokens.</summary>
public sealed record DataSettings
{
    /// <summary>Reference of the dataset; null where the job names it.</summary>
    public string? Train { get; init; }

    /// <summary>Several datasets, or one with settings; null where <see cref="Train"/> or the job names the one.</summary>
    public IReadOnlyList<DatasetEntry>? Datasets { get; init; }

    /// <summary>How the dataset of the next example is chosen; null is <see cref="MixStrategy.AutoWeighting"/>.</summary>
    public MixStrategy? Sampling { get; init; }

    /// <summary>Exponent of the strategy temperature, 0 to 1; null is 0.5.</summary>
    public double? SamplingAlpha { get; init; }

    /// <summary>When an epoch ends; null is all of them exhausted.</summary>
    public StopOn? StopOn { get; init; }

    /// <summary>What becomes of items that fill no batch at the end of an epoch; null is carry with buckets and short without.</summary>
    public Remainder? Remainder { get; init; }

    /// <summary>What happens when a record cannot be read while batches are prepared; null is <see cref="RuntimeErrorPolicy.Fail"/>.</summary>
    public RuntimeErrorPolicy? OnRuntimeError { get; init; }

    /// <summary>Batches that are prepared ahead, 1 to 1000; null is 10.</summary>
    public int? Prefetch { get; init; }

    /// <summary>Held-out records: 0 none (default), below 1 a share of the records, from 1 on a number of records.</summary>
    public double Validation { get; init; }

    /// <summary>Reference of the dataset that is measured, instead of <see cref="Validation"/>; null: none.</summary>
    public string? ValidationDataset { get; init; }

    /// <summary>Shape that every record must have; default any.</summary>
    public DataFormat Format { get; init; } = DataFormat.Auto;

    /// <summary>Chat template: <c>model</c> is the one that the base model carries; else a name of <see cref="BuiltInTemplates"/>, or a template itself. The result keeps it.</summary>
    public string ChatTemplate { get; init; } = "model";

    /// <summary>Which tokens are supervised. Default, by the record: assistant turns of chats, completions of pairs, all of a text.</summary>
    public TrainOn TrainOn { get; init; }

    /// <summary>Longest example in tokens, 8 and up. Default 1024; the base model's own limit is a limit, too.</summary>
    public int MaxLength { get; init; } = 1024;

    /// <summary>What happens to a longer example.</summary>
    public OverlengthPolicy OnOverlength { get; init; } = OverlengthPolicy.ErrorIfAnswerLost;

    /// <summary>Whether short examples share a block of <see cref="MaxLength"/> tokens, none seeing another. Default false.</summary>
    public bool Packing { get; init; }
}

/// <summary>Shape of the records of a dataset.</summary>
public enum DataFormat
{
    /// <summary>Any of the others, record by record.</summary>
    Auto,

    /// <summary>Plain text.</summary>
    Text,

    /// <summary>Chats.</summary>
    Messages,

    /// <summary>A prompt and what follows it.</summary>
    PromptCompletion,

    /// <summary>Instruction, input and output; sealed as a chat or a pair.</summary>
    Instruction,

    /// <summary>A prompt and two answers, of which one is better.</summary>
    Preference,

    /// <summary>Images, their classes by folder or by column.</summary>
    ImageFolder,

    /// <summary>Texts and their classes from a table; sealed as records with a label.</summary>
    Csv,
}
