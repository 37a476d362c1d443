using System.Text.Json;
using Temper.Core.Errors;
using Temper.Core.Json;
using Temper.Training.Recipes;

namespace Temper.Training.Ranks;

/// <summary>What a rank's run is made from. All ranks must agree on all of it before the first micro-batch.</summary>
/// <param name="Protocol">Of these messages.</param>
/// <param name="Code">Product version and commit.</param>
/// <param name="Numerics">Which arithmetic.</param>
/// <param name="Recipe">Digest of the recipe.</param>
/// <param name="Trained">Digest of the names and shapes of what is trained.</param>
/// <param name="FrozenBytes">Of what is not trained.</param>
internal sealed record HelloFrame(int Protocol, string Code, string Numerics, string Recipe, string Trained, double FrozenBytes)
{
    private const int Current = 1;

    public static HelloFrame Of(Objectives.IObjective objective, Recipe recipe, string code) =>
        new(Current, code, objective.Engine.Info.NumericsId, recipe.Digest().Hex, new Replica(objective).Shape.Hex, objective.FrozenBytes);

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Wire.Json);

    /// <exception cref="InvalidDataException">It is none.</exception>
    public static HelloFrame Read(ReadOnlySpan<byte> body)
    {
        try
        {
            return JsonSerializer.Deserialize<HelloFrame>(body, Wire.Strict) ?? throw new InvalidDataException("a greeting that is null");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"a greeting that cannot be read: {e.Message}", e);
        }
    }

    /// <summary>What keeps a rank from taking part.</summary>
    public IEnumerable<Problem> Against(HelloFrame leader, int rank) => new (string Name, object Mine, object Theirs)[]
    {
        ("protocol", Protocol, leader.Protocol), ("code version", Code, leader.Code), ("numerics", Numerics, leader.Numerics), ("recipe", Recipe, leader.Recipe), ("trained tensors", Trained, leader.Trained),
        ("frozen bytes", FrozenBytes, leader.FrozenBytes),
    }.Where(f => !f.Mine.Equals(f.Theirs)).Select(f => new Problem("replicas_differ", FormattableString.Invariant($"Worker process {rank} has another {f.Name} ({f.Mine}) than the leader ({f.Theirs}).")));
}
