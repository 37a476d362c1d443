using Temper.Core.Errors;
using Temper.Core.Ids;
using Temper.Core.References;
using Temper.Storage.Sql;

namespace Temper.Registry;

/// <summary>Says that a reference names nothing, and what exists nearest to it.</summary>
internal static class Missing
{
    /// <param name="db">The database.</param>
    /// <param name="kind">dataset or model; its table has an s.</param>
    /// <param name="name">The name in the reference.</param>
    /// <param name="reference">The whole reference.</param>
    /// <param name="ct">Cancels.</param>
    public static async Task<TemperException> OfAsync(Db db, string kind, ResourceName name, Reference reference, CancellationToken ct)
    {
        var versions = await db.ScalarAsync<long?>($"select versions from {kind}s where name = @name", new { name }, ct);
        if (versions is null)
        {
            var names = await db.QueryAsync<string>($"select name from {kind}s order by name limit 2000", null, ct);
            return new("not_found", $"There is no {kind} '{name}'.", Nearest.To(name.ToString(), names) is { } near
                ? $"Did you mean '{near}'?"
                : names.Count == 0 ? $"There are no {kind}s yet." : $"`temper {kind}s` lists all {names.Count}.");
        }
        return new("not_found", $"There is no {kind} {reference}.", versions == 0 ? $"{name} has no version yet." : versions == 1 ? $"{name} has version 1." : $"{name} has versions 1 to {versions}.");
    }

    /// <summary>The reference is of a form that names nothing in a registry.</summary>
    public static TemperException Foreign(Reference reference, string kind) => reference switch
    {
        Reference.Folder => new("reference_invalid", $"'{reference}' is a folder on your machine; the registry cannot see it.",
            kind == "model" ? "Import it first: temper import FOLDER --name NAME." : "Upload it first: temper upload PATH --dataset NAME."),
        _ => new("reference_invalid", $"'{reference}' names a checkpoint; a {kind} is named by name, name:VERSION, name@alias or name#COMMIT."),
    };
}
