using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.References;

namespace Temper.Training.Checkpoints;

/// <summary>Another job's checkpoint that a new job begins with.</summary>
/// <param name="Job">That job.</param>
/// <param name="Step">Steps done there; null: its newest checkpoint.</param>
/// <param name="Store">Where it lies; null where that is not known yet.</param>
public sealed record StartingPoint(WorkId Job, int? Step, CheckpointStore? Store = null)
{
    /// <summary>What <c>resume_from_checkpoint</c> names: a job's id, <c>job:ID/step-N</c>, or the name that OpenAI's routes give either; null for anything else.</summary>
    public static StartingPoint? Parse(string? text)
    {
        if (WorkId.TryParse(text, out var job) && job.Kind == Core.Work.WorkKind.Train)
            return new(job, null);
        if (text is null || !(text.StartsWith("job:", StringComparison.Ordinal) || text.StartsWith("ft:", StringComparison.Ordinal)))
            return null;
        try
        {
            return Reference.Parse(text) switch
            {
                Reference.Checkpoint checkpoint => new(checkpoint.Job, checkpoint.Step),
                Reference.OfJob made => new(made.Job, null),
                _ => null,
            };
        }
        catch (TemperException)
        {
            return null; // Whoever reads the setting says what it may be.
        }
    }

    /// <summary>The checkpoint.</summary>
    /// <exception cref="TemperException">Code <c>not_found</c>, with those that there are.</exception>
    internal StoredCheckpoint Find()
    {
        var all = Store!.ListAsync(CancellationToken.None).GetAwaiter().GetResult();
        return all.FirstOrDefault(checkpoint => Step is null || checkpoint.Step == Step) ?? throw new TemperException([new("not_found", all.Count == 0
            ? $"The job {Job} has no checkpoint to begin with."
            : $"The job {Job} has no checkpoint of step {Step}; there are {string.Join(", ", all.Select(checkpoint => checkpoint.Step).Distinct().Order())}.")
        { Path = "resume_from_checkpoint" }]);
    }
}
