using Temper.Core.Ids;

namespace Temper.Training.Checkpoints;

/// <summary>What a run is made from. A checkpoint is continued only by a run of the same identity; another code version or arithmetic is allowed, and said.</summary>
/// <param name="Base">Digest of the base model's files.</param>
/// <param name="Data">Digest of the dataset version's manifest.</param>
/// <param name="Recipe">Digest of the resolved recipe.</param>
/// <param name="CodeVersion">Product version and commit.</param>
/// <param name="NumericsId">Which arithmetic.</param>
/// <param name="Plugins">Plug-ins whose parts the run uses: name, version and digest of each; null for none.</param>
public sealed record RunIdentity(Digest? Base, Digest? Data, Digest? Recipe, string CodeVersion, string NumericsId, string? Plugins = null)
{
    /// <summary>Of a run that is never resumed elsewhere.</summary>
    public static readonly RunIdentity None = new(null, null, null, "", "");
}
