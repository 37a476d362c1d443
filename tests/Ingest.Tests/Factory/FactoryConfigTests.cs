namespace Temper.Ingest.Tests;

/// <summary>Configurations of many datasets as people write them, and what is said of wrong ones.</summary>
public sealed class FactoryConfigTests
{
    [Fact]
    public void Every_type_of_dataset_becomes_a_record_of_its_own()
    {
        var config = Configs.Read("""
            version: 1
            variables: {base: /data}
            defaults: {probability: 0.5, crop: true, max_bad_fraction: 0.2}
            datasets:
              - {id: chats, dataset_type: text, instance_data_dir: "{base}/{id}", repeats: 2, pii: {action: redact}}
              - {id: pairs, dataset_type: preference, instance_data_dir: pairs}
              - {id: photos, dataset_type: image, type: s3, aws_bucket_name: b, conditioning_data: [masks], resolution: 512}
              - {id: masks, dataset_type: conditioning, conditioning_type: mask, source_dataset_id: photos, instance_data_dir: masks}
              - {id: held-out, dataset_type: eval, instance_data_dir: held, eval_of: pairs}
              - {id: words, dataset_type: caption, instance_data_dir: words}
              - {id: texts, dataset_type: text_embeds, default: true, caption_filter_list: [foo, "s/a/b/"]}
              - {id: looks, dataset_type: image_embeds, type: memory, model: {id: vit, revision: v2}}
              - {id: off, dataset_type: video, disabled: true, instance_data_dir: films}
            """);
        var chats = Assert.IsType<TextEntry>(config.Find("chats"));
        Assert.Equal(("/data/chats", 2, 3, 0.5, 0.2), (chats.Backend.Values["instance_data_dir"].GetString(), chats.Sampling.Repeats, chats.Sampling.Passes, chats.Sampling.Probability, chats.Config.MaxBadFraction));
        Assert.Equal(ScanAction.Redact, chats.Config.Pii.Action);
        Assert.Equal("aws", config.Find("photos")!.Backend.Type);
        Assert.Equal((true, 512.0, "texts"), (((ImageEntry)config.Find("photos")!).Config.Image!.Crop, ((ImageEntry)config.Find("photos")!).Config.Image!.Resolution, ((ImageEntry)config.Find("photos")!).TextEmbeds));
        Assert.Equal((ConditioningType.Mask, "photos"), (((ConditioningEntry)config.Find("masks")!).ConditioningType, ((ConditioningEntry)config.Find("masks")!).SourceDatasetId));
        Assert.Equal(("vit@v2", 2), (((ImageStoreEntry)config.Find("looks")!).Model, ((TextStoreEntry)config.Find("texts")!).Filter.Count));
        Assert.IsType<VideoEntry>(config.Datasets.Single(d => d.Id == "off"));
        Assert.Null(config.Find("off"));
        Assert.Equal(["chats", "pairs", "held-out", "texts", "photos", "masks", "words", "looks"], config.Order.Select(d => d.Id).OrderBy(id => Array.IndexOf(["chats", "pairs", "held-out", "texts", "photos", "masks", "words", "looks"], id)));
    }

    [Fact]
    public void Everything_that_is_wrong_is_said_at_once_with_line_pointer_and_hint()
    {
        var problems = Configs.Problems("""
            datasets:
              - {id: a, dataset_type: text, instance_data_dir: "{nowhere}/a", formt: messages}
              - {id: a, dataset_type: text, instance_data_dir: b, disabled: "False"}
              - {id: s, dataset_type: image, type: aws, aws_bucket_name: b, aws_access_key_id: AKIAEXAMPLE, aws_secret_access_key: hunter2hunter2}
              - {id: t1, dataset_type: text_embeds, default: true}
              - {id: t2, dataset_type: text_embeds, default: true}
              - {id: one, dataset_type: conditioning, instance_data_dir: x, conditioning_data: two}
              - {id: two, dataset_type: conditioning, instance_data_dir: x, conditioning_data: one}
              - {id: e, dataset_type: eval, instance_data_dir: x, eval_of: chts}
              - {id: f, dataset_type: text, instance_data_dir: &anchor x}
              - {id: g, dataset_type: text, type: locl, instance_data_dir: x}
              - {id: h, instance_data_dir: x}
            """);
        Assert.Equal(
        [
            ("CFG_UNKNOWN_KEY", 2L, "/datasets/0/formt"),
            ("CFG_VAR_UNKNOWN", 2L, "/datasets/0/instance_data_dir"),
            ("CFG_DUPLICATE_ID", 3L, "/datasets/1/id"),
            ("CFG_WRONG_TYPE", 3L, "/datasets/1/disabled"),
            ("CFG_SECRET_IN_PLAIN_TEXT", 4L, "/datasets/2/aws_access_key_id"),
            ("CFG_SECRET_IN_PLAIN_TEXT", 4L, "/datasets/2/aws_secret_access_key"),
            ("CFG_SEVERAL_DEFAULTS", 6L, "/datasets/4/default"),
            ("CFG_CYCLE", 7L, "/datasets/5/conditioning_data"),
            ("CFG_UNKNOWN_DATASET", 9L, "/datasets/7/eval_of"),
            ("CFG_YAML_FEATURE", 10L, "/datasets/8/instance_data_dir"),
            ("CFG_BAD_VALUE", 11L, "/datasets/9/type"),
            ("CFG_MISSING_KEY", 12L, "/datasets/10"),
        ], problems.Select(p => (p.Code, p.Line!.Value, p.Path!)).OrderBy(p => p.Item2).ThenBy(p => p.Item1, StringComparer.Ordinal).ThenBy(p => p.Item3, StringComparer.Ordinal));
        Assert.Contains("circular dependency: one → two → one.", problems.Single(p => p.Code == "CFG_CYCLE").Message);
        Assert.Contains("Did you mean 'format'?", problems.Select(p => p.Hint));
        Assert.Contains("Did you mean 'local'?", problems.Select(p => p.Hint));
        Assert.DoesNotContain(problems, p => (p.Message + p.Hint + p.Value).Contains("hunter2", StringComparison.Ordinal) || (p.Message + p.Hint).Contains("AKIA", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("[]", "CFG_MISSING_KEY")]
    [InlineData("datasets: []", "CFG_MISSING_KEY")]
    [InlineData("just text", "CFG_WRONG_TYPE")]
    [InlineData("- text", "CFG_WRONG_TYPE")]
    [InlineData("datasets: [{id: A, dataset_type: text, instance_data_dir: x}]", "CFG_BAD_VALUE")]
    [InlineData("datasets: [{id: a, dataset_type: text}]", "CFG_MISSING_KEY")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x, csv_file: y}]", "CFG_MISPLACED_KEY")]
    [InlineData("datasets: [{id: a, dataset_type: text, type: memory}]", "CFG_INCOMPATIBLE")]
    [InlineData("datasets: [{id: a, dataset_type: caption, type: csv, csv_file: x, csv_caption_column: c}]", "CFG_INCOMPATIBLE")]
    [InlineData("datasets: [{id: a, dataset_type: image, type: csv, csv_file: x, csv_caption_column: c}]", "CFG_INCOMPATIBLE")]
    [InlineData("datasets: [{id: a, dataset_type: image, instance_data_dir: x, caption_strategy: csv}]", "CFG_INCOMPATIBLE")]
    [InlineData("datasets: [{id: a, dataset_type: image, instance_data_dir: x, caption_strategy: huggingface}]", "CFG_INCOMPATIBLE")]
    [InlineData("datasets: [{id: a, dataset_type: text, type: azure, azure_container_name: c}]", "CFG_MISSING_KEY")]
    [InlineData("datasets: [{id: a, dataset_type: text, type: azure, azure_container_name: c, azure_account_url: 'https://me:pw@host'}]", "CFG_BAD_VALUE")]
    [InlineData("datasets: [{id: a, dataset_type: text, type: aws, aws_bucket_name: b, aws_access_key_id: {secretRef: k}}]", "CFG_MISSING_KEY")]
    [InlineData("datasets: [{id: a, dataset_type: text, type: huggingface, dataset_name: ../etc}]", "CFG_BAD_VALUE")]
    [InlineData("datasets: [{id: a, dataset_type: text, type: huggingface, dataset_name: o/n, filters: [[c, '~', 1]]}]", "CFG_BAD_VALUE")]
    [InlineData("datasets: [{id: a, dataset_type: text, type: huggingface, dataset_name: o/n, filters: [[c, in, 1]]}]", "CFG_WRONG_TYPE")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x}, {id: b, dataset_type: text, instance_data_dir: x, start_step: 5, end_step: 4}]", "CFG_BAD_VALUE")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x, start_step: 5}]", "CFG_NOTHING_ACTIVE")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x, disabled: true}]", "CFG_NOTHING_ACTIVE")]
    [InlineData("datasets: [{id: a, dataset_type: text_embeds}]", "CFG_NOTHING_ACTIVE")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x, text_embeds: b}, {id: b, dataset_type: image_embeds}]", "CFG_INCOMPATIBLE")]
    [InlineData("datasets: [{id: a, dataset_type: image, instance_data_dir: x}, {id: c, dataset_type: conditioning, instance_data_dir: y}]", "CFG_MISSING_KEY")]
    [InlineData("datasets: [{id: a, dataset_type: image, instance_data_dir: x, conditioning_data: c}, {id: c, dataset_type: conditioning, conditioning_type: mask, instance_data_dir: y}]", "CFG_MISSING_KEY")]
    [InlineData("datasets: [{id: a, dataset_type: video, instance_data_dir: x, video: {num_frames: 125, min_frames: 100}}]", "CFG_BAD_VALUE")]
    [InlineData("datasets: [{id: a, dataset_type: text_embeds, caption_filter_list: ['(a)\\1']}, {id: b, dataset_type: text, instance_data_dir: x}]", "CFG_REGEX")]
    [InlineData("datasets: [{id: a, dataset_type: image, instance_data_dir: x, caption_filter_list: [a]}]", "CFG_MISPLACED_KEY")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x, train_batch_size: true}]", "CFG_WRONG_TYPE")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x, packing: ffd}]", "CFG_RECIPE_KEY")]
    [InlineData("{defaults: {crpo: true}, datasets: [{id: a, dataset_type: text, instance_data_dir: x}]}", "CFG_UNKNOWN_KEY")]
    [InlineData("{variables: {a: 1}, datasets: [{id: a, dataset_type: text, instance_data_dir: x}]}", "CFG_WRONG_TYPE")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: '{env:HOME}'}]", "CFG_VAR_UNKNOWN")]
    [InlineData("datasets: [{id: b, dataset_type: text, instance_data_dir: x, dedup_against: a}]", "CFG_UNKNOWN_DATASET")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x, dedup_against: b}, {id: b, dataset_type: text, instance_data_dir: x, dedup_against: a}]", "CFG_CYCLE")]
    [InlineData("datasets: [{id: a, dataset_type: text, instance_data_dir: x, dedup: {near: {scope: job}}}]", "CFG_UNSUPPORTED")]
    [InlineData("datasets: [{id: a, dataset_type: audio, instance_data_dir: x}]", "CFG_UNSUPPORTED")]
    public void What_cannot_be_built_is_refused(string text, string code) => Assert.Equal([code], Configs.Problems(text).Select(p => p.Code).Distinct());

    [Fact]
    public void A_missing_folder_is_said_for_every_dataset_before_anything_is_built()
    {
        using var folder = new Testing.TempFolder();
        Directory.CreateDirectory(folder.Of("there"));
        var problems = Configs.Problems("""
            - {id: a, dataset_type: text, instance_data_dir: gone}
            - {id: b, dataset_type: text, instance_data_dir: there}
            - {id: c, dataset_type: text, instance_data_dir: lost}
            """, Configs.Context with { Root = folder.Path });
        Assert.Equal(["CFG_PATH_MISSING", "CFG_PATH_MISSING"], problems.Select(p => p.Code));
        Assert.Equal([1L, 3L], problems.Select(p => p.Line!.Value));
    }

    [Fact]
    public void A_file_for_a_folder_a_folder_for_a_file_and_a_place_outside_of_the_root_are_called_what_they_are()
    {
        using var folder = new Testing.TempFolder();
        Directory.CreateDirectory(folder.Of("root", "sub"));
        File.WriteAllText(folder.Of("root", "sub", "a.jsonl"), "");
        var problems = Configs.Problems("""
            - {id: a, dataset_type: text, instance_data_dir: sub/a.jsonl}
            - {id: b, dataset_type: image, type: csv, csv_file: sub, csv_caption_column: c, csv_url_column: u, caption_strategy: csv}
            - {id: c, dataset_type: text, instance_data_dir: ..}
            """, Configs.Context with { Root = folder.Of("root") });
        Assert.Equal(["CFG_BAD_VALUE", "CFG_BAD_VALUE", "SRC_OUTSIDE_ROOT"], problems.Select(p => p.Code));
        Assert.Contains("is a file", problems[0].Message, StringComparison.Ordinal);
        Assert.Equal("Write instance_data_dir: sub", problems[0].Hint);
        Assert.Contains("is a folder", problems[1].Message, StringComparison.Ordinal);
        Assert.Contains("--root", problems[2].Hint, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("cache_dir: x")]
    [InlineData("write_batch_size: 4")]
    [InlineData("text_encoder_batch_size: 4")]
    [InlineData("text_cache_disable: true")]
    [InlineData("text_cache_ondemand: false")]
    public void What_a_store_of_embeddings_does_not_obey_is_warned_of_with_the_reason(string key)
    {
        var config = Configs.Read($"[{{id: a, dataset_type: text, instance_data_dir: x}}, {{id: s, dataset_type: text_embeds, {key}}}]");
        var warning = Assert.Single(config.Warnings, w => w.Code == "CFG_IGNORED");
        Assert.Contains(key[..key.IndexOf(':', StringComparison.Ordinal)], warning.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Values_of_variables_are_put_in_once_and_are_not_looked_at_again()
    {
        var context = Configs.Context with
        {
            Variables = new Dictionary<string, string> { ["model_family"] = "{env:SECRET}", ["output_dir"] = "/out" },
            Environment = new Dictionary<string, string> { ["PLACE"] = "/env/{id}" },
        };
        var config = Configs.Read("""[{"id": "a", "dataset_type": "text", "instance_data_dir": "{output_dir}/{model_family}/{{id}}/{env:PLACE}/{id}"}]""", context);
        Assert.Equal("/out/{env:SECRET}/{id}//env/{id}/a", config.Find("a")!.Backend.Values["instance_data_dir"].GetString());
    }

    [Fact]
    public void Where_pictures_need_a_text_store_and_none_is_there_one_is_made()
    {
        var config = Configs.Read("- {id: photos, instance_data_dir: x}");
        var store = Assert.IsType<TextStoreEntry>(config.Order[0]);
        Assert.Equal((true, true, "text-embeds"), (store.Generated, store.Default, ((ImageEntry)config.Find("photos")!).TextEmbeds));
        Assert.DoesNotContain(Configs.Read("datasets: [{id: a, dataset_type: text, instance_data_dir: x}]").Order, d => d is StoreEntry);
    }

    [Fact]
    public void A_dataset_is_held_against_every_evaluation_that_does_not_need_it()
    {
        var config = Configs.Read("""
            - {id: chats, dataset_type: text, instance_data_dir: x}
            - {id: more, dataset_type: text, instance_data_dir: x, contamination: {action: drop}}
            - {id: test, dataset_type: eval, modality: text, instance_data_dir: x}
            - {id: of-chats, dataset_type: eval, modality: text, instance_data_dir: x, eval_of: chats}
            """);
        Assert.Equal(["test", "chats", "of-chats", "more"], config.Order.Select(d => d.Id));
        Assert.Equal(["test"], ((TextEntry)config.Find("chats")!).Config.Contamination.Against);
        var more = (TextEntry)config.Find("more")!;
        Assert.Equal((ContaminationAction.Drop, "test of-chats"), (more.Config.Contamination.Action, string.Join(' ', more.Config.Contamination.Against)));
        Assert.Equal("drop", more.UploadConfig.GetProperty("contamination").GetProperty("action").GetString());
        Assert.Equal(2, more.UploadConfig.GetProperty("contamination").GetProperty("against").GetArrayLength());
    }

    [Fact]
    public void What_a_text_store_takes_out_of_captions_is_taken_out_of_those_of_its_datasets()
    {
        using var folder = new Testing.TempFolder();
        Directory.CreateDirectory(folder.Of("photos"));
        File.WriteAllText(folder.Of("terms.txt"), "blurry\n\ns/colour/color/\n");
        var config = Configs.Read("""
            - {id: photos, instance_data_dir: photos}
            - {id: own, instance_data_dir: photos, caption_filter: [mine]}
            - {id: store, dataset_type: text_embeds, caption_filter_list: terms.txt}
            """, Configs.Context with { Root = folder.Path });
        var photos = (ImageEntry)config.Find("photos")!;
        Assert.Equal(["blurry", "s/colour/color/"], photos.Config.Image!.Captions.Filter);
        var upload = DatasetConfig.Parse(System.Text.Encoding.UTF8.GetBytes(photos.UploadConfig.GetRawText()), "dataset.json", []);
        Assert.Equal(photos.Config.Image.Captions.Filter, upload.Image!.Captions.Filter);
        Assert.Equal(["mine"], ((ImageEntry)config.Find("own")!).Config.Image!.Captions.Filter);
        Assert.Equal("CFG_PATH_MISSING", Configs.Problems("[{id: a, instance_data_dir: photos}, {id: s, dataset_type: text_embeds, caption_filter_list: gone.txt}]", Configs.Context with { Root = folder.Path }).Single().Code);
        Assert.Equal("CFG_BAD_VALUE", Configs.Problems("[{id: a, instance_data_dir: photos}, {id: s, dataset_type: text_embeds, caption_filter_list: /etc/passwd}]", Configs.Context with { Root = folder.Path }).Single().Code);
    }

    [Fact]
    public void What_goes_with_an_upload_is_a_configuration_of_an_upload()
    {
        var entry = (DataEntry)Configs.Read("""
            - {id: chats, dataset_type: text, instance_data_dir: x, probability: 3, filters: {characters: {min: 2}}, expect: {min_records: 1}}
            """).Order[0];
        var config = DatasetConfig.Parse(System.Text.Encoding.UTF8.GetBytes(entry.UploadConfig.GetRawText()), "dataset.json", ["characters"]);
        Assert.Empty(config.Warnings);
        Assert.Equal(("chats", 1L, 1), (config.Id, config.Expect.MinRecords, config.Filters.Count));
    }
}
