using System.Text.Json;

namespace Temper.Models;

/// <summary>The hub's description of a repository at a revision.</summary>
internal static class HubListingJson
{
    private const string Code = "hub_answer_invalid";

    public static HubListing Read(ReadOnlySpan<byte> json, string repository)
    {
        var fields = JsonFields.Parse(json, "the hub's answer", Code);
        var commit = fields.Text("sha");
        if (!HubDigest.IsHex(commit, 40)) fields.Report("sha", "is not a commit of 40 hex digits");
        var files = new List<HubFile>();
        if (fields.Find("siblings") is { ValueKind: JsonValueKind.Array } siblings)
            foreach (var sibling in siblings.EnumerateArray()) files.Add(ReadFile(fields, sibling));
        else fields.Report("siblings", "is not a list of files");
        foreach (var twice in files.GroupBy(file => file.Path, StringComparer.Ordinal).Where(group => group.Count() > 1)) fields.Report("siblings", $"names '{twice.Key}' twice");
        fields.ThrowIfAny();
        return new HubListing(repository, commit!, files);
    }

    private static HubFile ReadFile(JsonFields fields, JsonElement sibling)
    {
        var path = Text(sibling, "rfilename") ?? "";
        if (path.Length is 0 or > 1024 || path.Any(c => char.IsControl(c) || c == '\\' || c == ':') || path.Split('/').Any(part => part is "" or "." or ".."))
            fields.Report("siblings", $"names a file '{path}' that would lie outside its folder");
        var (size, large) = (Number(sibling, "size"), sibling.ValueKind == JsonValueKind.Object && sibling.TryGetProperty("lfs", out var lfs) && lfs.ValueKind == JsonValueKind.Object ? lfs : default);
        var sha = Text(large, "sha256");
        return new HubFile(path, Number(large, "size") ?? size, HubDigest.IsHex(sha, 64) ? sha : null, Text(sibling, "blobId") is { } blob && HubDigest.IsHex(blob, 40) && sha is null ? blob : null);
    }

    private static string? Text(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    private static long? Number(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number && value.TryGetInt64(out var number) && number >= 0 ? number : null;
}
