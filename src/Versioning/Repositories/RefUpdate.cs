using Temper.Core.Ids;
using Temper.Versioning.Objects;

namespace Temper.Versioning.Repositories;

/// <summary>One move of a reference.</summary>
/// <param name="Name">Full name, such as <c>refs/heads/main</c>.</param>
/// <param name="Old">Where it must be now; null: it must not exist.</param>
/// <param name="New">Where it goes; null: it is removed.</param>
public sealed record RefUpdate(string Name, Digest? Old, Digest? New);

/// <summary>One move that a reference made.</summary>
/// <param name="Old">Null: it was made then.</param>
/// <param name="New">Null: it was removed then.</param>
/// <param name="Who">Who moved it, and when.</param>
/// <param name="Reason">One line, such as <c>commit: first</c>.</param>
public sealed record ReflogEntry(Digest? Old, Digest? New, Signature Who, string Reason);
