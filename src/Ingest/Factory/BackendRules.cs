namespace Temper.Ingest;

/// <summary>What a dataset must say about the place that its data comes from.</summary>
internal sealed class BackendRules(ConfigSection section, DatasetType type, string kind, FactoryContext context)
{
    private bool IsStore => (For.Of(type) & For.Stores) != 0;

    /// <summary>Problems are collected.</summary>
    public void Check()
    {
        if (!context.Backends.Any(b => b.IsCalled(kind)) && !Backend.Names.Contains(kind))
        {
            string[] known = [.. Backend.Names, "s3", .. context.Backends.Select(b => b.Type).Except(Backend.Names)];
            if (kind == "webshart")
                section.Add("CFG_UNSUPPORTED", "type", "type: webshart is not supported.", "Upload the tar archives themselves; their entries are read.");
            else
                section.Add("CFG_BAD_VALUE", "type", $"there is no backend '{kind}'.", Nearest.Hint(kind, known));
            return;
        }
        if (kind == "memory" && !IsStore)
            section.Add("CFG_INCOMPATIBLE", "type", "type: memory keeps embeddings alone; it cannot hold records.", "Use it for text_embeds, image_embeds or conditioning_image_embeds.");
        if (kind == "csv" && (IsStore || type == DatasetType.Caption))
            section.Add("CFG_INCOMPATIBLE", "type", $"type: csv cannot be used for {KeyCheck.Word(type)}.", "Use local.");
        if (!IsStore)
            Keys();
        foreach (var key in context.Backends.FirstOrDefault(b => b.IsCalled(kind))?.Keys.Where(k => k.Required && !Backend.Names.Contains(kind)) ?? [])
        {
            if (!section.Map.Members.Any(m => m.Key == key.Name))
                section.Log.Add("CFG_MISSING_KEY", section.Map, $"type: {kind} needs '{key.Name}'.", $"Add {key.Name}.");
        }
    }

    private void Keys()
    {
        switch (kind)
        {
            case "local":
                Needs("instance_data_dir", "Add instance_data_dir: the folder of the data.");
                Exists("instance_data_dir", folder: true);
                break;
            case "azure":
                Needs("azure_container_name", "Add azure_container_name: NAME.");
                if (section.Has("azure_connection_name") == section.Has("azure_account_url"))
                    section.Add("CFG_MISSING_KEY", "azure_connection_name", "type: azure needs either 'azure_connection_name' or 'azure_account_url'.", "A connection of the host, or the account's address with managed identity.");
                Address("azure_account_url");
                break;
            case "aws":
                Needs("aws_bucket_name", "Add aws_bucket_name: NAME.");
                if (section.Has("aws_access_key_id") != section.Has("aws_secret_access_key"))
                    section.Add("CFG_MISSING_KEY", "aws_access_key_id", "aws_access_key_id and aws_secret_access_key are set together or not at all.", "Without both, the host's own credentials are used.");
                Address("aws_endpoint_url");
                Imported("aws_region_name", "aws_endpoint_url", "aws_access_key_id", "aws_secret_access_key");
                break;
            case "csv":
                Needs("csv_file", "Add csv_file: PATH.");
                Needs("csv_caption_column", "Add csv_caption_column: NAME.");
                Exists("csv_file", folder: false);
                Imported("csv_cache_dir");
                break;
            case "huggingface":
                Needs("dataset_name", "Add dataset_name: OWNER/NAME.");
                HubRules.Check(section);
                break;
        }
    }

    private void Needs(string key, string hint)
    {
        if (!section.Has(key))
            section.Add("CFG_MISSING_KEY", key, $"type: {kind} needs '{key}'.", hint);
    }

    /// <summary>Keys that SimpleTuner asks for and we do not: a file that it refuses is refused here, too.</summary>
    private void Imported(params ReadOnlySpan<string> keys)
    {
        foreach (var key in keys)
        {
            if (section.Log.Importing && !section.Has(key))
                section.Add("CFG_MISSING_KEY", key, $"SimpleTuner asks for '{key}' with type: {kind}.", $"Add {key} to the file. A configuration of temper's own does not need it.");
        }
    }

    private void Address(string key)
    {
        if (section.Text(key) is { } text && (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https") || uri.UserInfo.Length > 0))
            section.Add("CFG_BAD_VALUE", key, $"'{key}' is not an address.", "Write https://HOST, without a name or password in it.");
    }

    private void Exists(string key, bool folder)
    {
        if (context.Root is not { } root || section.Text(key) is not { Length: > 0 } text || text.Contains('{', StringComparison.Ordinal))
            return;
        var path = Path.GetFullPath(text, Path.GetFullPath(root));
        if (folder ? Directory.Exists(path) : File.Exists(path))
            Inside(key, text, path, root);
        else if (Path.Exists(path))
            section.Add("CFG_BAD_VALUE", key, folder ? $"{path} is a file; '{key}' names the folder that holds the data." : $"{path} is a folder; '{key}' names a file.", folder ? $"Write {key}: {(Path.GetDirectoryName(text) is { Length: > 0 } above ? above : ".")}" : "Name the file in it.");
        else
            section.Add("CFG_PATH_MISSING", key, $"{(folder ? "the folder" : "the file")} {path} does not exist.", "Correct it; paths are below the configuration's folder, or the one that --root names.");
    }

    /// <summary>What an imported file names may lie anywhere until somebody says where the root is.</summary>
    private void Inside(string key, string text, string path, string root)
    {
        if (!context.Importing && LocalPaths.Resolve(path) is { } real && LocalPaths.Resolve(Path.GetFullPath(root)) is { } realRoot && !LocalPaths.IsInside(real, realRoot))
            section.Add("SRC_OUTSIDE_ROOT", key, $"'{text}' lies outside of {root}, where local data must lie.", "Name a folder above all data with --root DIR, or move the data.");
    }
}
