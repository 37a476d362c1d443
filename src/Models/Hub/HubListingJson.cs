using System.Text.Json;
using Temper.Core.Errors;

namespace Temper.Models;

/// <summary>The hub's description of a repository at a revision.</summary>
internal static class HubListingJson
{
    private const string Code = "hub_answer_invalid";

    public static HubListing Read(ReadOnlySpan<byte> json, string repository)
    {
        var fields = JsonFields.Parse(json, "the hub's answer", Code);
        var commit = CommitOf(fields);
        var files = new List<HubFile>();
        if (fields.Find("siblings") is { ValueKind: JsonValueKind.Array } siblings)
            foreach (var sibling in siblings.EnumerateArray()) files.Add(ReadFile(fields, sibling));
        else fields.Report("siblings", "is not a list of files");
        foreach (var twice in files.GroupBy(file => file.Path, StringComparer.Ordinal).Where(group => group.Count() > 1)) fields.Report("siblings", $"names '{twice.Key}' twice");
        fields.ThrowIfAny();
        return new HubListing(repository, commit!, files);
    }

    /// <summary>The commit of a description that has no files.</summary>
    public static string Commit(ReadOnlySpan<byte> json)
    {
        var fields = JsonFields.Parse(json, "the hub's answer", Code);
        var commit = CommitOf(fields);
        fields.ThrowIfAny();
        return commit!;
    }

    /// <summary>Adds the files of a page of a tree: a list of <c>{type, path, size, oid, lfs: {oid, size}}</c>.</summary>
    public static void AddTree(ReadOnlySpan<byte> json, List<HubFile> files)
    {
        // Wrapped, so that one reader with one set of bounds reads both shapes.
        var fields = JsonFields.Parse([.. "{\"tree\":"u8, .. json, (byte)'}'], "the hub's list of files", Code);
        if (fields.Find("tree") is not { ValueKind: JsonValueKind.Array } tree) fields.Report("tree", "is not a list of files");
        else
            foreach (var entry in tree.EnumerateArray().Where(entry => Text(entry, "type") == "file"))
                files.Add(Make(Text(entry, "path") ?? "", entry, "oid", "oid"));
        fields.ThrowIfAny();
    }

    /// <summary>No path may lead out of a folder, none may come twice.</summary>
    public static void CheckPaths(IReadOnlyList<HubFile> files)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        if (files.FirstOrDefault(file => !IsSafe(file.Path) || !seen.Add(file.Path)) is { } wrong)
            throw new TemperException(Code, $"The hub's list of files names '{wrong.Path}' {(IsSafe(wrong.Path) ? "twice" : "which would lie outside its folder")}.");
    }

    private static HubFile ReadFile(JsonFields fields, JsonElement sibling)
    {
        var path = Text(sibling, "rfilename") ?? "";
        if (!IsSafe(path)) fields.Report("siblings", $"names a file '{path}' that would lie outside its folder");
        return Make(path, sibling, "blobId", "sha256");
    }

    private static HubFile Make(string path, JsonElement entry, string blobName, string shaName)
    {
        var (size, large) = (Number(entry, "size"), entry.ValueKind == JsonValueKind.Object && entry.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object ? lfs : default);
        var sha = Text(large, shaName);
        return new HubFile(path, Number(large, "size") ?? size, HubDigest.IsHex(sha, 64) ? sha : null, Text(entry, blobName) is { } blob && HubDigest.IsHex(blob, 40) && sha is null ? blob : null);
    }

    private static bool IsSafe(string path) =>
        path.Length is > 0 and <= 1024 && !path.Any(c => char.IsControl(c) || c == '\\' || c == ':') && !path.Split('/').Any(part => part is "" or "." or "..");

    private static string? CommitOf(JsonFields fields)
    {
        var commit = fields.Text("sha");
        if (!HubDigest.IsHex(commit, 40)) fields.Report("sha", "is not a commit of 40 hex digits");
        return commit;
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number : null;
}
